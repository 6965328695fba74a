"""Which object is which: ids with and without a characteristic, a product's row beside those of its characteristics."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from freesport_sync.core.shop import Entity, FileType, ImportKind
from freesport_sync.sources.commerceml.values import ZERO_GUID
from tests.builders import ExportBuilder, element, offer, prices, product, raw_element, rests, tombstone
from tests.integration.support import NewExport, counts, row_versions
from tests.shop import Shop

PRODUCTS = "SELECT onec_id, name, is_active FROM products ORDER BY id"
VARIANTS = "SELECT onec_id, color_name, size_value, stock_quantity, is_active FROM product_variants ORDER BY onec_id"
ON_SALE = "SELECT onec_id, stock_quantity FROM product_variants WHERE is_active ORDER BY onec_id"
BOOTS = {"Цвет": "Синий", "Размер": "41"}
OTHER_BOOTS = {"Цвет": "Бордо", "Размер": "42"}


def boots(onec_id: str, characteristics: Mapping[str, str], *, name: str = "Ботинки", deleted: bool = False) -> str:
    """A `Товар` of one characteristic, as УТ 10.3 writes it."""
    items = "".join(
        raw_element("ХарактеристикаТовара", element("Наименование", key) + element("Значение", value))
        for key, value in characteristics.items()
    )
    extra = raw_element("ХарактеристикиТовара", items)
    return product(onec_id, name=name, article="ART", brand="b1", deleted=deleted, extra=extra)


def test_goods_of_characteristics_become_one_product(shop: Shop, export: ExportBuilder) -> None:
    export.goods(
        boots("p1#c1", BOOTS, name="Ботинки (Синий, 41)"), boots("p1#c2", OTHER_BOOTS, name="Ботинки (Бордо, 42)")
    )
    export.offers(offer("p1#c1", name="Ботинки (Синий, 41)"), offer("p1#c2", name="Ботинки (Бордо, 42)"))
    export.rests(rests("p1#c1", {"w1": 3}), rests("p1#c2", {"w1": 4}))
    report = shop.run(export.folder)
    assert shop.rows(PRODUCTS) == [("p1", "Ботинки", True)]
    assert shop.rows(VARIANTS) == [("p1#c1", "Синий", "41", 3, True), ("p1#c2", "Бордо", "42", 4, True)]
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 0, 0)
    assert counts(report, Entity.VARIANT) == (2, 0, 0, 0, 0)
    assert "records_repeated" not in shop.issues()
    versions = row_versions(shop)
    shop.run(export.folder)
    assert row_versions(shop) == versions


def test_they_are_enough_for_their_variants(shop: Shop, export: ExportBuilder) -> None:
    export.goods(boots("p1#c1", BOOTS))
    shop.run(export.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", "Синий", "41", 0, True)]
    assert shop.value("SELECT sku FROM product_variants") == "ART"


def test_a_run_of_goods_alone_makes_the_product_only(shop: Shop, export: ExportBuilder) -> None:
    export.goods(boots("p1#c1", BOOTS))
    export.offers(offer("p1#c1"))
    shop.run(export.folder, file_type=FileType.GOODS)
    assert shop.rows(PRODUCTS) == [("p1", "Ботинки", False)]
    assert shop.rows(VARIANTS) == []


def test_the_mark_of_a_characteristic_hides_its_variant(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(boots("p1#c1", BOOTS), boots("p1#c2", OTHER_BOOTS))
    export.offers(offer("p1#c1"), offer("p1#c2"))
    shop.run(export.folder)
    more = new_export()
    more.goods(boots("p1#c1", BOOTS, deleted=True), tombstone("Товар", "p9#c1"))
    more.offers(offer("p1#c1"), offer("p1#c2"))
    shop.run(more.folder, accept_large_change=True)
    assert shop.rows(PRODUCTS) == [("p1", "Ботинки", True)]
    assert shop.rows(ON_SALE) == [("p1#c2", 0)]
    shop.run(export.folder)
    assert shop.rows(ON_SALE) == [("p1#c1", 0), ("p1#c2", 0)]


def test_a_record_of_the_product_itself_takes_precedence_over_its_characteristics(
    shop: Shop, export: ExportBuilder
) -> None:
    export.goods(boots("p1#c1", BOOTS, name="Другое"), product("p1", name="Ботинки", deleted=True))
    export.offers(offer("p1#c1"))
    shop.run(export.folder)
    assert shop.rows(PRODUCTS) == [("p1", "Ботинки", False)]


def test_a_product_that_the_shop_has_for_a_characteristic_stays(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1"))
    shop.run(export.folder)
    for table in ("products", "product_variants"):  # as the shop's own importer has made them
        shop.execute(f"UPDATE {table} SET onec_id = 'p1#c1'")
    more = new_export()
    more.goods(boots("p1#c1", BOOTS), boots("p1#c2", OTHER_BOOTS))
    more.offers(offer("p1#c1"), offer("p1#c2"))
    shop.run(more.folder)
    owners = "FROM product_variants AS v JOIN products AS p ON p.id = v.product_id"
    variants = shop.rows(f"SELECT v.onec_id, p.onec_id, v.is_active {owners} ORDER BY v.id")
    assert variants == [("p1#c1", "p1#c1", True), ("p1#c2", "p1", True)]


def with_own_row(export: ExportBuilder) -> None:
    """2.05: the row of the product itself has the total of its characteristics."""
    export.goods(product("p1"))
    export.offers(offer("p1"), offer("p1#c1"), offer("p1#c2"))
    export.prices(*(prices(key, {"retail": 10}) for key in ("p1", "p1#c1", "p1#c2")))
    export.rests(rests("p1", {"w1": 15}), rests("p1#c1", {"w1": 5}), rests("p1#c2", {"w1": 10}))


def test_the_row_of_a_product_beside_its_characteristics_is_no_variant(shop: Shop, export: ExportBuilder) -> None:
    with_own_row(export)
    report = shop.run(export.folder)
    assert shop.rows(ON_SALE) == [("p1#c1", 5), ("p1#c2", 10)]
    assert counts(report, Entity.VARIANT) == (2, 0, 0, 0, 0)
    assert not shop.issues().keys() & {"stock_variant_unknown", "price_variant_unknown", "stock_of_product_alone"}
    for kind in (ImportKind.STOCKS, ImportKind.PRICES):
        shop.run(export.folder, kind=kind)
        assert not shop.issues()
    assert shop.rows(ON_SALE) == [("p1#c1", 5), ("p1#c2", 10)]


@pytest.mark.parametrize("keeps_own_row", [True, False])
def test_the_own_variant_of_a_product_gives_way_to_its_characteristics(
    shop: Shop, export: ExportBuilder, new_export: NewExport, keeps_own_row: bool
) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1", article="ART"))
    export.rests(rests("p1", {"w1": 7}))
    shop.run(export.folder)
    assert shop.rows(ON_SALE) == [("p1", 7)]
    more = new_export()
    if keeps_own_row:
        with_own_row(more)
    else:
        more.offers(offer("p1#c1"), offer("p1#c2"))
        more.rests(rests("p1#c1", {"w1": 5}), rests("p1#c2", {"w1": 10}))
    shop.run(more.folder)  # no large change: buyers find the product as before
    assert shop.rows(ON_SALE) == [("p1#c1", 5), ("p1#c2", 10)]
    versions = row_versions(shop)
    shop.run(more.folder)
    assert row_versions(shop) == versions


def test_an_own_row_alone_does_not_show_the_own_variant_again(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    with_own_row(export)
    shop.run(export.folder)
    more = new_export()
    more.goods(product("p1"))
    more.offers(offer("p1"))
    more.prices(prices("p1", {"retail": 11}))
    more.rests(rests("p1", {"w1": 16}))
    report = shop.run(more.folder)
    assert shop.rows(ON_SALE) == [("p1#c1", 5), ("p1#c2", 10)]
    assert shop.issues() == {"price_of_product_alone": ["p1"], "stock_of_product_alone": ["p1"]}
    assert counts(report, Entity.PRICE) == counts(report, Entity.STOCK) == (0, 0, 0, 1, 0)


def test_a_product_that_loses_its_characteristics_sells_as_itself_again(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    with_own_row(export)
    shop.run(export.folder)
    more = new_export()
    more.offers(offer("p1"), tombstone("Предложение", "p1#c1"), tombstone("Предложение", "p1#c2"))
    more.rests(rests("p1", {"w1": 9}))
    shop.run(more.folder, accept_large_change=True)
    assert shop.rows(ON_SALE) == [("p1", 9)]


EMPTY_CHARACTERISTICS = ["p1#", f"p1#{ZERO_GUID}", "p1"]


@pytest.mark.parametrize("known", EMPTY_CHARACTERISTICS)
def test_an_empty_characteristic_is_none_and_the_shop_s_key_is_kept(
    shop: Shop, export: ExportBuilder, known: str
) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1"))
    shop.run(export.folder)
    shop.execute("UPDATE product_variants SET onec_id = :known", known=known)
    for number, written in enumerate(EMPTY_CHARACTERISTICS):
        export.goods(product(written))
        export.offers(offer(written, article=f"ART {number}"))
        export.prices(prices(written, {"retail": number}))
        export.rests(rests(written, {"w1": number + 1}))
        shop.run(export.folder, is_full=True, accept_large_change=True)
        query = "SELECT onec_id, sku, retail_price, stock_quantity, is_active FROM product_variants"
        assert shop.rows(query) == [(known, f"ART {number}", Decimal(number), number + 1, True)]
        assert not shop.issues()
    assert shop.rows("SELECT onec_id FROM products") == [("p1",)]


def test_two_spellings_in_one_export_are_one_variant(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"), product(f"p1#{ZERO_GUID}"))
    export.offers(offer("p1#"), offer("p1"))
    export.rests(rests("p1", {"w1": 2}), rests(f"p1#{ZERO_GUID}", {"w1": 2}))
    shop.run(export.folder)
    assert shop.rows(ON_SALE) == [("p1", 2)]
