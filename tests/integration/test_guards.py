"""What stops a run before it writes: old exports, mass changes, nothing to import (GUARD-1 to GUARD-6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import FileType
from freesport_sync.errors import ImportFailed
from freesport_sync.settings.model import GuardSettings, OwnedField
from tests.builders import (
    BRANDS,
    PRICE_TYPES,
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    group,
    offer,
    price_type,
    prices,
    product,
    rests,
    storage,
    unit,
)
from tests.integration.support import NewExport, owning, refused
from tests.shop import Shop

EARLIER, USUAL, LATER = "2025-09-12T21:25:38", "2025-09-12T21:25:39", "2025-09-12T21:25:40"

WRITE: dict[str, Callable[[ExportBuilder, str], object]] = {
    "groups": lambda e, at: e.groups(group("root", name=ROOT_GROUP, children=[group("g1")]), created_at=at),
    "propertiesGoods": lambda e, at: e.properties_goods(brand_property(BRANDS), created_at=at),
    "priceLists": lambda e, at: e.price_lists(price_type("opt1", PRICE_TYPES["opt1"]), created_at=at),
    "storages": lambda e, at: e.storages(storage("w1"), created_at=at),
    "units": lambda e, at: e.units(unit(), created_at=at),
    "goods": lambda e, at: e.goods(product("p1"), created_at=at),
    "offers": lambda e, at: e.offers(offer("p1#a"), created_at=at),
    "prices": lambda e, at: e.prices(prices("p1#a", {"opt1": 1}), created_at=at),
    "rests": lambda e, at: e.rests(rests("p1#a", {"w1": 1}), created_at=at),
}


def failed_run(shop: Shop) -> tuple[str, str]:
    """Error code of the last run and its sentence in the shop's session, after a look at both rows."""
    run = shop.rows("SELECT status, error_code, finished_at IS NOT NULL FROM freesport_sync.runs ORDER BY id")[-1]
    session = shop.rows(
        "SELECT status, error_message, finished_at IS NOT NULL, report, report_details ->> 'run_id'"
        " FROM import_sessions ORDER BY id"
    )[-1]
    assert (run[0], run[2], session[0], session[2]) == ("failed", True, "failed", True)
    assert "Импорт завершён со статусом: не выполнен" in session[3].splitlines()[-1]
    assert session[4] == str(shop.value("SELECT max(id) FROM freesport_sync.runs"))
    assert session[1].endswith(f"[{run[1]}]")
    return run[1], session[1]


@pytest.mark.parametrize("kind", WRITE)
def test_an_export_older_than_the_last_of_its_kind_is_refused(shop: Shop, new_export: NewExport, kind: str) -> None:
    first, second = new_export(), new_export()
    for write in WRITE.values():
        write(first, USUAL)
    shop.run(first.folder)
    for other, write in WRITE.items():
        write(second, EARLIER if other == kind else LATER)
    error = refused(shop, second)
    assert (error.code, error.params["kind"]) == ("export_older", kind)
    assert error.params["created_at"] == "2025-09-12 21:25:38"
    assert failed_run(shop)[0] == "export_older"
    assert shop.run(second.folder, allow_older=True).status is RunStatus.COMPLETED


def test_an_unreadable_date_is_reported_and_keeps_the_guard(shop: Shop, new_export: NewExport) -> None:
    first, odd, older = new_export(), new_export(), new_export()
    for write in WRITE.values():
        write(first, "2025-09-12T9:05:07")
    shop.run(first.folder)
    odd.goods(product("p1"), created_at="сегодня")
    assert refused(shop, odd).params["written"] == "сегодня"
    report = shop.run(odd.folder, allow_older=True)
    assert [(total.code, total.count) for total in report.issue_totals] == [("file_date_unreadable", 1)]
    assert shop.rows("SELECT created_at FROM freesport_sync.run_files WHERE run_id = :id", id=report.run_id) == [
        (None,)
    ]
    older.goods(product("p1"), created_at="2025-09-12T09:05:06")
    error = refused(shop, older)
    assert (error.code, error.params["imported"]) == ("export_older", "2025-09-12 09:05:07")


