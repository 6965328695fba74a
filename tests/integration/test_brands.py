"""The values of the property `Бренд` -> `brands` and `products_brand_1c_mapping` (BRAND-1 to BRAND-4)."""

from __future__ import annotations

from functools import partial

from freesport_sync.core.shop import Entity
from tests.builders import ROOT_GROUP, ExportBuilder, brand_property, group, product, property_, raw_element
from tests.integration.support import NewExport, counts, rows_written
from tests.shop import Shop

BRANDS = "SELECT id, name, slug, normalized_name FROM brands ORDER BY id"
MAPPINGS = "SELECT onec_id, onec_name, brand_id FROM products_brand_1c_mapping ORDER BY onec_id"
PRODUCT = "SELECT p.onec_brand_id, b.name FROM products p JOIN brands b ON b.id = p.brand_id WHERE p.onec_id = :key"
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
GUID, SONY, NOBODY = (f"5c1f0b7e-{n}-11ee-9d00-0a0a0a0a0a01" for n in ("1111", "2222", "3333"))


def brands(new_export: NewExport, names: dict[str, str]) -> ExportBuilder:
    export = new_export()
    export.properties_goods(brand_property(names))
    return export


def add_brand(shop: Shop, name: str, normalized_name: str, slug: str) -> int:
    shop.execute(
        "INSERT INTO brands (name, slug, image, description, website, is_active, created_at, updated_at,"
        " normalized_name, is_featured)"
        " VALUES (:name, :slug, 'logo.png', 'О бренде', 'x.ru', true, now(), now(), :normalized_name, true)",
        name=name,
        normalized_name=normalized_name,
        slug=slug,
    )
    return int(shop.value("SELECT max(id) FROM brands"))


def test_new_brand_and_its_mapping_have_every_column(shop: Shop, new_export: NewExport) -> None:
    report = shop.run(brands(new_export, {"b1": "Бой-ёж Pro"}).folder)
    assert shop.row(
        "SELECT id, name, slug, image, description, website, is_active, normalized_name, is_featured,"
        " created_at = updated_at, now() - created_at < interval '1 minute' FROM brands"
    ) == (1, "Бой-ёж Pro", "boj-ezh-pro", "", "", "", True, "боиежpro", False, True, True)
    assert shop.row(
        "SELECT onec_id, onec_name, brand_id, now() - created_at < interval '1 minute' FROM products_brand_1c_mapping"
    ) == ("b1", "Бой-ёж Pro", 1, True)
    assert counts(report, Entity.BRAND) == (1, 0, 0, 0, 0)


