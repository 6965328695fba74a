"""The variant of a product that has no offers: when it is made, how real ones replace it (DEFAULT-1 to 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from tests.builders import ExportBuilder, offer, prices, product, rests
from tests.integration.support import PRICES, NewExport, counts, money
from tests.shop import Shop

VARIANTS = "SELECT onec_id, is_active FROM product_variants ORDER BY id"


def test_a_product_without_offers_gets_one_with_every_column(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", vat=20))
    report = shop.run(export.folder)
    assert shop.row(
        "SELECT sku, onec_id, color_name, size_value, stock_quantity, reserved_quantity, main_image, gallery_images,"
        " is_active, product_id, vat_rate, warehouse_id, warehouse_name FROM product_variants"
    ) == (*("p1", "p1", "", "", 0, 0, "", []), *(True, 1, Decimal("20.00"), None, None))
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("0.00 - - - - - - -")
    assert shop.row("SELECT is_active, sync_status FROM products") == (True, "pending")
    assert counts(report, Entity.DEFAULT_VARIANT) == (1, 0, 0, 0, 0)
    assert Entity.VARIANT not in report.counts


@pytest.mark.parametrize(
    ("options", "makes_them"),
    [
        ({}, True),
        ({"kind": ImportKind.CATALOG}, True),
        ({"file_type": FileType.OFFERS}, True),
        ({"file_type": FileType.GOODS}, False),
        ({"file_type": FileType.PRICES}, False),
        ({"file_type": FileType.RESTS}, False),
        ({"kind": ImportKind.STOCKS}, False),
        ({"kind": ImportKind.PRICES}, False),
    ],
)
def test_runs_with_offers_make_them_for_the_whole_shop(
    shop: Shop, export: ExportBuilder, new_export: NewExport, options: dict[str, Any], makes_them: bool
) -> None:
    export.goods(product("p2"))
    export.offers(offer("p2#c1"))
    export.prices(prices("p2#c1", {"retail": 1}))
    export.rests(rests("p2#c1", {"w1": 1}))
    shop.run(export.folder)
    first = new_export()
    first.goods(product("p1"))
    shop.run(first.folder, file_type=FileType.GOODS)
    report = shop.run(export.folder, **options)
    assert (("p1", True) in shop.rows(VARIANTS)) is makes_them
    assert (Entity.DEFAULT_VARIANT in report.counts) is makes_them


def test_prices_and_stock_of_the_product_itself_land_on_it(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.prices(prices("p1", {"retail": 7, "opt1": 5}))
    export.rests(rests("p1", {"w1": 3}))
    shop.run(export.folder)
    columns = f"SELECT {PRICES}, stock_quantity, warehouse_name FROM product_variants"
    assert shop.row(columns) == (*money("7.00 5.00 - - - - - -"), 3, "1 СДВ склад")
    export.prices(prices("p1", {"retail": 8}))
    export.rests(rests("p1", {"w1": 2}))
    shop.run(export.folder, file_type=FileType.OFFERS)
    assert shop.row(columns) == (*money("8.00 5.00 - - - - - -"), 2, "1 СДВ склад")


def test_a_childs_price_and_stock_never_land_on_it(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.prices(prices("p1#c1", {"retail": 7}), prices("p1#c2", {"retail": 9}))
    export.rests(rests("p1#c1", {"w1": 3}), rests("p1#c2", {"w1": 4}))
    report = shop.run(export.folder)
    assert shop.rows("SELECT onec_id, retail_price, stock_quantity FROM product_variants") == [("p1", Decimal(0), 0)]
    assert shop.issues() == {
        "price_variant_unknown": ["p1#c1", "p1#c2"],
        "stock_variant_unknown": ["p1#c1", "p1#c2"],
    }
    assert counts(report, Entity.PRICE) == counts(report, Entity.STOCK) == (0, 0, 0, 2, 0)


def test_real_offers_replace_it(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1"), product("p2"))
    shop.run(export.folder)
    more = new_export()
    more.offers(offer("p1#c1"), offer("p2#c1", deleted=True))
    more.rests(rests("p1#c1", {"w1": 3}))
    report = shop.run(more.folder)  # not a large change, though every variant of the shop goes
    assert shop.rows(VARIANTS) == [("p1", False), ("p2", True), ("p1#c1", True), ("p2#c1", False)]
    assert counts(report, Entity.VARIANT) == (2, 1, 0, 0, 0)
    assert Entity.DEFAULT_VARIANT not in report.counts
    shop.run(export.folder)  # goods alone do not bring it back
    assert shop.rows(VARIANTS)[0] == ("p1", False)


def test_real_offers_replace_one_whose_sku_was_taken(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1"), product("p2"))
    export.offers(offer("p1#c1", article="p2"))
    shop.run(export.folder)
    assert shop.value("SELECT sku FROM product_variants WHERE onec_id = 'p2'") == "p2-1"
    shop.run(export.folder, is_full=True)
    assert shop.rows(VARIANTS) == [("p1#c1", True), ("p2", True)]
    more = new_export()
    more.offers(offer("p2#c1"))
    shop.run(more.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", True), ("p2", False), ("p2#c1", True)]


def test_a_phantom_of_the_shops_own_importer_goes_with_the_next_offers(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    shop.run(export.folder)
    shop.execute(
        "INSERT INTO product_variants (sku, onec_id, color_name, size_value, retail_price, stock_quantity,"
        " reserved_quantity, gallery_images, is_active, created_at, updated_at, product_id)"
        " VALUES ('p1', 'p1', '', '', 0, 0, 0, '[]', true, now(), now(), 1)"
    )
    shop.run(export.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", True), ("p1", False)]


def test_an_offer_of_the_product_itself_takes_it_over(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    export.offers(offer("p1", article="ART", characteristics={"Цвет": "Синий"}))
    report = shop.run(export.folder)
    assert shop.rows("SELECT id, onec_id, sku, color_name, is_active FROM product_variants") == [
        (1, "p1", "ART", "Синий", True)
    ]
    assert counts(report, Entity.VARIANT) == (0, 1, 0, 0, 0)


def test_none_where_the_files_or_the_shop_have_offers(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), product("p2"))
    export.offers(offer("p1#c1"), offer("p2#c1", deleted=True))
    shop.run(export.folder)
    export.offers()
    shop.run(export.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", True), ("p2#c1", False)]


def test_none_for_products_that_1c_has_hidden(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", deleted=True))
    shop.run(export.folder)
    export.goods()
    export.offers(offer("p9#c1"))
    shop.run(export.folder)
    assert shop.rows(VARIANTS) == []
