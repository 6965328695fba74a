"""prices.xml -> the price columns of `product_variants` (PRICE-1 to PRICE-7)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.shop import Entity, FileType
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.settings.model import OwnedField, PriceSettings, Settings
from tests.builders import ExportBuilder, element, offer, price, price_type, prices, product, raw_element
from tests.integration.support import PRICES, NewExport, counts, money, owning, rows_written
from tests.shop import Shop, imported_template

COLUMNS = f"SELECT {PRICES} FROM product_variants WHERE onec_id = :key"
FULL = money("100.00 70.00 60.00 50.00 40.00 - 110.00 90.00")


def fill(export: ExportBuilder) -> ExportBuilder:
    export.goods(product("p1"))
    export.offers(offer("p1#a", name="Мяч (3)"), offer("p1#b", name="Мяч (5)"))
    amounts = {"retail": 100, "opt1": 70, "opt2": 60, "opt3": 50, "trainer": 40, "rrp": 110, "msrp": 90}
    export.prices(prices("p1#a", amounts))
    return export


@pytest.fixture(scope="module")
def template(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop has the variants p1#a with every price and p1#b without one."""
    export = ExportBuilder(tmp_path_factory.mktemp("priced") / "export")
    export.reference_data()
    return imported_template(postgres, template, "template_priced", fill(export).folder)


@pytest.fixture
def priced(export: ExportBuilder) -> ExportBuilder:
    """What the shop has imported; the export's prices are the test's."""
    return fill(export)


def test_every_type_has_its_column_and_retail_is_never_empty(shop: Shop, priced: ExportBuilder) -> None:
    assert shop.row(COLUMNS, key="p1#a") == FULL
    assert shop.row(COLUMNS, key="p1#b") == money("0.00 - - - - - - -")


def test_prices_that_are_missing_are_kept(shop: Shop, priced: ExportBuilder) -> None:
    priced.prices(prices("p1#a", {"opt1": 71}), prices("p1#b", {}))
    report = shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 71.00 60.00 50.00 40.00 - 110.00 90.00")
    assert counts(report, Entity.PRICE) == (0, 1, 1, 0, 0)


def test_the_setting_clears_missing_prices_of_offers_in_the_file(shop: Shop, priced: ExportBuilder) -> None:
    shop.settings = Settings(prices=PriceSettings(clear_missing=True))
    shop.execute("UPDATE product_variants SET federation_price = 1")
    priced.prices(prices("p1#a", {"opt1": 71}))
    shop.run(priced.folder)
    # Retail is NOT NULL and stays; an offer that the file does not name keeps everything.
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 71.00 - - - - - -")
    assert shop.row(COLUMNS, key="p1#b") == money("0.00 - - - - 1.00 - -")


def test_a_price_that_cannot_be_read_is_not_a_missing_one(shop: Shop, priced: ExportBuilder) -> None:
    shop.settings = Settings(prices=PriceSettings(clear_missing=True))
    priced.prices(prices("p1#a", {"retail": 100, "opt1": "по запросу", "opt2": -5, "opt3": "-999 999 999,9"}))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 70.00 60.00 - - - - -")


def test_a_price_of_an_unknown_type_is_not_a_missing_one(shop: Shop, priced: ExportBuilder) -> None:
    shop.settings = Settings(prices=PriceSettings(clear_missing=True))
    priced.prices(raw_element("Предложение", raw_element("Ид", "p1#a") + "<Цена>200</Цена>"), segment=1)
    priced.prices(prices("p1#a", {"opt1": 71}), prices("p1#b", {"nobody-knows": 5, "opt1": 6}), segment=2)
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 71.00 60.00 50.00 40.00 - 110.00 90.00")
    assert shop.row(COLUMNS, key="p1#b")[1] == Decimal(6)
    assert shop.issues() == {key: [""] for key in ("price_type_missing", "price_type_unknown", "records_repeated")}


def test_prices_of_units_that_nothing_tells_apart_are_not_written(shop: Shop, priced: ExportBuilder) -> None:
    shop.settings = Settings(prices=PriceSettings(clear_missing=True))
    pack = price("opt1", 1080, extra=element("Единица", "упак"))
    entries = price("opt1", 71, extra=element("Единица", "шт")) + pack + price("opt2", 61)
    priced.prices(raw_element("Предложение", raw_element("Ид", "p1#a") + raw_element("Цены", entries)))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 70.00 61.00 - - - - -")
    assert shop.issues() == {"price_units_undecided": ["p1#a"]}


