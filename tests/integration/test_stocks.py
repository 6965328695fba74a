"""rests.xml -> stock and warehouse of `product_variants` (STOCK-1 to STOCK-9)."""

from __future__ import annotations

from typing import Any

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.settings.model import OwnedField, Settings, Warehouse
from tests.builders import ExportBuilder, offer, product, raw_element, rests, storage
from tests.integration.support import NewExport, counts, owning, row_versions, rows_written
from tests.shop import Shop, imported_template

STOCK = "SELECT stock_quantity, warehouse_id, warehouse_name FROM product_variants WHERE onec_id = :key"


def fill(export: ExportBuilder) -> ExportBuilder:
    export.goods(product("p1"))
    export.offers(offer("p1#a"), offer("p1#b"))
    export.rests(rests("p1#a", {"w1": 9}))
    return export


@pytest.fixture(scope="module")
def template(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop has p1#a with 9 pieces in w1 and p1#b without stock."""
    export = ExportBuilder(tmp_path_factory.mktemp("stocked") / "export")
    export.reference_data()
    return imported_template(postgres, template, "template_stocks", fill(export).folder)


@pytest.fixture
def stocked(export: ExportBuilder) -> ExportBuilder:
    """What the shop has imported; the export's rests are the test's."""
    return fill(export)


def after(shop: Shop, export: ExportBuilder, *records: str) -> tuple[Any, ...]:
    """Stock of p1#b after an import of these rests."""
    export.rests(*records)
    shop.run(export.folder, file_type=FileType.RESTS, accept_large_change=True)
    return shop.row(STOCK, key="p1#b")


def test_stock_is_the_sum_and_the_fullest_warehouse_sells(shop: Shop, stocked: ExportBuilder) -> None:
    assert after(shop, stocked, rests("p1#b", {"w1": 2, "w2": 5, "w3": 1})) == (8, "w2", "2 ТЛВ склад")


def test_of_equal_warehouses_the_first_in_the_file_sells(shop: Shop, stocked: ExportBuilder) -> None:
    assert after(shop, stocked, rests("p1#b", {"w3": 1, "w2": 4, "w1": 4})) == (9, "w2", "2 ТЛВ склад")
    # Also against the warehouse that the shop shows: row by row the reference importer comes to the same.
    assert after(shop, stocked, rests("p1#b", {"w1": 4, "w2": 4})) == (8, "w1", "1 СДВ склад")
    assert after(shop, stocked, rests("p1#b", {"w2": 0, "w1": 0})) == (0, "w2", "2 ТЛВ склад")


def test_only_the_export_decides_on_the_stock_of_a_warehouse(shop: Shop, stocked: ExportBuilder) -> None:
    assert after(shop, stocked, rests("p1#b", {"w1": 3, "w2": 4}))[0] == 7
    assert after(shop, stocked, rests("p1#b", {"w1": 1})) == (1, "w1", "1 СДВ склад")


def test_records_of_one_offer_add_up_over_warehouses(shop: Shop, stocked: ExportBuilder) -> None:
    assert after(shop, stocked, rests("p1#b", {"w1": 3}), rests("p1#b", {"w2": 4})) == (7, "w2", "2 ТЛВ склад")


def test_a_segment_that_is_sent_twice_does_not_double_the_stock(shop: Shop, stocked: ExportBuilder) -> None:
    stocked.rests(rests("p1#b", {"w1": 3, "w2": 1}), segment=1)
    stocked.rests(rests("p1#b", {"w1": 2, "w2": 1}), rests("p1#b", {"w1": 5}), segment=2)
    shop.run(stocked.folder)
    assert shop.row(STOCK, key="p1#b") == (6, "w1", "1 СДВ склад")
    assert shop.row(STOCK, key="p1#a")[0] == 9
    assert shop.rows("SELECT value FROM freesport_sync.row_issues WHERE code = 'records_repeated'") == [("3",)]


def test_names_come_from_storages_then_settings_then_the_shop(shop: Shop, stocked: ExportBuilder) -> None:
    shop.settings = Settings(
        warehouses=(Warehouse(name="Из настроек", onec_id="w1"), Warehouse(name="Третий", onec_id="w3"))
    )
    assert after(shop, stocked, rests("p1#b", {"w1": 1}))[2] == "1 СДВ склад"
    stocked.storages(storage("w2", "Новое имя"))
    assert after(shop, stocked, rests("p1#b", {"w1": 1}))[2] == "Из настроек"
    assert after(shop, stocked, rests("p1#b", {"w2": 1}))[2] == "Новое имя"
    assert after(shop, stocked, rests("p1#b", {"w3": 1}))[2] == "Третий"
    stocked.storages()
    assert after(shop, stocked, rests("p1#b", {"w3": 2}), rests("p1#a", {"w2": 1}))[2] == "Третий"
    shop.execute(
        "UPDATE product_variants SET warehouse_id = 'w2', warehouse_name = 'Имя магазина' WHERE onec_id = 'p1#a'"
    )
    assert after(shop, stocked, rests("p1#b", {"w2": 1}))[2] == "Имя магазина"
    assert after(shop, stocked, rests("p1#b", {"w9": 1})) == (1, "w9", None)


def test_a_quantity_without_warehouse_keeps_the_warehouse(shop: Shop, stocked: ExportBuilder) -> None:
    quantity = raw_element("Предложение", raw_element("Ид", "p1#a") + raw_element("Количество", "4"))
    after(shop, stocked, quantity)
    assert shop.row(STOCK, key="p1#a") == (4, "w1", "1 СДВ склад")


@pytest.mark.parametrize(
    ("written", "stock", "issue"),
    [
        ("-4", 0, "quantity_negative"),
        ("2,7", 2, "quantity_fractional"),
        ("1\u00a0200", 1200, None),
        ("1,2E+3", 1200, None),
        ("мало", 9, "quantity_not_number"),
        ("inf", 9, "quantity_not_number"),
        ("", 9, "quantity_not_number"),
        ("1e9", 9, "quantity_out_of_range"),
        ("-999 999 999,9", 9, "quantity_not_set"),
    ],
)
def test_odd_quantities_become_whole_pieces_or_leave_the_stock(
    shop: Shop, stocked: ExportBuilder, written: str, stock: int, issue: str | None
) -> None:
    after(shop, stocked, rests("p1#a", {"w1": written}), rests("p1#b", {"w1": 1}))
    assert shop.value("SELECT stock_quantity FROM product_variants WHERE onec_id = 'p1#a'") == stock
    assert shop.issues() == ({issue: ["p1#a"]} if issue else {})


@pytest.mark.parametrize("written", ["много", "", "1e20", "-999 999 999,9"])
def test_one_quantity_that_cannot_be_read_keeps_stock_warehouse_and_vat(
    shop: Shop, stocked: ExportBuilder, written: str
) -> None:
    shop.execute("UPDATE product_variants SET vat_rate = 20")
    everything = "SELECT stock_quantity, warehouse_id, warehouse_name, vat_rate::int FROM product_variants"
    before = shop.rows(f"{everything} ORDER BY onec_id")
    alone = rests("p1#a", {"w1": written, "w2": 100})
    stocked.rests(alone, rests("p1#b", {"w1": "0", "w2": written, "w3": 7}))
    report = shop.run(stocked.folder, kind=ImportKind.STOCKS, accept_large_change=True)
    assert counts(report, Entity.STOCK) == (0, 0, 2, 0, 0)
    assert shop.rows(f"{everything} ORDER BY onec_id") == before
    stocked.offers(offer("p1#a"), offer("p1#b"), offer("p1#new"))
    stocked.rests(alone, rests("p1#new", {"w1": written, "w2": 3}))
    shop.run(stocked.folder)
    assert shop.row(everything + " WHERE onec_id = 'p1#a'") == (9, "w1", "1 СДВ склад", 20)
    assert shop.row(STOCK, key="p1#new") == (0, None, None)


def test_the_latest_quantity_counts_even_if_it_is_unreadable(shop: Shop, stocked: ExportBuilder) -> None:
    first = rests("p1#b", {"w1": "много", "w2": 4})
    assert after(shop, stocked, first, rests("p1#b", {"w1": 3})) == (7, "w2", "2 ТЛВ склад")
    assert after(shop, stocked, rests("p1#b", {"w1": 5}), first) == (7, "w2", "2 ТЛВ склад")
    assert after(shop, stocked, first, rests("p1#b", {"w3": 3})) == (7, "w2", "2 ТЛВ склад")


def test_a_total_and_its_warehouses_do_not_add_up(shop: Shop, stocked: ExportBuilder) -> None:
    total = raw_element("Предложение", raw_element("Ид", "p1#b") + raw_element("Количество", "4"))
    assert after(shop, stocked, total, rests("p1#b", {"w2": 3, "w1": 2})) == (5, "w2", "2 ТЛВ склад")
    assert after(shop, stocked, rests("p1#b", {"w1": 3}), total) == (4, "w2", "2 ТЛВ склад")


def test_a_warehouse_that_the_shop_cannot_keep_leaves_the_warehouse_where_it_has_most(
    shop: Shop, stocked: ExportBuilder
) -> None:
    long, other = "w" * 65, "v" * 70
    assert after(shop, stocked, rests("p1#b", {"w1": 3, long: 1})) == (4, "w1", "1 СДВ склад")
    assert after(shop, stocked, rests("p1#b", {"w2": 3, long: 4})) == (7, "w1", "1 СДВ склад")
    assert after(shop, stocked, rests("p1#b", {"w2": 3}), rests("p1#b", {long: 1}), rests("p1#b", {other: 1})) == (
        5,
        "w2",
        "2 ТЛВ склад",
    )


def test_a_stock_beyond_the_column_is_cut(shop: Shop, stocked: ExportBuilder) -> None:
    assert after(shop, stocked, rests("p1#b", dict.fromkeys(("w1", "w2", "w3"), 999_999_999)))[0] == 2_147_483_647
    assert shop.issues() == {"stock_cut": ["p1#b"]}


def test_absent_offers_keep_their_stock_also_in_a_full_run(shop: Shop, stocked: ExportBuilder) -> None:
    shop.execute("UPDATE product_variants SET reserved_quantity = 2")
    stocked.rests(rests("p1#b", {"w1": 1}))
    shop.run(stocked.folder, is_full=True)
    assert shop.rows("SELECT stock_quantity, reserved_quantity FROM product_variants ORDER BY onec_id") == [
        *((9, 2), (1, 2))
    ]


def test_what_is_reserved_is_never_touched(shop: Shop, stocked: ExportBuilder) -> None:
    shop.execute("UPDATE product_variants SET reserved_quantity = 2")
    for quantity in (5, 0):
        after(shop, stocked, rests("p1#a", {"w1": quantity}), rests("p1#b", {"w1": quantity}))
        found = shop.rows("SELECT stock_quantity, reserved_quantity FROM product_variants")
        assert found == [(quantity, 2), (quantity, 2)]


@pytest.mark.parametrize("options", [{"file_type": FileType.RESTS}, {"kind": ImportKind.STOCKS}, {}])
def test_stock_alone_touches_what_it_is_about(
    shop: Shop, stocked: ExportBuilder, new_export: NewExport, options: dict[str, Any]
) -> None:
    alone = new_export()
    alone.rests(rests("p1#a", {"w1": 9}), rests("p1#b", {"w1": 1}), rests("p9#c", {"w1": 1, "w2": 2}))
    written = rows_written(shop, lambda: shop.run(alone.folder, **options))
    assert written == {"product_variants": (0, 1, 0)}
    assert shop.issues() == {"stock_variant_unknown": ["p9#c"]}
    report = shop.run(alone.folder, **options)
    assert counts(report, Entity.STOCK) == (0, 0, 2, 1, 0)
    expected = "stocks" if options else "catalog"
    assert shop.value("SELECT import_type FROM import_sessions ORDER BY id DESC LIMIT 1") == expected


def test_only_the_warehouse_may_change(shop: Shop, stocked: ExportBuilder) -> None:
    stocked.rests(rests("p1#a", {"w2": 9}))
    report = shop.run(stocked.folder)
    assert shop.row(STOCK, key="p1#a") == (9, "w2", "2 ТЛВ склад")
    assert counts(report, Entity.STOCK) == (0, 1, 0, 0, 0)


def test_stock_that_1c_does_not_own_is_kept_but_new_variants_get_theirs(shop: Shop, stocked: ExportBuilder) -> None:
    shop.settings = owning(OwnedField.VAT_RATE)
    before = row_versions(shop)["product_variants"]
    stocked.offers(offer("p1#a"), offer("p1#b"), offer("p1#c"))
    stocked.rests(rests("p1#a", {"w2": 1}), rests("p1#c", {"w2": 3}))
    shop.run(stocked.folder)
    assert row_versions(shop)["product_variants"][:2] == before
    assert shop.row(STOCK, key="p1#c") == (3, "w2", "2 ТЛВ склад")