def test_the_newer_file_wins_however_its_date_is_written(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#a"))
    export.write("prices_1_1_a.xml", priced(export, 100, "2025-09-12T10:00:00"))
    export.write("prices_1_1_b.xml", priced(export, 200, "2025-09-12T9:05:07"))
    export.write("prices_1_1_c.xml", priced(export, 300, "12.09.2025 11:00:00"))
    export.write("prices_1_1_d.xml", priced(export, 400, "20250911T230000"))
    shop.run(export.folder)
    assert shop.value("SELECT retail_price FROM product_variants") == 300


def priced(export: ExportBuilder, amount: int, created_at: str) -> bytes:
    body = f"<ПакетПредложений><Предложения>{prices('p1#a', {'retail': amount})}</Предложения></ПакетПредложений>"
    return export.document(body, created_at)


def test_the_last_import_counts_and_not_the_newest_date_ever(shop: Shop, new_export: NewExport) -> None:
    days = ["2027-01-01", "2025-09-12", "2025-09-13"]  # a 1C server whose clock was wrong for a while
    exports = [new_export() for _ in days]
    for export, day in zip(exports, days, strict=True):
        export.created_at = f"{day}T10:00:00"
        export.reference_data()
        export.goods(product("p1"))
    shop.run(exports[0].folder)
    with pytest.raises(ImportFailed, match="export_older"):
        shop.run(exports[1].folder)
    shop.run(exports[1].folder, allow_older=True)
    assert shop.run(exports[2].folder).status is RunStatus.COMPLETED


def test_what_was_imported_counts_and_not_what_was_refused(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), created_at=USUAL, segment=1)
    export.goods(product("p2"), created_at=LATER, segment=2)
    shop.run(export.folder)
    export.goods(product("p1"), created_at=LATER, segment=1)  # the newest segment dates an export
    export.goods(product("p2"), created_at=EARLIER, segment=2)
    shop.run(export.folder)
    export.rests(created_at="2030-01-01T00:00:00")
    assert refused(shop, export, file_type=FileType.RESTS).code == "no_records"
    export.offers(offer("p1#a"))
    export.rests(rests("p1#a", {"w1": 1}))
    shop.run(export.folder)


def ten_products(export: ExportBuilder) -> None:
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g2", name="Сетки")]))
    numbers = range(10)
    export.goods(*(product(f"p{n}") for n in numbers))
    export.offers(*(offer(f"p{n}#a") for n in numbers))
    export.prices(*(prices(f"p{n}#a", {"retail": 5}) for n in numbers))
    export.rests(*(rests(f"p{n}#a", {"w1": 5}) for n in numbers))


