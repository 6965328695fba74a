"""VAT of products and variants: the warehouse that sells takes precedence over the product (VAT-2)."""

from __future__ import annotations

from decimal import Decimal

from freesport_sync.core.shop import Entity, FileType
from freesport_sync.settings.model import Settings, Warehouse
from tests.builders import ExportBuilder, offer, prices, product, rests
from tests.integration.support import NewExport, counts
from tests.shop import Shop

RATES = "SELECT vat_rate::int FROM product_variants ORDER BY onec_id"


def rates(shop: Shop) -> list[int | None]:
    return [rate for (rate,) in shop.rows(RATES)]


def goods_and_offers(export: ExportBuilder) -> None:
    """Variants a (no stock), b (sold by w1, without a rate of its own) and c (sold by w2, 5 %) of a product of 20 %."""
    export.goods(product("p1", vat=20))
    export.offers(offer("p1#a"), offer("p1#b"), offer("p1#c"))
    export.rests(rests("p1#b", {"w1": 5, "w2": 1}), rests("p1#c", {"w1": 1, "w2": 5}))


def test_the_warehouse_takes_precedence_over_the_product(shop: Shop, export: ExportBuilder) -> None:
    goods_and_offers(export)
    shop.run(export.folder)
    assert rates(shop) == [20, 20, 5]
    assert shop.value("SELECT vat_rate FROM products") == Decimal("20.00")


def test_a_new_rate_reaches_the_variants_but_not_past_their_warehouse(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    goods_and_offers(export)
    shop.run(export.folder)
    goods = new_export()
    goods.goods(product("p1", vat="22%"))
    report = shop.run(goods.folder, file_type=FileType.GOODS)
    assert rates(shop) == [22, 22, 5]
    assert counts(report, Entity.PRODUCT) == (0, 1, 0, 0, 0)
    assert counts(report, Entity.VARIANT) == (0, 2, 0, 0, 0)


def test_stock_alone_uses_the_rate_of_the_shops_product(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    goods_and_offers(export)
    shop.run(export.folder)
    stock = new_export()
    stock.rests(rests("p1#a", {"w2": 1}), rests("p1#b", {"w1": 5, "w2": 9}), rests("p1#c", {"w1": 5}))
    shop.run(stock.folder, file_type=FileType.RESTS)
    assert rates(shop) == [5, 5, 20]
    # The warehouse's rule is looked up by the name that the shop knows, without storages.xml.
    assert shop.rows("SELECT warehouse_name FROM product_variants ORDER BY onec_id") == [
        ("2 ТЛВ склад",),
        ("2 ТЛВ склад",),
        ("1 СДВ склад",),
    ]


def test_offers_and_prices_alone_keep_the_rate(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    goods_and_offers(export)
    shop.run(export.folder)
    alone = new_export()
    alone.offers(offer("p1#b"), offer("p1#c"), offer("p1#d"))
    alone.prices(prices("p1#c", {"retail": 1}))
    shop.run(alone.folder)
    assert rates(shop) == [20, 20, 5, 20]


def test_a_product_without_rate_takes_nothing_from_its_variants(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", vat=None))
    export.offers(offer("p1#a"), offer("p1#b"))
    export.rests(rests("p1#b", {"w2": 5}))
    shop.run(export.folder)
    assert rates(shop) == [None, 5]
    export.rests(rests("p1#b", {"w1": 5}))
    shop.run(export.folder)
    assert rates(shop) == [None, 5]  # nothing overrides it


def test_a_rate_that_cannot_be_read_leaves_the_old_one(shop: Shop, export: ExportBuilder) -> None:
    goods_and_offers(export)
    shop.run(export.folder)
    export.goods(product("p1", vat="двадцать два"))
    shop.run(export.folder)
    assert rates(shop) == [20, 20, 5]
    assert shop.value("SELECT vat_rate FROM products") == Decimal("20.00")
    assert shop.issues() == {"vat_not_understood": ["p1"], "variants_alike": ["p1#a"]}


def test_the_rates_of_warehouses_come_from_the_settings(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = Settings(warehouses=(Warehouse(name="1 СДВ склад", vat_rate=Decimal("7.5")),))
    goods_and_offers(export)
    shop.run(export.folder)
    assert shop.rows("SELECT vat_rate FROM product_variants ORDER BY onec_id") == [
        (Decimal("20.00"),),
        (Decimal("7.50"),),
        (Decimal("20.00"),),
    ]
