"""Offers without a quantity in files that otherwise carry quantities, as УТ 10.3 writes them for a stock of 0."""

from __future__ import annotations

from typing import Any

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.errors import ImportFailed
from freesport_sync.settings.model import Settings
from tests import builders
from tests.builders import ExportBuilder, element, product, raw_element, rests, storage
from tests.integration.support import counts, owning, row_versions
from tests.platforms import needs_symlinks
from tests.shop import Shop, imported_template

KEYS = ["p1#a", "p1#b", "p1#c", "p1#d", "p1#e", "p1#f"]
FULL = dict.fromkeys(KEYS, 10)


def offer(onec_id: str, *, deleted: bool = False, extra: str = "") -> str:
    """One that its size tells from the others."""
    return builders.offer(onec_id, name=f"Мяч ({onec_id})", deleted=deleted, extra=extra)


def stocked(onec_id: str, pieces: int) -> str:
    return offer(onec_id, extra=f'<Склад ИдСклада="w2" КоличествоНаСкладе="{pieces}"/>')


def offers_with(pieces: dict[str, int]) -> list[str]:
    return [stocked(*item) for item in pieces.items()]


@pytest.fixture(scope="module")
def template(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop has 10 pieces of each of `KEYS` in w2."""
    export = ExportBuilder(tmp_path_factory.mktemp("full") / "export")
    export.reference_data()
    export.goods(product("p1"))
    export.offers(*offers_with(FULL))
    return imported_template(postgres, template, "template_full", export.folder)


def stocks(shop: Shop) -> dict[str, int]:
    return dict(shop.rows("SELECT onec_id, stock_quantity FROM product_variants ORDER BY onec_id"))


OTHERS = offers_with(dict.fromkeys(KEYS[2:], 10))
SOLD_OUT = FULL | {"p1#a": 0}


@pytest.mark.parametrize("options", [{}, {"kind": ImportKind.STOCKS}, {"file_type": FileType.OFFERS}])
@pytest.mark.parametrize("silence", ["", "<КоличествоНаСкладах/>", '<Склад ИдСклада="w2" КоличествоНаСкладе=""/>'])
def test_an_offer_without_a_quantity_is_sold_out_where_the_others_have_one(
    shop: Shop, export: ExportBuilder, options: dict[str, Any], silence: str
) -> None:
    export.offers(offer("p1#a", extra=silence), *OTHERS)  # and p1#b is not in it
    tried = shop.run(export.folder, is_dry_run=True, **options)
    assert shop.issues() == {"sold_out": ["p1#a"]}
    report = shop.run(export.folder, **options)
    assert shop.issues() == {"sold_out": ["p1#a"]}
    assert counts(report, Entity.STOCK) == counts(tried, Entity.STOCK) == (0, 1, 4, 0, 0)
    assert stocks(shop) == SOLD_OUT
    assert shop.value("SELECT warehouse_id FROM product_variants WHERE onec_id = 'p1#a'") == "w2"
    before = row_versions(shop)
    shop.run(export.folder, **options)
    assert (row_versions(shop), shop.issues()) == (before, {})


def test_where_no_offer_has_a_quantity_nothing_is_sold_out(shop: Shop, export: ExportBuilder) -> None:
    export.offers(*map(offer, KEYS))
    shop.run(export.folder)
    unreadable = [offer(key, extra=element("Количество", "много")) for key in KEYS[1:]]
    export.offers(offer("p1#a"), *unreadable)
    shop.run(export.folder, kind=ImportKind.STOCKS)
    assert stocks(shop) == FULL


@pytest.mark.parametrize("is_read", [True, pytest.param(False, marks=needs_symlinks)])
def test_where_rests_files_are_nothing_is_sold_out(shop: Shop, export: ExportBuilder, is_read: bool) -> None:
    export.offers(offer("p1#a"), *OTHERS)
    if is_read:
        export.rests(rests("p1#b", {"w1": 3}))
    else:  # a broken link is not read, but it is there
        (export.folder / "rests.xml").symlink_to(export.folder / "nowhere.xml")
    shop.run(export.folder)
    assert stocks(shop) == FULL | ({"p1#b": 3} if is_read else {})


@pytest.mark.parametrize(
    "stock",
    [
        element("ОстатокМагазина", 5),
        element("Свободно", 5),
        element("ВНаличии", "true"),
        raw_element(
            "ЗначенияРеквизитов",
            raw_element("ЗначениеРеквизита", element("Наименование", "Остаток") + element("Значение", 5)),
        ),
    ],
)
def test_who_is_deleted_or_not_understood_is_not_sold_out(shop: Shop, export: ExportBuilder, stock: str) -> None:
    export.offers(offer("p1#a", deleted=True), offer("p1#b", extra=stock), offer("p9#a"), *OTHERS)
    shop.run(export.folder, kind=ImportKind.STOCKS)
    assert shop.issues() == {"stock_not_understood": ["p1#b"]}
    assert stocks(shop) == FULL


def test_segments_of_one_package_are_judged_together(shop: Shop, export: ExportBuilder) -> None:
    export.offers(*OTHERS, segment=1, created_at="2025-09-12T21:25:39")
    export.offers(offer("p1#a"), stocked("p1#b", 4), segment=2, created_at="2025-09-12T23:25:39")
    export.offers(offer("p1#b"), segment=3, created_at="2025-09-12T23:55:39")
    shop.run(export.folder)
    assert stocks(shop) == SOLD_OUT | {"p1#b": 4}  # an offer with a quantity anywhere keeps it


def test_what_is_sold_out_now_is_not_what_an_older_export_had(shop: Shop, export: ExportBuilder) -> None:
    export.offers(stocked("p1#a", 7), *OTHERS, segment=1, created_at="2025-09-10T21:25:39")
    export.offers(offer("p1#a"), *OTHERS, segment=2, created_at="2025-09-12T21:25:39")
    shop.run(export.folder)
    assert stocks(shop) == SOLD_OUT


def test_quantities_of_an_older_export_say_nothing_of_one_that_has_none(shop: Shop, export: ExportBuilder) -> None:
    export.offers(*offers_with({"p1#c": 7}), segment=1, created_at="2025-09-10T21:25:39")
    export.offers(*map(offer, KEYS[:2]), segment=2, created_at="2025-09-12T21:25:39")
    shop.run(export.folder)
    assert stocks(shop) == FULL | {"p1#c": 7}


@pytest.mark.parametrize(("total", "stock"), [(25, FULL), (0, dict.fromkeys(KEYS, 0))])
def test_a_total_of_the_product_means_that_not_all_characteristics_are_sold_out(
    shop: Shop, export: ExportBuilder, total: int, stock: dict[str, int]
) -> None:
    export.offers(offer("p1", extra=element("Количество", total)), *map(offer, KEYS))
    shop.run(export.folder, accept_large_change=True)
    assert stocks(shop) == stock
    assert "sold_out" not in shop.issues() or total == 0


def test_a_new_variant_without_a_quantity_has_none(shop: Shop, export: ExportBuilder) -> None:
    export.offers(offer("p1#new"), *OTHERS)
    shop.run(export.folder)
    assert (stocks(shop), shop.issues()) == (FULL | {"p1#new": 0}, {})


def test_a_stock_that_1c_does_not_own_is_not_sold_out(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning()
    export.offers(offer("p1#a"), *OTHERS)
    shop.run(export.folder)
    assert (stocks(shop), shop.issues()) == (FULL, {})


def test_selling_out_too_much_at_once_is_asked_about(shop: Shop, export: ExportBuilder) -> None:
    export.offers(offer("p1#a"), offer("p1#b"), *OTHERS)
    with pytest.raises(ImportFailed, match="large_change"):
        shop.run(export.folder)
    assert stocks(shop) == FULL


def test_warehouses_are_named_in_the_file_of_the_offers(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = Settings(warehouses=())
    stock = "".join(f'<Склады ИдСклада="{key}" КоличествоНаСкладе="{n}"/>' for key, n in (("wh-a", 5), ("wh-b", 2)))
    head = raw_element("Склады", storage("wh-a", "Первый зал") + storage("wh-b", "Дальний склад"))
    records = raw_element("Предложения", offer("p1#a", extra=stock))
    export.write("offers/offers.xml", export.document(raw_element("ПакетПредложений", head + records)))
    shop.run(export.folder, kind=ImportKind.STOCKS)
    query = "SELECT stock_quantity, warehouse_id, warehouse_name FROM product_variants WHERE onec_id = 'p1#a'"
    assert shop.row(query) == (7, "wh-a", "Первый зал")