def test_the_recommended_price_stands_in_for_a_missing_retail_price(shop: Shop, priced: ExportBuilder) -> None:
    priced.prices(prices("p1#b", {"rrp": 30}))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#b") == money("30.00 - - - - - 30.00 -")
    priced.prices(prices("p1#b", {"rrp": 35, "retail": 31}))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#b") == money("31.00 - - - - - 35.00 -")


def test_the_last_price_of_a_type_wins(shop: Shop, priced: ExportBuilder) -> None:
    twice = raw_element("Цены", price("retail", 1) + price("opt1", 2) + price("retail", 3))
    priced.prices(raw_element("Предложение", raw_element("Ид", "p1#b") + twice), segment=1)
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#b") == money("3.00 2.00 - - - - - -")
    # Column by column, over all segments in numeric order.
    priced.prices(prices("p1#b", {"opt1": 20, "retail": 22}), segment=2)
    priced.prices(prices("p1#b", {"retail": 30}), segment=10)
    report = shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#b") == money("30.00 20.00 - - - - - -")
    assert counts(report, Entity.PRICE) == (0, 1, 1, 0, 0)


@pytest.mark.parametrize("parts", [["a b"], ["b a"], ["a", "b"], ["b", "a"]])
def test_of_types_that_share_a_column_the_first_one_counts_whatever_the_order(
    shop: Shop, priced: ExportBuilder, new_export: NewExport, parts: list[str]
) -> None:
    priced.price_lists(price_type("a", "Опт 1 новый"), price_type("b", "Опт 1 для всех"), price_type("opt2", "Опт 2"))
    shop.execute("UPDATE price_types SET product_field = 'federation_price' WHERE onec_id = 'opt1'")
    amounts = {"a": 5, "b": 6}
    for number, part in enumerate(parts, start=1):
        both = {key: amounts[key] for key in part.split()}
        priced.prices(prices("p1#a", both), prices("p1#b", {"b": 6}) if "b" in both else "", segment=number)
    shop.run(priced.folder)
    assert [shop.row(COLUMNS, key=key)[1] for key in ("p1#a", "p1#b")] == [5, 6]
    told = [event.issues for event in shop.events if isinstance(event, IssuesFound)]
    assert [(issue.code, issue.value) for issues in told for issue in issues if issue.code.startswith("price")] == [
        ("price_types_share_column", "«Опт 1 новый», «Опт 1 для всех»")
    ]
    # What an operator has set goes first, with or without the price lists.
    shop.execute("UPDATE price_types SET product_field = 'msrp' WHERE onec_id = 'b'")
    alone = new_export()
    alone.prices(prices("p1#a", {"b": 8, "msrp": 7}))
    for folder, msrp in ((alone.folder, 8), (priced.folder, 6)):
        shop.run(folder, file_type=FileType.PRICES)
        assert shop.row(COLUMNS, key="p1#a")[-1] == msrp


def test_prices_for_other_units_and_in_other_currencies(shop: Shop, priced: ExportBuilder) -> None:
    pack = price("opt1", 1080, extra=element("Коэффициент", 12))
    entries = pack + price("opt1", 100, extra=element("Коэффициент", 1)) + price("opt2", 265, "USD")
    entries += price("opt3", 90, extra=element("Коэффициент", 2)) + price("trainer", 8, "руб.")
    shop.settings = Settings(prices=PriceSettings(clear_missing=True))
    priced.prices(raw_element("Предложение", raw_element("Ид", "p1#a") + raw_element("Цены", entries)))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 100.00 60.00 45.00 8.00 - - -")
    assert shop.issues() == {"price_currency": ["p1#a"], "price_divided": ["p1#a"]}


def test_a_type_in_another_currency_is_not_written(shop: Shop, priced: ExportBuilder) -> None:
    priced.price_lists(price_type("opt1", "Опт 1", currency="USD"), price_type("opt2", "Опт 2"))
    without = raw_element("Цены", price("opt1", 265, None) + price("opt2", 7, None))
    priced.prices(raw_element("Предложение", raw_element("Ид", "p1#a") + without), prices("p1#b", {"opt1": 8800}))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 70.00 7.00 50.00 40.00 - 110.00 90.00")
    assert shop.row(COLUMNS, key="p1#b")[1] == Decimal(8800)
    assert shop.issues() == {"price_type_currency": [""]}


