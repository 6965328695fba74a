"""A run writes what differs and nothing else (RUN-9)."""

from __future__ import annotations

import pytest

from freesport_sync.core.run import Counts, RunStatus
from freesport_sync.core.shop import Entity, FileType
from freesport_sync.settings.model import (
    CatalogSettings,
    OwnedField,
    PriceSettings,
    Settings,
)
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
    tombstone,
)
from tests.integration.scenes import everything, everything_changed
from tests.integration.support import NewExport, row_versions, rows_written, shop_rows
from tests.shop import Shop

ALL_OWNED = CatalogSettings(owned_fields=frozenset(OwnedField))
NOTHING_OWNED = CatalogSettings(owned_fields=frozenset())


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(catalog=ALL_OWNED, prices=PriceSettings(clear_missing=True)),
        Settings(catalog=NOTHING_OWNED),
    ],
    ids=["default", "all_owned", "nothing_owned"],
)
@pytest.mark.parametrize("is_full", [False, True])
def test_an_unchanged_export_neither_writes_nor_locks_a_row(
    shop: Shop, new_export: NewExport, settings: Settings, is_full: bool
) -> None:
    shop.settings = settings
    export = new_export()
    everything(export)
    first = shop.run(export.folder, is_full=is_full)
    versions, rows = row_versions(shop), shop_rows(shop)
    written = rows_written(shop, lambda: shop.run(export.folder, is_full=is_full))
    assert written == {}
    assert row_versions(shop) == versions  # not even a lock
    assert shop_rows(shop) == rows  # updated_at and last_sync_at among them
    again = shop.run(export.folder, is_full=is_full)
    assert again.status is RunStatus.COMPLETED
    for entity, count in again.counts.items():
        before = first.counts[entity]
        assert count == Counts(unchanged=before.accepted, skipped=before.skipped, failed=before.failed)
    assert {*first.counts} - {*again.counts} == {Entity.DEFAULT_VARIANT}
    hidden = "SELECT entity FROM freesport_sync.deactivated_objects ORDER BY 1"
    assert shop.rows(hidden) == [("price_type",), ("product",), ("variant_hidden",)]


def test_parts_of_an_unchanged_export_write_nothing_either(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    everything(export)
    shop.run(export.folder)
    for file_type in (FileType.GOODS, FileType.OFFERS, FileType.PRICES, FileType.RESTS):
        assert rows_written(shop, lambda kind=file_type: shop.run(export.folder, file_type=kind)) == {}  # type: ignore[misc]


def change_price(export: ExportBuilder) -> None:
    export.prices(prices("p1#a", {"retail": 11}), prices("p1#b", {"retail": 20}))


def change_stock(export: ExportBuilder) -> None:
    export.rests(rests("p1#a", {"w1": 1}), rests("p1#b", {"w1": 3}))


def change_colour(export: ExportBuilder) -> None:
    export.offers(offer("p1#a", characteristics={"Цвет": "Белый"}), offer("p1#b"))


def change_description(export: ExportBuilder) -> None:
    export.goods(product("p1", description="Новое"), product("p2"))


def change_vat(export: ExportBuilder) -> None:
    export.goods(product("p1", vat=10), product("p2"))


def change_brand_name(export: ExportBuilder) -> None:
    export.properties_goods(brand_property({**BRANDS, "b1": "Nike Inc."}))


def change_group(export: ExportBuilder) -> None:
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1", name="Мячики")]))


def change_price_type(export: ExportBuilder) -> None:
    export.price_lists(*(price_type(*item) for item in (PRICE_TYPES | {"opt1": "Опт 1 новый"}).items()))


def mark_product(export: ExportBuilder) -> None:
    export.goods(product("p1"), tombstone("Товар", "p2"))


def add_variant(export: ExportBuilder) -> None:
    export.offers(offer("p1#a"), offer("p1#b"), offer("p1#new"))


def add_product(export: ExportBuilder) -> None:
    export.goods(product("p1"), product("p2"), product("p3"))
    export.offers(offer("p1#a"), offer("p1#b"), offer("p3#a"))


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (change_price, {"product_variants": (0, 1, 0)}),
        (change_stock, {"product_variants": (0, 1, 0)}),
        (change_colour, {"product_variants": (0, 1, 0)}),
        (change_description, {"products": (0, 1, 0)}),
        (change_vat, {"products": (0, 1, 0), "product_variants": (0, 2, 0)}),
        (change_brand_name, {"products_brand_1c_mapping": (0, 1, 0)}),
        (change_group, {"categories": (0, 1, 0)}),
        (change_price_type, {"price_types": (0, 1, 0)}),
        (mark_product, {"products": (0, 1, 0)}),
        (add_variant, {"product_variants": (1, 0, 0)}),
        (add_product, {"products": (1, 0, 0), "product_variants": (1, 0, 0)}),
    ],
)
def test_a_change_writes_the_rows_that_it_is_about(
    shop: Shop, export: ExportBuilder, change: object, written: dict[str, tuple[int, int, int]]
) -> None:
    export.goods(product("p1"), product("p2"))
    export.offers(offer("p1#a"), offer("p1#b"))
    export.prices(prices("p1#a", {"retail": 10}), prices("p1#b", {"retail": 20}))
    export.rests(rests("p1#a", {"w1": 2}), rests("p1#b", {"w1": 3}))
    shop.run(export.folder)
    stamps = "SELECT onec_id, updated_at FROM product_variants UNION ALL SELECT onec_id, updated_at FROM products"
    before = dict(shop.rows(stamps))
    assert callable(change)
    change(export)
    assert rows_written(shop, lambda: shop.run(export.folder, accept_large_change=True)) == written
    after = dict(shop.rows(stamps))
    touched = [key for key in before if after[key] != before[key]]
    assert len(touched) == sum(written.get(table, (0, 0, 0))[1] for table in ("products", "product_variants"))


def test_what_the_shop_changed_is_put_right_again(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", description="Описание"))
    export.offers(offer("p1#a"))
    export.prices(prices("p1#a", {"retail": 10}))
    export.rests(rests("p1#a", {"w1": 5}))
    shop.run(export.folder)
    rows = shop.rows("SELECT description, retail_price, stock_quantity FROM products, product_variants")
    shop.execute("UPDATE product_variants SET stock_quantity = 4, retail_price = 1")
    shop.execute("UPDATE products SET description = 'x'")
    # The same files: a file is never skipped because its hash is known.
    shop.run(export.folder)
    assert shop.rows("SELECT description, retail_price, stock_quantity FROM products, product_variants") == rows


@pytest.mark.parametrize("is_full", [False, True])
def test_no_object_of_the_shop_is_ever_deleted(shop: Shop, new_export: NewExport, is_full: bool) -> None:
    exports = [new_export(), new_export()]
    everything(exports[0])
    everything_changed(exports[1])
    for export in (*exports, *exports):
        written = rows_written(
            shop,
            lambda folder=export.folder: shop.run(folder, is_full=is_full, accept_large_change=True),  # type: ignore[misc]
        )
        assert [table for table, (_, _, deleted) in written.items() if deleted] == []
