"""offers.xml -> `product_variants` (VARIANT-1 to VARIANT-9)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from freesport_sync.core.shop import Entity, FileType
from tests.builders import ExportBuilder, offer, prices, product, rests, tombstone
from tests.integration.support import PRICES, NewExport, counts, money
from tests.shop import Shop

SKUS = "SELECT onec_id, sku FROM product_variants ORDER BY id"
LOOKS = "SELECT color_name, size_value FROM product_variants WHERE onec_id = :key"
ACTIVE = "SELECT onec_id, is_active FROM product_variants ORDER BY id"


@pytest.fixture
def goods(export: ExportBuilder) -> ExportBuilder:
    """The product p1, to which the offers of a test belong."""
    export.goods(product("p1", vat=20))
    return export


def test_new_variant_has_every_column(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#c1", characteristics={"Цвет": "Синий", "Размер": "42"}))
    goods.prices(prices("p1#c1", {"retail": 100, "opt1": "70,50", "msrp": 90}))
    goods.rests(rests("p1#c1", {"w1": 3, "w2": 1}))
    report = shop.run(goods.folder)
    assert shop.row(
        "SELECT sku, onec_id, color_name, size_value, stock_quantity, reserved_quantity, main_image, gallery_images,"
        " is_active, product_id, vat_rate, warehouse_id, warehouse_name, created_at = updated_at,"
        " last_sync_at = created_at, now() - created_at < interval '1 minute' FROM product_variants"
    ) == (
        *("SKU-p1#c1", "p1#c1", "Синий", "42", 4, 0, "", []),
        *(True, 1, Decimal("20.00"), "w1", "1 СДВ склад", True, True, True),
    )
    assert shop.row(f"SELECT {PRICES} FROM product_variants") == money("100.00 70.50 - - - - - 90.00")
    for entity in (Entity.VARIANT, Entity.PRICE, Entity.STOCK):
        assert counts(report, entity) == (1, 0, 0, 0, 0)


def test_a_variant_without_price_and_stock_has_zeros(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#c1"))
    shop.run(goods.folder)
    columns = f"SELECT {PRICES}, stock_quantity, warehouse_id, warehouse_name FROM product_variants"
    assert shop.row(columns) == (*money("0.00 - - - - - - -"), 0, None, None)


def test_an_offer_without_characteristic_is_a_variant_of_its_own_product(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1"))
    shop.run(goods.folder)
    assert shop.rows(SKUS) == [("p1", "SKU-p1")]


def test_offers_without_their_product_are_skipped_with_one_warning_for_each_product(
    shop: Shop, goods: ExportBuilder
) -> None:
    goods.offers(offer("p9#a"), offer("p1#a"), offer("p9#b"), offer("p8"))
    report = shop.run(goods.folder)
    assert shop.rows(SKUS) == [("p1#a", "SKU-p1#a")]
    assert counts(report, Entity.VARIANT) == (1, 0, 0, 3, 0)
    found = shop.rows("SELECT severity, code, onec_id, value FROM freesport_sync.row_issues ORDER BY value")
    assert found == [("warning", "parent_not_found", "p8", "p8"), ("warning", "parent_not_found", "p9#a", "p9")]


def test_skus_are_numbered_in_file_order(shop: Shop, goods: ExportBuilder) -> None:
    guid = "12345678-aaaa"
    goods.goods(product(guid), product("p1"))
    goods.offers(
        offer(f"{guid}#10"), offer("p1#d", article="ART"), offer("p1#e", article="ART-1"), offer("p1#f"), segment=10
    )
    goods.offers(
        offer(f"{guid}#2"), offer("p1#a", article="ART"), offer("p1#b", article="ART-1"), offer("p1#c", article="ART"),
        segment=2,
    )  # fmt: skip
    shop.run(goods.folder)
    # As the reference importer does, row by row; the segment _1_2_ comes before _1_10_.
    assert shop.rows(SKUS) == [
        (f"{guid}#2", "SKU-12345678"),
        ("p1#a", "ART"),
        ("p1#b", "ART-1"),
        ("p1#c", "ART-2"),
        (f"{guid}#10", "SKU-12345678-1"),
        ("p1#d", "ART-3"),
        ("p1#e", "ART-1-1"),
        ("p1#f", "SKU-p1#f"),
    ]


def test_skus_of_the_shop_are_left_to_their_owners(shop: Shop, goods: ExportBuilder, new_export: NewExport) -> None:
    goods.offers(offer("p1#a", article="ART"), offer("p1#b", article="ART"))
    shop.run(goods.folder)
    more = new_export()
    more.offers(offer("p1#b", article="ART"), offer("p1#c", article="ART"), offer("p1#a", article="ART"))
    report = shop.run(more.folder)
    assert shop.rows(SKUS) == [("p1#a", "ART"), ("p1#b", "ART-1"), ("p1#c", "ART-2")]
    assert counts(report, Entity.VARIANT) == (1, 0, 2, 0, 0)


def test_a_sku_changes_only_with_the_article(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(
        offer("p1#a", article="ART"), offer("p1#b", article="ART"), offer("p1#c"), offer("p1#d", article="X-5")
    )
    shop.run(goods.folder)
    shop.execute("UPDATE product_variants SET sku = 'BY-HAND' WHERE onec_id = 'p1#c'")
    goods.offers(offer("p1#a"), offer("p1#b", article="NEW"), offer("p1#c"), offer("p1#d", article="X"))
    report = shop.run(goods.folder)
    # `X-5` may be the fifth of the article X, so it is left as it is.
    assert shop.rows(SKUS) == [("p1#a", "ART"), ("p1#b", "NEW"), ("p1#c", "BY-HAND"), ("p1#d", "X-5")]
    assert counts(report, Entity.VARIANT) == (0, 1, 3, 0, 0)
    goods.offers(offer("p1#a", article="NEW"), offer("p1#b", article="ART"), offer("p1#c", article="C"))
    shop.run(goods.folder)
    # Two that swap their articles: neither is free yet, so both get a number, once.
    assert shop.rows(SKUS)[:3] == [("p1#a", "NEW-1"), ("p1#b", "ART-1"), ("p1#c", "C")]
    assert counts(shop.run(goods.folder), Entity.VARIANT) == (0, 0, 3, 0, 0)


def test_a_number_that_shortened_a_long_article_is_no_other_article(shop: Shop, goods: ExportBuilder) -> None:
    article = "A" * 100
    goods.offers(offer("p1#a", article=article), offer("p1#b", article=article))
    shop.run(goods.folder)
    assert shop.rows(SKUS) == [("p1#a", article), ("p1#b", "A" * 98 + "-1")]
    assert counts(shop.run(goods.folder), Entity.VARIANT) == (0, 0, 2, 0, 0)
    assert shop.rows(SKUS) == [("p1#a", article), ("p1#b", "A" * 98 + "-1")]


def test_colour_and_size_come_from_characteristics_or_the_name(shop: Shop, goods: ExportBuilder) -> None:
    shop.execute("DELETE FROM color_mappings")
    shop.execute(
        "INSERT INTO color_mappings (name, hex_code, swatch_image) VALUES ('синий', '#0', ''), ('красный', '#0', '')"
    )
    goods.offers(
        offer("p1#a", name="Кимоно красный (А5 (2XL))", characteristics={"Цвет": "Белый", "Размер": "42"}),
        offer("p1#b", name="Кимоно Красный, синий (А5 (2XL))", characteristics={"Детский размер": "Да"}),
        offer("p1#c", name="Кимоно", characteristics={"Цвет": "-999 999 999,9", "РазмерTD": "Да"}),
        offer("p1#d", name="Кимоно", characteristics={"Окраска": "x" * 101, "размер_обуви": "y" * 51}),
    )
    shop.run(goods.folder)
    assert [shop.row(LOOKS, key=f"p1#{key}") for key in "abcd"] == [
        ("Белый", "42"),
        ("Синий", "А5 (2XL)"),  # the first of the shop's colours that the name contains
        ("", ""),
        ("x" * 100, "y" * 50),
    ]
    assert shop.issues()["text_cut"] == ["p1#d", "p1#d"]


def test_a_database_that_we_make_knows_the_common_colours(shop: Shop, goods: ExportBuilder) -> None:
    names = ("Мяч Синий", "Мяч чёрный", "Мяч цвета хаки", "Мяч в полоску")
    goods.offers(*(offer(f"p1#{number}", name=name) for number, name in enumerate(names)))
    shop.run(goods.folder)
    found = [color for (color,) in shop.rows("SELECT color_name FROM product_variants ORDER BY id")]
    assert found == ["Синий", "Чёрный", "Хаки", ""]


def test_empty_colour_and_size_keep_what_the_shop_has(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#c1", name="Мяч", characteristics={"Цвет": "Белый", "Размер": "5"}))
    shop.run(goods.folder)
    goods.offers(offer("p1#c1", name="Мяч"))
    assert counts(shop.run(goods.folder), Entity.VARIANT) == (0, 0, 1, 0, 0)
    goods.offers(offer("p1#c1", name="Мяч", characteristics={"Цвет": "Жёлтый"}))
    assert counts(shop.run(goods.folder), Entity.VARIANT) == (0, 1, 0, 0, 0)
    assert shop.row(LOOKS, key="p1#c1") == ("Жёлтый", "5")


def test_an_update_leaves_what_the_shop_manages(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#c1"))
    goods.rests(rests("p1#c1", {"w1": 9}))
    shop.run(goods.folder)
    shop.execute(
        "UPDATE product_variants SET reserved_quantity = 2, main_image = 'm.jpg', gallery_images = '[\"g.jpg\"]',"
        " is_active = false, updated_at = now() - interval '1 day', last_sync_at = now() - interval '1 day'"
    )
    shop.run(goods.folder)
    assert shop.row(
        "SELECT reserved_quantity, main_image, gallery_images, stock_quantity, is_active,"
        " now() - updated_at < interval '1 minute', updated_at = last_sync_at FROM product_variants"
    ) == (2, "m.jpg", ["g.jpg"], 9, True, True, True)  # an offer in the file shows its variant, as in the reference


def test_an_offer_shows_its_variant_again_even_if_an_operator_has_hidden_it(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#a"), offer("p1#b"))
    shop.run(goods.folder)
    shop.execute("UPDATE product_variants SET is_active = false")
    goods.offers(offer("p1#a"))
    shop.run(goods.folder)
    assert shop.rows(ACTIVE) == [("p1#a", True), ("p1#b", False)]


def test_a_variant_stays_with_its_product_of_the_shop(shop: Shop, goods: ExportBuilder) -> None:
    goods.goods(product("p1"), product("p2"))
    goods.offers(offer("p1#c1"), offer("p2#c1"))
    shop.run(goods.folder)
    shop.execute("UPDATE product_variants SET product_id = 2 WHERE onec_id = 'p1#c1'")
    assert counts(shop.run(goods.folder), Entity.VARIANT) == (0, 0, 2, 0, 0)
    assert shop.value("SELECT product_id FROM product_variants WHERE onec_id = 'p1#c1'") == 2


def test_deletion_marks_hide_and_their_removal_shows(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#a"), offer("p1#b"), offer("p1#c"), offer("p1#new", deleted=True))
    shop.run(goods.folder)
    assert shop.rows(ACTIVE) == [("p1#a", True), ("p1#b", True), ("p1#c", True), ("p1#new", False)]
    goods.offers(
        offer("p1#a", deleted=True), tombstone("Предложение", "p1#b"), tombstone("Предложение", "p1#zzz"),
        tombstone("Предложение", "p9#zzz"),
    )  # fmt: skip
    report = shop.run(goods.folder, accept_large_change=True)
    assert shop.rows(ACTIVE) == [("p1#a", False), ("p1#b", False), ("p1#c", True), ("p1#new", False)]
    assert counts(report, Entity.VARIANT) == (0, 2, 0, 2, 0)
    assert shop.issues() == {"tombstone_unknown": ["p1#zzz", "p9#zzz"]}
    goods.offers(offer("p1#a"), offer("p1#b"), offer("p1#new"))
    shop.run(goods.folder)
    assert [active for _, active in shop.rows(ACTIVE)] == [True, True, True, True]


def test_absence_hides_only_in_a_full_run(shop: Shop, goods: ExportBuilder, new_export: NewExport) -> None:
    goods.goods(product("p1"), product("p2"), product("p3"))
    goods.offers(offer("p1#a"), offer("p1#b"), offer("p2#a"))
    shop.run(goods.folder)
    part = new_export()
    part.offers(offer("p1#a"))
    shop.run(part.folder)
    assert all(active for _, active in shop.rows(ACTIVE))
    report = shop.run(part.folder, is_full=True, accept_large_change=True)
    # A default variant has no offer that could be missing.
    assert shop.rows(ACTIVE) == [("p1#a", True), ("p1#b", False), ("p2#a", False), ("p3", True)]
    assert counts(report, Entity.VARIANT) == (0, 2, 1, 0, 0)


def test_a_full_run_without_offers_hides_no_variant(shop: Shop, goods: ExportBuilder, new_export: NewExport) -> None:
    goods.offers(offer("p1#a"))
    shop.run(goods.folder)
    alone = new_export()
    alone.goods(product("p1"), product("p1#b"))  # nor are goods of characteristics a list of offers
    alone.prices(prices("p1#zzz", {"retail": 1}))
    shop.run(alone.folder, is_full=True)
    assert sorted(shop.rows(ACTIVE)) == [("p1#a", True), ("p1#b", True)]


def test_a_repeated_offer_takes_the_last_values_and_the_first_place(shop: Shop, goods: ExportBuilder) -> None:
    goods.offers(offer("p1#b", article="B"), offer("p1#a", article="A2", characteristics={"Цвет": "Синий"}), segment=3)
    goods.offers(offer("p1#a", article="A1", characteristics={"Размер": "42", "Цвет": "Белый"}), segment=1)
    goods.offers(tombstone("Предложение", "p1#b"), offer("p1#b", article="B"), segment=2)
    report = shop.run(goods.folder)
    assert shop.rows(SKUS) == [("p1#a", "A2"), ("p1#b", "B")]
    assert shop.row(LOOKS, key="p1#a") == ("Синий", "42")
    assert shop.rows(ACTIVE) == [("p1#a", True), ("p1#b", True)]
    assert counts(report, Entity.VARIANT) == (2, 0, 0, 0, 0)


def test_offers_run_brings_prices_and_stock(shop: Shop, goods: ExportBuilder) -> None:
    shop.run(goods.folder, file_type=FileType.GOODS)
    goods.offers(offer("p1#c1"))
    goods.prices(prices("p1#c1", {"retail": 5}))
    goods.rests(rests("p1#c1", {"w1": 2}))
    report = shop.run(goods.folder, file_type=FileType.OFFERS)
    assert set(report.counts) == {Entity.PRICE_TYPE, Entity.PRODUCT, Entity.VARIANT, Entity.PRICE, Entity.STOCK}
    assert shop.row("SELECT retail_price, stock_quantity FROM product_variants") == (Decimal(5), 2)
    assert shop.row("SELECT is_active, sync_status FROM products") == (True, "completed")
    assert shop.value("SELECT import_type FROM import_sessions ORDER BY id DESC LIMIT 1") == "variants"
