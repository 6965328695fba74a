"""goods.xml -> `products`: what a new one gets, what 1C may change, how one is found (PRODUCT-1, OWNED-1)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync.core.shop import Entity, FileType
from freesport_sync.settings.model import OwnedField, Settings
from tests.builders import (
    BRANDS,
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    element,
    group,
    offer,
    prices,
    product,
    raw_element,
    rests,
)
from tests.integration.pictures import put
from tests.integration.support import counts, owning, row_versions
from tests.shop import Shop

NAMES = "SELECT onec_id, name, slug FROM products ORDER BY id"
CONTENT = """
    SELECT p.name, p.slug, p.description, b.name, c.onec_id, p.vat_rate
    FROM products AS p JOIN brands AS b ON b.id = p.brand_id JOIN categories AS c ON c.id = p.category_id
    WHERE p.onec_id = :key
"""


def two_groups(export: ExportBuilder) -> None:
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("g2", name="Сетки")]))


def test_new_product_has_every_column(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", name="Мяч №5 “Ёж”", description="Круглый", vat="22,0", article="A-1"))
    report = shop.run(export.folder, file_type=FileType.GOODS)
    assert shop.row(
        "SELECT name, slug, description, short_description, seo_title, seo_description, is_active, is_featured,"
        " onec_id, brand_id, category_id, specifications, error_message, last_sync_at, sync_status, parent_onec_id,"
        " discount_percent, is_hit, is_new, is_premium, is_promo, is_sale, onec_brand_id, base_images,"
        " min_order_quantity, vat_rate, created_at = updated_at, now() - created_at < interval '1 minute' FROM products"
    ) == (
        *("Мяч №5 “Ёж”", "mjach-no5-ezh", "Круглый", "", "", "", False, False),
        *("p1", 1, 2, {}, "", None, "pending", "p1"),
        *(None, False, False, False, False, False, "b1", []),
        *(1, Decimal("22.00"), True, True),
    )
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 0, 0)


def test_what_1c_does_not_say_is_empty(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", description=None, vat="Без НДС", brand=None))
    shop.run(export.folder, file_type=FileType.GOODS)
    assert shop.row("SELECT description, vat_rate, onec_brand_id FROM products") == ("", None, None)


def test_other_data_of_goods_is_not_stored(shop: Shop, export: ExportBuilder) -> None:
    """Article, barcode, unit, country, manufacturer, requisites and measures: the shop has no place for them."""
    requisite = raw_element("ЗначениеРеквизита", element("Наименование", "Код") + element("Значение", "UТ-1"))
    maker = raw_element("Изготовитель", element("Ид", "m1") + element("Наименование", "Фабрика"))
    besides = [element(tag, value) for tag, value in (("Страна", "РОССИЯ"), ("Ширина", 3), ("Длина", 4), ("Высота", 5))]
    besides += [element("Код", "7"), maker, raw_element("ЗначенияРеквизитов", requisite)]
    full = product("p2", article="A-1", extra="".join(besides))
    full = full.replace("<Штрихкод/>", "<Штрихкод>4601234567890</Штрихкод>").replace("796 ", "778 ")
    export.goods(product("p1"), full)
    export.offers(offer("p1#c"), offer("p2#c"))
    shop.run(export.folder)
    times = "- 'created_at' - 'updated_at' - 'last_sync_at'"
    of_their_own = f"{times} - 'id' - 'onec_id' - 'parent_onec_id' - 'slug'"
    assert len(shop.rows(f"SELECT DISTINCT to_jsonb(p) {of_their_own} FROM products AS p")) == 1
    of_their_own = f"{times} - 'id' - 'onec_id' - 'product_id' - 'sku'"
    assert len(shop.rows(f"SELECT DISTINCT to_jsonb(v) {of_their_own} FROM product_variants AS v")) == 1
    assert shop.issues() == {}


def test_equal_names_get_numbered_slugs_in_file_order(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p3", name="Мяч"), product("p1", name="Мяч 2"), segment=10)
    export.goods(product("p2", name="Мяч"), product("01234567-89", name="中文"), segment=2)
    shop.run(export.folder)
    assert shop.rows(NAMES) == [
        ("p2", "Мяч", "mjach"),
        ("01234567-89", "中文", "product-01234567"),
        ("p3", "Мяч", "mjach-3"),
        ("p1", "Мяч 2", "mjach-2"),
    ]


def test_a_slug_fits_its_column(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", name="щ" * 300), product("p2", name="щ" * 300))
    shop.run(export.folder)
    assert [row[2] for row in shop.rows(NAMES)] == [("sch" * 85), ("sch" * 85)[:253] + "-2"]


def test_only_owned_fields_of_an_existing_product_change(shop: Shop, export: ExportBuilder) -> None:
    two_groups(export)
    export.goods(product("p1", name="Мяч", description="Старое", vat=20))
    shop.run(export.folder)
    shop.execute(
        "UPDATE products SET seo_title = 's', short_description = 'k', is_hit = true, min_order_quantity = 5,"
        " base_images = '[\"a.jpg\"]', specifications = '{\"a\": 1}', discount_percent = 3"
    )
    kept = "SELECT seo_title, short_description, is_hit, min_order_quantity, base_images, specifications,"
    kept += " discount_percent, sync_status, is_active, parent_onec_id, created_at FROM products"
    before = shop.row(kept)
    export.goods(product("p1", name="Мячище", group="g2", brand="b2", description="Новое", vat=10))
    report = shop.run(export.folder)
    assert shop.row(CONTENT, key="p1") == ("Мяч", "mjach", "Новое", "Adidas", "g1", Decimal("10.00"))
    assert shop.row(kept) == before
    assert shop.value("SELECT updated_at > created_at FROM products")
    assert counts(report, Entity.PRODUCT) == (0, 1, 0, 0, 0)
    assert shop.issues() == {"name_kept": ["p1"], "category_kept": ["p1"]}
    stored = shop.rows("SELECT code, value, params ->> 'kept', severity FROM freesport_sync.row_issues ORDER BY 1")
    assert stored == [("category_kept", "Сетки", "Мячи", "note"), ("name_kept", "Мячище", "Мяч", "note")]


def test_empty_values_keep_what_the_shop_has(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", description="Описание", vat=20))
    shop.run(export.folder)
    export.goods(product("p1", description="", vat=None))
    report = shop.run(export.folder)
    assert shop.row("SELECT description, vat_rate FROM products") == ("Описание", Decimal("20.00"))
    assert counts(report, Entity.PRODUCT) == (0, 0, 1, 0, 0)


def test_name_and_category_are_taken_over_where_the_settings_say_so(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning(*OwnedField)
    two_groups(export)
    export.goods(product("p1", name="Мяч"), product("p2", name="Сетка"))
    shop.run(export.folder)
    export.goods(product("p1", name="Мячище", group="g2"), product("p2", name="Сетка", group="nowhere"))
    report = shop.run(export.folder, accept_large_change=True)
    assert shop.row(CONTENT, key="p1")[:5] == ("Мячище", "mjach", "", "Nike", "g2")
    assert shop.row(CONTENT, key="p2")[4] == "g1"  # an unknown group moves nothing
    assert counts(report, Entity.PRODUCT) == (0, 1, 1, 0, 0)
    assert shop.issues() == {}


def test_a_renamed_product_keeps_its_slug(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning(OwnedField.NAME)
    export.goods(product("p1", name="Мяч"))
    shop.run(export.folder)
    export.goods(product("p1", name="Сетка"), product("p2", name="Мяч"))
    shop.run(export.folder)
    assert shop.rows(NAMES) == [("p1", "Сетка", "mjach"), ("p2", "Мяч", "mjach-2")]


def test_every_difference_that_is_not_taken_over_is_a_note(shop: Shop, export: ExportBuilder) -> None:
    two_groups(export)
    export.goods(product("p1", name="Мяч", description="Старое", vat=20))
    shop.run(export.folder)
    shop.settings = owning()
    export.goods(product("p1", name="Мячище", group="g2", brand="b2", description="Новое", vat=10))
    shop.run(export.folder)
    assert shop.row(CONTENT, key="p1") == ("Мяч", "mjach", "Старое", "Nike", "g1", Decimal("20.00"))
    assert shop.rows("SELECT code, value, params ->> 'kept' FROM freesport_sync.row_issues ORDER BY 1") == [
        ("brand_kept", "Adidas", "Nike"),
        ("category_kept", "Сетки", "Мячи"),
        ("description_kept", "Новое", "Старое"),
        ("name_kept", "Мячище", "Мяч"),
        ("vat_rate_kept", "10.00", "20.00"),
    ]


@pytest.mark.parametrize("owned", OwnedField)
def test_each_field_is_overwritten_only_where_1c_owns_it(
    shop: Shop, export: ExportBuilder, media: Path, owned: OwnedField
) -> None:
    """What each of them means, and that none means more."""
    two_groups(export)
    for number, (name, group_, brand, text, vat) in enumerate((("А", "g1", "b1", "а", 20), ("Б", "g2", "b2", "б", 10))):
        shop.settings = owning(owned) if number else Settings()
        picture = f"import_files/{number}.jpg"
        put(export, f"{number}.jpg")
        export.goods(
            product("p1", name=name, group=group_, brand=brand, description=text, vat=vat, pictures=[picture]),
        )
        export.offers(offer("p1#c"))
        export.prices(prices("p1#c", {"retail": number + 1}))
        export.rests(rests("p1#c", {"w1": number + 1}))
        shop.run(export.folder, media_root=media, accept_large_change=True)
    now = dict(
        shop.connection.exec_driver_sql(
            "SELECT p.name, c.onec_id AS category, p.onec_brand_id AS brand, p.description, p.vat_rate::int,"
            " jsonb_array_length(base_images) AS pictures, retail_price::int AS prices, stock_quantity AS stock"
            " FROM products AS p JOIN categories AS c ON c.id = p.category_id"
            " JOIN product_variants AS v ON v.product_id = p.id"
        )
        .mappings()
        .one()
    )
    before = {"name": "А", "category": "g1", "brand": "b1", "description": "а", "vat_rate": 20}
    after = {"name": "Б", "category": "g2", "brand": "b2", "description": "б", "vat_rate": 10}
    before |= dict.fromkeys(("pictures", "prices", "stock"), 1)
    after |= dict.fromkeys(("pictures", "prices", "stock"), 2)
    assert now == before | {owned: after[owned]}


def test_a_product_moves_into_a_category_of_the_same_export(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning(OwnedField.CATEGORY)
    export.goods(product("p1"))
    shop.run(export.folder)
    export.groups(group("root", name=ROOT_GROUP, children=[group("g1"), group("new", name="Новинки")]))
    export.goods(product("p1", group="new"))
    shop.run(export.folder, accept_large_change=True)
    assert shop.row(CONTENT, key="p1")[4] == "new"


def test_nothing_changes_where_1c_owns_nothing(shop: Shop, export: ExportBuilder) -> None:
    two_groups(export)
    export.goods(product("p1", description="Старое"))
    export.offers(offer("p1#c1"))
    shop.run(export.folder)
    shop.settings = owning()
    before = row_versions(shop)["products"], row_versions(shop)["product_variants"]
    export.goods(product("p1", name="Мячище", group="g2", brand="b2", description="Новое", vat=10))
    report = shop.run(export.folder)
    assert (row_versions(shop)["products"], row_versions(shop)["product_variants"]) == before
    assert counts(report, Entity.PRODUCT) == (0, 0, 1, 0, 0)
    # A variant that is new takes the rate that its product has in the shop.
    export.offers(offer("p1#c1"), offer("p1#c2"))
    shop.run(export.folder)
    assert shop.rows("SELECT vat_rate FROM product_variants") == [(Decimal("20.00"),), (Decimal("20.00"),)]


def test_an_old_product_is_found_by_its_parent_id(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", name="Мяч"))
    shop.run(export.folder, file_type=FileType.GOODS)
    shop.execute("UPDATE products SET onec_id = 'variant-of-p1'")  # parent_onec_id stays p1
    export.goods(product("p1", name="Мяч", description="Новое"))
    export.offers(offer("p1#c1"))
    report = shop.run(export.folder)
    assert shop.row("SELECT onec_id, parent_onec_id, description, is_active, sync_status FROM products") == (
        *("variant-of-p1", "p1", "Новое", True, "in_progress"),
    )
    # Its offer is an offer of this product, so no default variant is made beside it.
    assert shop.rows("SELECT onec_id FROM product_variants") == [("p1#c1",)]
    assert counts(report, Entity.PRODUCT) == (0, 1, 0, 0, 0)


def test_the_own_id_takes_precedence_over_the_parent_id(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", name="Мяч"), product("p2", name="Сетка"))
    shop.run(export.folder, file_type=FileType.GOODS)
    shop.execute("UPDATE products SET parent_onec_id = 'p1' WHERE onec_id = 'p2'")
    export.goods(product("p1", description="первый"), product("p2", description="второй"))
    shop.run(export.folder, file_type=FileType.GOODS)
    assert shop.rows("SELECT onec_id, description FROM products ORDER BY id") == [("p1", "первый"), ("p2", "второй")]


def test_a_repeated_product_takes_the_last_values_and_the_first_name(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(brand_property(BRANDS))
    export.goods(product("p1", name="Второе имя", group="nowhere", description="из 10", brand="b2"), segment=10)
    export.goods(
        product("p1", name="Имя", description="из 2", vat=20), product("p1", name="Ещё", vat=10, brand=None), segment=2
    )
    report = shop.run(export.folder)
    assert shop.row(CONTENT, key="p1") == ("Имя", "imja", "из 10", "Adidas", "g1", Decimal("20.00"))
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 0, 0)
    assert shop.issues() == {"records_repeated": [""]}


def test_an_owned_name_and_category_are_those_of_the_last_record(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = owning(*OwnedField)
    two_groups(export)
    export.goods(product("p1", name="Первое имя"), segment=1)
    export.goods(product("p1", name="Последнее имя", group="g2"), segment=2)
    for _ in range(2):  # a new product and one that the shop has: the same export says the same
        shop.run(export.folder)
        assert shop.rows(NAMES) == [("p1", "Последнее имя", "pervoe-imja")]
        assert shop.row(CONTENT, key="p1")[4] == "g2"


def test_records_without_id_or_name_fail_and_the_rest_is_imported(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product(None), product("x" * 101), product("p2", name=None), product("p1"))
    report = shop.run(export.folder)
    assert shop.rows("SELECT onec_id FROM products") == [("p1",)]
    assert counts(report, Entity.PRODUCT) == (1, 0, 0, 0, 3)
    assert report.has_row_errors


def test_goods_alone_leave_the_rest_of_the_export_unread(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    report = shop.run(export.folder, file_type=FileType.GOODS)
    assert report.counts.keys().isdisjoint({Entity.VARIANT, Entity.DEFAULT_VARIANT, Entity.PRICE_TYPE, Entity.PRICE})
    assert shop.value("SELECT count(*) FROM product_variants") == 0
    assert shop.value("SELECT count(*) FROM price_types") == 0
    assert shop.value("SELECT import_type FROM import_sessions") == "catalog"