LARGE: dict[str, Callable[[ExportBuilder, int], object]] = {
    "products_deactivated": lambda e, n: e.goods(*(product(f"p{i}", deleted=True) for i in range(n))),
    "products_moved": lambda e, n: e.goods(*(product(f"p{i}", group="g2") for i in range(n))),
    "variants_deactivated": lambda e, n: e.offers(*(offer(f"p{i}#a", deleted=True) for i in range(n))),
    "prices_zeroed": lambda e, n: e.prices(*(prices(f"p{i}#a", {"retail": 0}) for i in range(n))),
    "stocks_zeroed": lambda e, n: e.rests(*(rests(f"p{i}#a", {"w1": 0}) for i in range(n))),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_change_of_more_than_a_fifth_has_to_be_accepted(shop: Shop, export: ExportBuilder, kind: str) -> None:
    shop.settings = owning(*OwnedField)
    ten_products(export)
    shop.run(export.folder)
    LARGE[kind](export, 3)
    error = refused(shop, export)
    assert error.code == "large_change"
    assert numbers(error) == {kind: "3/10"}
    code, sentence = failed_run(shop)
    assert code == "large_change"
    assert "3/10" in sentence
    LARGE[kind](export, 2)  # a fifth is not more than a fifth
    shop.run(export.folder)
    LARGE[kind](export, 5)
    shop.run(export.folder, accept_large_change=True)
    affected = {
        "products_deactivated": "SELECT count(*) FROM products WHERE NOT is_active",
        "products_moved": "SELECT count(*) FROM products WHERE category_id = 3",
        "variants_deactivated": "SELECT count(*) FROM product_variants WHERE NOT is_active",
        "prices_zeroed": "SELECT count(*) FROM product_variants WHERE retail_price = 0",
        "stocks_zeroed": "SELECT count(*) FROM product_variants WHERE stock_quantity = 0",
    }
    assert shop.value(affected[kind]) == 5


def test_a_full_run_is_guarded_too(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    ten_products(export)
    shop.run(export.folder)
    part = new_export()
    part.goods(product("p0"))
    assert refused(shop, part, is_full=True).params["products_deactivated"] == "9/10"
    part.offers(offer("p0#a"))
    assert refused(shop, part, is_full=True).params["variants_deactivated"] == "9/10"


def test_the_settings_say_what_is_a_large_change(shop: Shop, export: ExportBuilder) -> None:
    ten_products(export)
    shop.run(export.folder)
    shop.settings = shop.settings.model_copy(update={"guards": GuardSettings(large_change_percent=30)})
    LARGE["stocks_zeroed"](export, 4)
    error = refused(shop, export)
    assert (error.code, error.params["percent"]) == ("large_change", 30)
    assert "больше 30 %" in failed_run(shop)[1]
    LARGE["stocks_zeroed"](export, 3)
    shop.run(export.folder)


def numbers(error: ImportFailed) -> dict[str, str]:
    """What of the refused run is not nothing."""
    params = {name: str(value) for name, value in error.params.items()}
    return {name: value for name, value in params.items() if "/" in value and not value.startswith("0/")}


def ten_products_of_which_four_are_shown(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning(*OwnedField)
    ten_products(export)
    shop.run(export.folder)
    shop.execute("UPDATE products SET is_active = false WHERE id IN (1, 2, 3)")
    shop.execute("UPDATE product_variants SET is_active = false WHERE id IN (4, 5, 6)")


HIDE_THE_REST: dict[str, tuple[Callable[[ExportBuilder], object], dict[str, Any], dict[str, str]]] = {
    "marked": (
        lambda e: e.goods(*(product(f"p{i}", deleted=True) for i in range(10))),
        {"file_type": FileType.GOODS},
        {"products_deactivated": "7/7"},
    ),
    "offers_marked": (
        lambda e: e.offers(*(offer(f"p{i}#a", deleted=True) for i in range(10))),
        {},
        {"variants_deactivated": "4/4"},
    ),
    "absent": (
        lambda e: (e.goods(product("p0")), e.offers(offer("p0#a", deleted=True))),
        {"is_full": True},
        {"products_deactivated": "7/7", "variants_deactivated": "4/4"},
    ),
    "half_by_half": (
        lambda e: (
            e.goods(*(product(f"p{i}", deleted=True) for i in (6, 7))),
            e.offers(*(offer(f"p{i}#a", deleted=True) for i in (8, 9))),
        ),
        {},
        {"products_deactivated": "2/7", "variants_deactivated": "2/4"},
    ),
}


@pytest.mark.parametrize("way", HIDE_THE_REST)
def test_that_nothing_visible_is_left_is_always_asked(
    shop: Shop, export: ExportBuilder, new_export: NewExport, way: str
) -> None:
    """Three products are hidden already, and the variants of three others: buyers see four variants."""
    ten_products_of_which_four_are_shown(shop, export)
    shop.settings = shop.settings.model_copy(update={"guards": GuardSettings(large_change_percent=100)})
    hide, options, expected = HIDE_THE_REST[way]
    part = new_export()
    hide(part)
    error = refused(shop, part, **options)
    assert (error.code, numbers(error)) == ("large_change", expected)
    assert refused(shop, part, is_dry_run=True, **options).params == error.params
    if "is_full" not in options:  # others come in their place
        part.goods(*(product(f"p{i}", deleted=True) for i in range(10)), product("new"))
        part.offers(offer("new#a"))
        shop.run(part.folder)
        assert shop.rows(
            "SELECT v.onec_id FROM product_variants AS v JOIN products AS p ON p.id = v.product_id"
            " WHERE v.is_active AND p.is_active"
        ) == [("new#a",)]


def test_the_last_product_is_asked_for_also_where_nothing_of_it_is_sold(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    ten_products(export)
    shop.run(export.folder)
    shop.execute("UPDATE product_variants SET is_active = false")
    shop.settings = shop.settings.model_copy(update={"guards": GuardSettings(large_change_percent=100)})
    part = new_export()
    LARGE["products_deactivated"](part, 10)
    assert numbers(refused(shop, part)) == {"products_deactivated": "10/10"}


@pytest.mark.parametrize("kind", LARGE)
def test_shares_are_of_what_buyers_see(shop: Shop, export: ExportBuilder, new_export: NewExport, kind: str) -> None:
    """Of what is hidden already nothing counts, neither above the line nor below it."""
    ten_products_of_which_four_are_shown(shop, export)
    part = new_export()
    if kind.startswith("products"):
        LARGE[kind](part, 4)  # three of them hidden
        assert shop.run(part.folder, file_type=FileType.GOODS, is_dry_run=True).status is RunStatus.COMPLETED
        LARGE[kind](part, 5)
        assert numbers(refused(shop, part, file_type=FileType.GOODS)) == {kind: "2/7"}
    else:
        LARGE[kind](part, 6)  # their products are hidden, or they are
        assert shop.run(part.folder, is_dry_run=True).status is RunStatus.COMPLETED
        LARGE[kind](part, 7)
        assert numbers(refused(shop, part)) == {kind: "1/4"}


def test_a_hidden_variant_counts_once(shop: Shop, export: ExportBuilder) -> None:
    ten_products(export)
    shop.run(export.folder)
    LARGE["variants_deactivated"](export, 3)
    LARGE["stocks_zeroed"](export, 3)
    LARGE["prices_zeroed"](export, 3)
    assert numbers(refused(shop, export)) == {"variants_deactivated": "3/10"}
    ten_products(export)
    LARGE["products_deactivated"](export, 3)
    LARGE["stocks_zeroed"](export, 3)
    assert numbers(refused(shop, export)) == {"products_deactivated": "3/10"}


def test_a_hidden_section_takes_its_products_out_of_the_menu(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    ten_products(export)
    export.goods(*(product(f"p{i}", group=f"g{1 if i < 7 else 2}") for i in range(10)))
    shop.run(export.folder)
    part = new_export()
    part.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g2", name="Сетки", deleted=True)]))
    assert numbers(refused(shop, part)) == {"products_unlisted": "3/10"}
    part.groups(group("root", name=ROOT_GROUP, deleted=True, children=[group("g1"), group("g2", name="Сетки")]))
    assert numbers(refused(shop, part)) == {"products_unlisted": "10/10"}
    part.groups(group("root", name=ROOT_GROUP, children=[group("g1")]))
    assert numbers(refused(shop, part, is_full=True)) == {"products_unlisted": "3/10"}
    shop.run(part.folder, is_full=True, accept_large_change=True)
    # What is not in the menu cannot leave it, and a section that moves out of a hidden one has not left it.
    part.groups(
        group("root", name=ROOT_GROUP, children=[group("g3", deleted=True, children=[group("g2", name="Сетки")])])
    )
    shop.run(part.folder)
    part.groups(group("root", name=ROOT_GROUP, children=[group("g4", children=[group("g1")])]))
    shop.run(part.folder)
    part.groups(group("root", name=ROOT_GROUP, children=[group("g4", deleted=True), group("g1")]))
    shop.run(part.folder)


def test_a_price_is_lost_where_no_price_is_left(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    """A shop may sell by wholesale prices alone."""
    ten_products(export)
    export.price_lists(price_type("opt1", "Опт 1"), price_type("opt2", "Опт 2"))
    export.prices(*(prices(f"p{n}#a", {"opt1": 5, "opt2": 4}) for n in range(10)))
    shop.run(export.folder)
    part = new_export()
    part.prices(*(prices(f"p{n}#a", {"opt1": 0}) for n in range(3)))
    shop.run(part.folder, is_dry_run=True)
    part.prices(*(prices(f"p{n}#a", {"opt1": 0, "opt2": 0}) for n in range(3)))
    assert numbers(refused(shop, part)) == {"prices_zeroed": "3/10"}


def test_new_objects_are_no_large_change(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p0"))
    shop.run(export.folder)
    ten_products(export)
    export.goods(*(product(f"p{n}", deleted=n > 0) for n in range(10)))
    assert shop.run(export.folder).status is RunStatus.COMPLETED


def nothing(export: ExportBuilder) -> None:
    """No file at all."""


def offers_only(export: ExportBuilder) -> None:
    export.offers(offer("p1#a"))


def prices_only(export: ExportBuilder) -> None:
    export.prices(prices("p1#a", {"retail": 1}))


def rests_only(export: ExportBuilder) -> None:
    export.rests(rests("p1#a", {"w1": 1}))


def no_records(export: ExportBuilder) -> None:
    export.goods()
    export.groups()


def unusable_records(export: ExportBuilder) -> None:
    export.goods(product(None), product("p1", name=None))


def price_types_only(export: ExportBuilder) -> None:
    export.price_lists(price_type("opt1", "Опт 1"))


@pytest.mark.parametrize(
    ("write", "options", "code"),
    [
        (nothing, {}, "no_files"),
        (prices_only, {"file_type": FileType.GOODS}, "no_files"),
        (price_types_only, {"file_type": FileType.RESTS}, "no_files"),
        (offers_only, {}, "catalog_missing"),
        (prices_only, {}, "catalog_missing"),
        (rests_only, {}, "catalog_missing"),
        (no_records, {}, "no_records"),
        (unusable_records, {}, "all_rows_failed"),
        (price_types_only, {"is_full": True}, "full_needs_files"),
    ],
)
def test_nothing_to_import_is_a_failure(
    shop: Shop, new_export: NewExport, write: Callable[[ExportBuilder], None], options: dict[str, Any], code: str
) -> None:
    export = new_export()
    write(export)
    assert refused(shop, export, **options).code == code
    assert failed_run(shop)[0] == code
    usable = new_export()  # nothing of the failed run is in the way of the next
    usable.reference_data()
    assert shop.run(usable.folder).status is RunStatus.COMPLETED


def test_all_prices_and_stocks_unknown_is_a_failure(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    foreign = new_export()
    foreign.prices(prices("x#a", {"retail": 1}))
    foreign.rests(rests("x#a", {"w1": 1}))
    assert refused(shop, foreign).code == "all_rows_failed"
    assert shop.issues() == {"price_variant_unknown": ["x#a"], "stock_variant_unknown": ["x#a"]}