def test_the_latest_price_counts_even_if_it_is_unreadable(shop: Shop, priced: ExportBuilder) -> None:
    priced.prices(prices("p1#a", {"opt1": 1, "opt2": "дорого"}), segment=1)
    priced.prices(prices("p1#a", {"opt1": "дорого", "opt2": 2}), segment=2)
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 70.00 2.00 50.00 40.00 - 110.00 90.00")


def test_prices_of_unknown_and_switched_off_types_are_not_written(shop: Shop, priced: ExportBuilder) -> None:
    shop.execute("UPDATE price_types SET is_active = false WHERE onec_id = 'opt1'")
    priced.prices(prices("p1#b", {"opt1": 1, "nobody-knows": 2, "opt2": 3}))
    shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#b") == money("0.00 - 3.00 - - - - -")
    assert shop.rows("SELECT code, value FROM freesport_sync.row_issues") == [("price_type_unknown", "nobody-knows")]


def test_what_is_no_price_leaves_the_old_one(shop: Shop, priced: ExportBuilder) -> None:
    priced.prices(
        prices(
            "p1#a",
            {"retail": "по запросу", "opt1": "", "opt2": -5, "opt3": "-999 999 999,9", "trainer": "1e9", "rrp": 1},
        ),
        prices("p1#b", {"retail": "1\u00a0200,505", "opt1": "1 500.5", "msrp": "1,2E+3", "opt2": 0}),
    )
    report = shop.run(priced.folder)
    # The unreadable retail price is not replaced by the recommended one either.
    assert shop.row(COLUMNS, key="p1#a") == money("100.00 70.00 60.00 50.00 40.00 - 1.00 90.00")
    assert shop.row(COLUMNS, key="p1#b") == money("1200.51 1500.50 0.00 - - - - 1200.00")
    assert shop.issues() == {"price_not_number": ["p1#a", "p1#a"], "price_out_of_range": ["p1#a", "p1#a"]}
    assert report.has_row_errors


def test_prices_alone_touch_nothing_but_variants(shop: Shop, priced: ExportBuilder, new_export: NewExport) -> None:
    alone = new_export()
    alone.prices(prices("p1#a", {"retail": 101}), prices("p1#b", {"retail": 1}), prices("p9", {"retail": 1}))
    written = rows_written(shop, lambda: shop.run(alone.folder, file_type=FileType.PRICES))
    assert written == {"product_variants": (0, 2, 0)}
    assert shop.issues() == {"price_variant_unknown": ["p9"]}
    assert shop.value("SELECT import_type FROM import_sessions ORDER BY id DESC LIMIT 1") == "prices"


def test_prices_alone_bring_their_price_types(shop: Shop, priced: ExportBuilder, new_export: NewExport) -> None:
    alone = new_export()
    alone.price_lists(price_type("new", "Тренерская новая"))
    alone.prices(prices("p1#a", {"new": 41}))
    shop.run(alone.folder, file_type=FileType.PRICES)
    assert shop.value("SELECT product_field FROM price_types WHERE onec_id = 'new'") == "trainer_price"
    assert shop.value("SELECT trainer_price FROM product_variants WHERE onec_id = 'p1#a'") == Decimal(41)


def test_a_product_level_price_is_not_its_childrens(shop: Shop, priced: ExportBuilder) -> None:
    priced.prices(prices("p1", {"retail": 5}))
    report = shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == FULL
    assert counts(report, Entity.PRICE) == (0, 0, 0, 1, 0)


def test_prices_that_1c_does_not_own_are_kept_but_new_variants_get_theirs(shop: Shop, priced: ExportBuilder) -> None:
    shop.settings = owning(OwnedField.STOCK)
    priced.offers(offer("p1#a"), offer("p1#b"), offer("p1#c"))
    priced.prices(prices("p1#a", {"retail": 1}), prices("p1#c", {"retail": 3}))
    report = shop.run(priced.folder)
    assert shop.row(COLUMNS, key="p1#a") == FULL
    assert shop.value("SELECT retail_price FROM product_variants WHERE onec_id = 'p1#c'") == Decimal(3)
    assert counts(report, Entity.PRICE) == (1, 0, 1, 0, 0)