def test_spellings_of_one_brand_share_it_and_the_first_names_it(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.properties_goods(brand_property({"b1": "Nike Pro", "b2": "NIKE-PRO", "b0": "Без Бренда"}), segment=1)
    export.properties_goods(brand_property({"b3": "nike pro", "b1": "Nike Pro", "b2": "NIKE-PRO"}), segment=2)
    report = shop.run(export.folder)
    assert shop.rows(BRANDS) == [(1, "Nike Pro", "nike-pro", "nikepro")]
    assert shop.rows(MAPPINGS) == [("b1", "Nike Pro", 1), ("b2", "NIKE-PRO", 1), ("b3", "nike pro", 1)]
    assert counts(report, Entity.BRAND) == (1, 2, 0, 0, 0)


def test_the_value_for_no_brand_creates_none(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(brand_property({"b1": "Nike", "b0": "Без Бренда"}))
    export.goods(product("p1", brand="b0"))
    shop.run(export.folder)
    assert [row[1] for row in shop.rows(BRANDS)] == ["Nike", "No Brand"]
    assert [row[0] for row in shop.rows(MAPPINGS)] == ["b1"]
    assert shop.row(PRODUCT, key="p1") == ("b0", "No Brand")


def test_only_the_property_of_that_name_lists_brands(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(brand_property({"b1": "Nike"}), brand_property({"m1": "Хлопок"}, name="Материал"))
    export.goods(product("p1", properties={"Материал": "m1"}))
    shop.run(export.folder)
    assert shop.rows(BRANDS) == [(1, "Nike", "nike", "nike")]
    assert shop.row(PRODUCT, key="p1") == ("b1", "Nike")


def test_a_brand_of_the_shop_is_found_by_its_normalized_name_then_by_its_name(
    shop: Shop, new_export: NewExport
) -> None:
    by_normalized = add_brand(shop, "Найк", "nike", "own-slug")
    by_name = add_brand(shop, "ADIDAS", "adidas-by-hand", "adi")
    before = shop.rows("SELECT * FROM brands ORDER BY id")
    report = shop.run(brands(new_export, {"b1": "NIKE", "b2": "Adidas", "b3": "Puma"}).folder)
    assert shop.rows(MAPPINGS) == [("b1", "NIKE", by_normalized), ("b2", "Adidas", by_name), ("b3", "Puma", 3)]
    assert shop.rows("SELECT * FROM brands ORDER BY id")[:2] == before
    assert counts(report, Entity.BRAND) == (1, 2, 0, 0, 0)


def test_an_existing_mapping_takes_precedence_over_the_name(shop: Shop, new_export: NewExport) -> None:
    shop.run(brands(new_export, {"b1": "Nike", "b2": "Adidas"}).folder)
    before = shop.rows("SELECT * FROM brands ORDER BY id")
    report = shop.run(brands(new_export, {"b1": "Adidas", "b2": "Adidas"}).folder)
    assert shop.rows(MAPPINGS) == [("b1", "Adidas", 1), ("b2", "Adidas", 2)]  # only the mapping's name is refreshed
    assert shop.rows("SELECT * FROM brands ORDER BY id") == before
    assert counts(report, Entity.BRAND) == (0, 1, 1, 0, 0)


def test_the_last_name_of_a_guid_names_its_mapping_and_the_first_the_brand(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.properties_goods(brand_property({"b1": "Nike"}), segment=1)
    export.properties_goods(brand_property({"b1": "Adidas"}), segment=2)
    shop.run(export.folder)
    assert shop.rows(BRANDS) == [(1, "Nike", "nike", "nike")]
    assert shop.rows(MAPPINGS) == [("b1", "Adidas", 1)]
    assert rows_written(shop, lambda: shop.run(export.folder)) == {}


def test_equal_slugs_of_different_brands_get_a_number(shop: Shop, new_export: NewExport) -> None:
    add_brand(shop, "Joma", "joma-by-hand", "jomasport")
    shop.run(brands(new_export, {"b1": "JomaSport", "b2": "Йома", "b3": "Jоmа", "b4": "中文"}).folder)
    # `Jоmа` has Russian letters, so it is another name; an empty slug is made of the id.
    assert [row[2] for row in shop.rows(BRANDS)] == ["jomasport", "jomasport-2", "joma", "joma-2", "brand-b4"]


def test_products_without_a_known_brand_get_no_brand(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    shop.run(export.folder)
    assert len(shop.rows(BRANDS)) == 2  # not made before it is needed
    more = new_export()
    more.goods(
        product("p1", brand="b2"), product("p2", brand=None), product("p3", brand=ZERO_GUID), product("p4", brand="b9")
    )
    shop.run(more.folder)
    assert shop.row("SELECT name, slug, normalized_name, is_active, is_featured FROM brands WHERE id = 3") == (
        "No Brand",
        "no-brand",
        "nobrand",
        True,
        False,
    )
    assert [shop.row(PRODUCT, key=key) for key in ("p1", "p2", "p3", "p4")] == [
        ("b2", "Adidas"),
        (None, "No Brand"),
        (None, "No Brand"),
        ("b9", "No Brand"),
    ]
    assert shop.issues()["brand_unknown"] == ["p4"]
    details = shop.value("SELECT report_details FROM import_sessions ORDER BY id DESC LIMIT 1")
    assert details["brand_fallbacks"] == 1


def test_no_brand_of_the_shop_is_used(shop: Shop, export: ExportBuilder) -> None:
    own = add_brand(shop, "Без бренда", "nobrand", "bez-brenda")
    export.goods(product("p1", brand=None))
    shop.run(export.folder)
    assert shop.value("SELECT brand_id FROM products") == own
    assert shop.value("SELECT count(*) FROM brands WHERE normalized_name = 'nobrand'") == 1


def test_a_product_follows_its_brand_in_1c(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1", brand="b1"))
    shop.run(export.folder)
    seen = []
    for brand, names in (("b2", {}), ("b5", {"b5": "Новый"}), ("b1", {})):
        more = new_export()
        more.properties_goods(brand_property(names))
        more.goods(product("p1", brand=brand))
        report = shop.run(more.folder)
        seen.append(shop.row(PRODUCT, key="p1"))
        assert counts(report, Entity.PRODUCT) == (0, 1, 0, 0, 0)
    assert seen == [("b2", "Adidas"), ("b5", "Новый"), ("b1", "Nike")]


def test_the_shop_s_brand_stays_where_1c_has_none(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("p1", brand="b1"), product("p2", brand=None), product("p3", brand=""))
    shop.run(export.folder)
    own = add_brand(shop, "Ручной", "ручнои", "ruchnoj")
    shop.execute("UPDATE products SET brand_id = :own WHERE onec_id <> 'p1'", own=own)
    for brand in (None, "", ZERO_GUID):
        more = new_export()
        more.goods(*(product(key, brand=brand) for key in ("p1", "p2", "p3")))
        dry = shop.run(more.folder, is_dry_run=True)
        assert rows_written(shop, partial(shop.run, more.folder)) == {}
        assert counts(dry, Entity.PRODUCT) == (0, 0, 3, 0, 0)
    more = new_export()
    more.goods(product("p1", brand="b9"), product("p2", brand="b9"), product("p3", brand="b2"))  # b9 is unknown
    shop.run(more.folder)
    assert [shop.row(PRODUCT, key=key) for key in ("p1", "p2", "p3")] == [
        ("b9", "Nike"),
        ("b9", "Ручной"),
        ("b2", "Adidas"),
    ]
    assert shop.issues()["brand_unknown"] == ["p1", "p2"]
    assert rows_written(shop, lambda: shop.run(more.folder)) == {}


def test_a_brand_that_only_one_of_several_records_has_counts(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", group=None, brand="b1"), product("p1", group="g1", brand=None))
    shop.run(export.folder)
    assert shop.row(PRODUCT, key="p1") == ("b1", "Nike")
    assert shop.value("SELECT c.onec_id FROM products AS p JOIN categories AS c ON c.id = p.category_id") == "g1"


def test_a_property_of_that_name_with_any_id_gives_the_brand(shop: Shop, new_export: NewExport) -> None:
    first, second = new_export(), new_export()
    first.reference_data()
    first.properties_goods(
        brand_property({SONY: "Sony"}, onec_id=GUID), property_("maker", "Производитель", {NOBODY: "ООО Завод"})
    )
    values = {"maker": NOBODY}
    first.goods(
        product("p1", brand=None, properties=values | {GUID: SONY}),
        product("p2", brand=None, properties=values | {GUID: "SONY"}),  # the name, where an id should be
        product("p3", brand=None, properties=values),
    )
    shop.run(first.folder)
    second.goods(product("p3", brand=None, properties={GUID: SONY}))  # the shop knows what the property is
    shop.run(second.folder)
    assert [shop.row(PRODUCT, key=key) for key in ("p1", "p2", "p3")] == [
        (SONY, "Sony"),
        ("SONY", "Sony"),
        (SONY, "Sony"),
    ]
    assert [name for _, name, *_ in shop.rows(BRANDS)] == ["Sony", "No Brand"]
    for export in (first, second):
        shop.run(export.folder)
        assert rows_written(shop, partial(shop.run, export.folder)) == {}


def test_a_property_with_texts_for_values_names_the_brands_itself(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.reference_data()
    export.properties_goods(property_(GUID, "Торговая марка", value_type="Строка"))
    export.goods(
        *(product(f"p{n}", brand=None, properties={GUID: text}) for n, text in enumerate(["Nike", "NIKE ", "Йома"]))
    )
    report = shop.run(export.folder)
    assert [shop.row(PRODUCT, key=f"p{n}") for n in range(3)] == [("Nike", "Nike"), ("NIKE", "Nike"), ("Йома", "Йома")]
    assert counts(report, Entity.BRAND) == (2, 1, 0, 0, 0)
    assert rows_written(shop, lambda: shop.run(export.folder)) == {}


def test_a_trade_mark_is_no_brand_where_a_property_is_called_brand(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(brand_property(), brand_property({SONY: "Sony"}, name="Торговая марка", onec_id=GUID))
    export.goods(product("p1", brand="b1", properties={GUID: SONY}), product("p2", brand=None, properties={GUID: SONY}))
    shop.run(export.folder)
    assert [shop.row(PRODUCT, key=key) for key in ("p1", "p2")] == [("b1", "Nike"), (None, "No Brand")]
    assert [name for _, name, *_ in shop.rows(BRANDS)] == ["Nike", "Adidas", "No Brand"]


def test_a_catalogue_of_2_03_has_brands(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    listed = f"<ВариантЗначения><Ид>{SONY}</Ид><Значение>Sony</Значение></ВариантЗначения>"
    listed = f"<ТипЗначений><Тип>Справочник</Тип><ВариантыЗначений>{listed}</ВариантыЗначений></ТипЗначений>"
    named = raw_element("Ид", GUID) + raw_element("Наименование", "Бренд") + raw_element("ТипыЗначений", listed)
    body = raw_element(
        "Классификатор",
        raw_element("Группы", group("root", name=ROOT_GROUP, children=[group("g1")]))
        + raw_element("Свойства", raw_element("СвойствоНоменклатуры", named)),
    )
    body += raw_element("Каталог", raw_element("Товары", product("p1", brand=None, properties={GUID: SONY})))
    export.write("import.xml", export.document(body))
    shop.run(export.folder)
    assert shop.row(PRODUCT, key="p1") == (SONY, "Sony")
    assert rows_written(shop, lambda: shop.run(export.folder)) == {}
