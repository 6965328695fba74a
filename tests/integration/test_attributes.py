"""Properties of goods and offers -> attributes, values, 1C's ids and links (ATTR-1 to ATTR-6)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.events import Event, MergeRepeated, Progress
from freesport_sync.core.shop import Entity, FileType, ImportKind, Stage
from freesport_sync.errors import ImportFailed
from tests.builders import ExportBuilder, offer, product, property_
from tests.integration.support import NewExport, counts, row_versions
from tests.shop import Shop
from tests.watching import at_stage

ATTRIBUTES = "SELECT name, slug, type, is_active, normalized_name FROM product_attributes ORDER BY id"
MAPPINGS = "SELECT onec_id, onec_name, source FROM product_attribute_1c_mappings ORDER BY id"
VALUES = """
    SELECT a.name, v.value, v.slug, v.normalized_value
    FROM product_attribute_values AS v JOIN product_attributes AS a ON a.id = v.attribute_id ORDER BY v.id
"""
VALUE_MAPPINGS = "SELECT onec_id, onec_value, source FROM product_attribute_value_1c_mappings ORDER BY id"
ZERO = "00000000-0000-0000-0000-000000000000"
HALF = "0b6ea3a4-1920-11eb-81ce-00155d3cae02"


def of_product(shop: Shop, key: str = "p1") -> list[tuple[Any, ...]]:
    return shop.rows(
        """
        SELECT a.name, v.value FROM products AS p
        JOIN products_attributes AS l ON l.product_id = p.id
        JOIN product_attribute_values AS v ON v.id = l.attributevalue_id
        JOIN product_attributes AS a ON a.id = v.attribute_id
        WHERE p.onec_id = :key ORDER BY a.name, v.value
        """,
        key=key,
    )


def of_variant(shop: Shop, key: str = "p1#c1") -> list[tuple[Any, ...]]:
    return shop.rows(
        """
        SELECT a.name, v.value FROM product_variants AS p
        JOIN product_variants_attributes AS l ON l.productvariant_id = p.id
        JOIN product_attribute_values AS v ON v.id = l.attributevalue_id
        JOIN product_attributes AS a ON a.id = v.attribute_id
        WHERE p.onec_id = :key ORDER BY a.name, v.value
        """,
        key=key,
    )


def link_by_hand(shop: Shop) -> None:
    """An operator makes the attribute `Акция` and gives all products its value `Да`."""
    shop.execute(
        """
        WITH own AS (
            INSERT INTO product_attributes (name, slug, type, created_at, updated_at, is_active, normalized_name)
            VALUES ('Акция', 'aktsija', '', now(), now(), true, 'акция') RETURNING id
        ), value AS (
            INSERT INTO product_attribute_values (value, slug, created_at, updated_at, attribute_id, normalized_value)
            SELECT 'Да', 'da', now(), now(), id, 'да' FROM own RETURNING id
        )
        INSERT INTO products_attributes (product_id, attributevalue_id) SELECT p.id, v.id FROM products AS p, value AS v
        """
    )


def assert_settled(shop: Shop, export: ExportBuilder) -> None:
    """The same export again writes nothing."""
    before = row_versions(shop)
    shop.run(export.folder)
    assert row_versions(shop) == before


@pytest.fixture
def colours(export: ExportBuilder) -> ExportBuilder:
    """The property `Цвет` of goods with two values, `Размер` of offers with one."""
    export.properties_goods(property_("color", "Цвет", {"red": "Красный ", "blue": "Синий"}))
    export.properties_offers(property_("size", "Размер", {"xl": "XL"}))
    return export


def test_a_new_attribute_waits_for_its_operator(shop: Shop, colours: ExportBuilder) -> None:
    report = shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    assert shop.rows(ATTRIBUTES) == [
        ("Цвет", "tsvet", "Справочник", False, "цвет"),
        ("Размер", "razmer", "Справочник", False, "размер"),
    ]
    assert shop.rows(MAPPINGS) == [("color", "Цвет", "goods"), ("size", "Размер", "offers")]
    assert shop.rows(VALUES) == [
        ("Цвет", "Красный", "krasnyj", "красныи"),
        ("Цвет", "Синий", "sinij", "синии"),
        ("Размер", "XL", "xl", "xl"),
    ]
    assert shop.rows(VALUE_MAPPINGS) == [
        ("red", "Красный", "goods"),
        ("blue", "Синий", "goods"),
        ("xl", "XL", "offers"),
    ]
    assert counts(report, Entity.ATTRIBUTE) == (2, 0, 0, 0, 0)
    assert counts(report, Entity.ATTRIBUTE_VALUE) == (3, 0, 0, 0, 0)


def test_a_run_of_attributes_leaves_the_catalogue_alone(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("color", "Цвет", {"red": "Красный"}))
    export.goods(product("p1"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert shop.value("SELECT count(*) FROM products") == 0
    assert shop.value("SELECT count(*) FROM brands") == 0
    assert shop.value("SELECT import_type FROM import_sessions") == "attributes"


def test_an_attribute_that_an_operator_has_switched_on_stays_on(shop: Shop, colours: ExportBuilder) -> None:
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    shop.execute("UPDATE product_attributes SET is_active = true WHERE name = 'Цвет'")
    colours.properties_goods(property_("color", "Окраска", {"red": "Красный", "green": "Зелёный"}))
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    assert [(name, active) for name, _, _, active, _ in shop.rows(ATTRIBUTES)] == [("Окраска", True), ("Размер", False)]


def test_the_file_that_names_a_property_first_is_its_source(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("both", "Цвет", {"red": "Красный"}))
    export.properties_offers(property_("both", "Цвет", {"red": "Красный", "blue": "Синий"}))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert shop.rows(MAPPINGS) == [("both", "Цвет", "goods")]
    assert shop.rows(VALUE_MAPPINGS) == [("red", "Красный", "goods"), ("blue", "Синий", "offers")]


def test_a_value_whose_id_the_shop_knows_is_left_alone(shop: Shop, colours: ExportBuilder) -> None:
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    before = shop.rows(VALUES), shop.rows(VALUE_MAPPINGS)
    colours.properties_goods(property_("color", "Цвет", {"red": "Алый", "blue": "Красный"}))
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    assert (shop.rows(VALUES), shop.rows(VALUE_MAPPINGS)) == before


def test_properties_of_one_name_are_one_attribute(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Вес, кг", {"1": "0,5"}), property_("b", "вес (кг)", {"2": "0.5", "3": "1"}))
    export.properties_offers(property_("c", "Вес кг", value_type="Число"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert shop.rows(ATTRIBUTES) == [("Вес, кг", "ves-kg", "Справочник", False, "вескг")]
    assert [key for key, *_ in shop.rows(MAPPINGS)] == ["a", "b", "c"]
    assert [value for _, value, *_ in shop.rows(VALUES)] == ["0,5", "1"]
    assert [key for key, *_ in shop.rows(VALUE_MAPPINGS)] == ["1", "2", "3"]


def test_slugs_of_attributes_are_numbered_from_one(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Цвет"), property_("b", "Tsvet"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert [slug for _, slug, *_ in shop.rows(ATTRIBUTES)] == ["tsvet", "tsvet-1"]


def test_the_first_property_renames_its_attribute_and_the_others_do_not(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Вес, кг"), property_("b", "вес (кг)"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    before = row_versions(shop)
    export.properties_goods(property_("b", "вес (кг)"), property_("a", "Вес, кг"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert row_versions(shop) == before
    export.properties_goods(property_("a", "Масса", value_type="Число"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert shop.rows(ATTRIBUTES) == [("Масса", "ves-kg", "Число", False, "масса")]


def test_a_property_that_files_name_differently_is_named_by_its_last_record(shop: Shop, export: ExportBuilder) -> None:
    shop.execute(
        """
        INSERT INTO product_attributes (name, slug, type, created_at, updated_at, is_active, normalized_name)
        VALUES ('Рост', 'rost', '', now(), now(), true, 'рост')
        """
    )
    export.properties_goods(property_("a", "Вес"), property_("b", "РОСТ", value_type="Число"), property_("a", "Тара"))
    export.properties_offers(property_("a", "Масса", value_type="Число"))
    shop.run(export.folder)
    attributes = shop.rows(ATTRIBUTES)
    assert attributes == [("РОСТ", "rost", "Число", True, "рост"), ("Масса", "massa", "Число", False, "масса")]
    assert shop.rows(MAPPINGS) == [("a", "Масса", "goods"), ("b", "РОСТ", "goods")]
    assert_settled(shop, export)


def test_an_attribute_without_normalised_name_gets_values_and_links(shop: Shop, colours: ExportBuilder) -> None:
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    shop.execute("UPDATE product_attributes SET normalized_name = NULL")
    colours.properties_goods(property_("color", "Цвет", {"green": "Зелёный"}), property_("size", "Размер", {"m": "M"}))
    colours.goods(product("p1", properties={"color": "green", "size": "Свой"}))
    shop.run(colours.folder)
    assert of_product(shop) == [("Размер", "Свой"), ("Цвет", "Зелёный")]
    assert_settled(shop, colours)


def test_a_product_known_by_its_parent_only_is_linked(stocked_shop: Shop, colours: ExportBuilder) -> None:
    stocked_shop.execute("UPDATE products SET onec_id = NULL, parent_onec_id = 'p1'")
    colours.goods(product("p1", properties={"color": "red"}))
    stocked_shop.run(colours.folder)
    links = "SELECT count(*) FROM products_attributes"
    assert stocked_shop.value(links) == 1
    report = stocked_shop.run(colours.folder)
    assert counts(report, Entity.PRODUCT_ATTRIBUTES) == (0, 0, 1, 0, 0)


def test_values_that_no_other_offer_has_are_compared_fast(shop: Shop, export: ExportBuilder) -> None:
    """20,000 offers with 75,000 different values once took four minutes."""
    names = [f"Свойство {number}" for number in range(15)]
    export.properties_offers(*(property_(name, name) for name in names))
    export.goods(product("p1"))
    export.offers(
        *(offer(f"p1#{row}", characteristics={name: f"{row} {name}" for name in names}) for row in range(3000))
    )
    started_at: dict[str, float] = {}

    def note(event: Event) -> None:
        if isinstance(event, Progress):
            started_at.setdefault(event.stage, time.monotonic())

    shop.run(export.folder, note)
    staging = started_at[Stage.RESOLVE] - started_at[Stage.STAGE]
    assert started_at[Stage.APPLY] - started_at[Stage.RESOLVE] < 3 * staging


def test_a_name_that_another_attribute_has_is_not_taken(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Вес"), property_("b", "Цвет"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    export.properties_goods(property_("b", "вес"))
    shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
    assert [name for name, *_ in shop.rows(ATTRIBUTES)] == ["Вес", "Цвет"]
    assert shop.issues() == {"attribute_name_taken": ["b"]}


def test_a_name_is_handed_on(shop: Shop, export: ExportBuilder) -> None:
    def names(*properties: tuple[str, str]) -> list[str]:
        export.properties_goods(*(property_(key, name) for key, name in properties))
        shop.run(export.folder)
        assert_settled(shop, export)
        return [name for name, *_ in shop.rows(ATTRIBUTES)]

    assert names(("a", "Вес"), ("b", "Цвет")) == ["Вес", "Цвет"]
    assert names(("b", "Вес"), ("a", "Масса"), ("c", "Цвет")) == ["Масса", "Вес", "Цвет"]
    assert names(("a", "Вес"), ("b", "Тара")) == ["Вес", "Тара", "Цвет"]
    assert names(("a", "Тара"), ("b", "Вес")) == ["Вес", "Тара", "Цвет"]  # in turn: neither is free
    assert shop.issues() == {"attribute_name_taken": ["a", "b"]}


def test_a_characteristic_finds_the_attribute_by_its_new_name(shop: Shop, export: ExportBuilder) -> None:
    export.properties_offers(property_("a", "Вес"))
    export.goods(product("p1"))
    shop.run(export.folder)
    export.properties_offers(property_("a", "Масса"))
    export.offers(offer("p1#c1", characteristics={"Вес": "1", "масса": "2"}))
    shop.run(export.folder)
    assert of_variant(shop) == [("Масса", "2")]
    assert_settled(shop, export)


def test_an_attribute_of_the_shop_takes_the_name_of_its_first_property(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", properties={"a": "Нет"}))
    shop.run(export.folder)
    link_by_hand(shop)
    export.properties_goods(property_("a", "АКЦИЯ", value_type="Строка"), property_("b", "акция"))
    dry = shop.run(export.folder, is_dry_run=True)
    real = shop.run(export.folder)
    assert ("АКЦИЯ", "aktsija", "Строка", True, "акция") in shop.rows(ATTRIBUTES)
    assert of_product(shop) == [("АКЦИЯ", "Да"), ("АКЦИЯ", "Нет")]  # what an operator has linked stays
    assert dry.counts == real.counts
    assert counts(real, Entity.ATTRIBUTE) == (0, 1, 0, 0, 0)
    assert_settled(shop, export)


def test_goods_properties_are_linked(shop: Shop, colours: ExportBuilder) -> None:
    """ATTR-5: the reference importer parses them and links nothing."""
    colours.properties_goods(
        property_("color", "Цвет", {"red": "Красный"}), property_("weight", "Вес", value_type="Число"), segment=2
    )
    values = {"color": "red", "weight": "12,5", "empty": "", "none": ZERO, "unset": "-999999999.9"}
    colours.goods(product("p1", properties=values))
    shop.run(colours.folder)
    assert of_product(shop) == [("Вес", "12,5"), ("Цвет", "Красный")]


def test_characteristics_are_linked_by_the_name_of_the_attribute(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"размер": "xl", "Цвет": "Белый", "Вес": "1", "РАЗМЕР ": ""}))
    shop.run(colours.folder)
    assert of_variant(shop) == [("Размер", "XL"), ("Цвет", "Белый")]
    assert shop.issues()["attribute_unknown"] == ["p1#c1"]


@pytest.mark.parametrize("is_active", [False, True])
def test_attributes_are_linked_whether_switched_on_or_off(shop: Shop, colours: ExportBuilder, is_active: bool) -> None:
    shop.run(colours.folder, kind=ImportKind.ATTRIBUTES)
    shop.execute("UPDATE product_attributes SET is_active = :is_active", is_active=is_active)
    colours.goods(product("p1", properties={"color": "red"}))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL"}))
    shop.run(colours.folder)
    assert of_product(shop) == [("Размер", "XL"), ("Цвет", "Красный")]  # the size is a variant's
    assert of_variant(shop) == [("Размер", "XL")]


def test_the_sentinel_is_no_value_of_an_attribute(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Размер": "-999 999 999,9"}))
    shop.run(colours.folder)
    assert of_variant(shop) == []
    assert [value for _, value, *_ in shop.rows(VALUES)] == ["Красный", "Синий", "XL"]


def test_a_value_made_on_the_fly_has_a_slug_of_its_own(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(
        offer("p1#c1", characteristics={"Цвет": "XL"}), offer("p1#c2", characteristics={"Цвет": "x l", "Размер": "X.L"})
    )
    shop.run(colours.folder)
    assert [row for row in shop.rows(VALUES) if row[0] == "Цвет"][-1] == ("Цвет", "XL", "xl-1", "xl")
    assert of_variant(shop, "p1#c2") == [("Размер", "XL"), ("Цвет", "XL")]


def test_a_value_made_on_the_fly_has_no_id_of_1c(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Цвет": "Белый"}))
    shop.run(colours.folder)
    assert "Белый" in [value for _, value, *_ in shop.rows(VALUES)]
    assert "Белый" not in [value for _, value, _ in shop.rows(VALUE_MAPPINGS)]


def test_offers_name_a_new_value_before_goods_do(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("weight", "Вес", value_type="Число"))
    export.goods(product("p1", properties={"weight": "21.6"}))
    export.offers(offer("p1#c1", characteristics={"Вес": "21,6"}))
    shop.run(export.folder)
    assert [value for _, value, *_ in shop.rows(VALUES)] == ["21,6"]
    assert of_product(shop) == of_variant(shop) == [("Вес", "21,6")]


def test_an_offer_without_product_makes_no_value(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p2#c1", characteristics={"Цвет": "Белый"}))
    shop.run(colours.folder)
    assert [value for _, value, *_ in shop.rows(VALUES)] == ["Красный", "Синий", "XL"]


def test_an_id_that_no_dictionary_has_never_becomes_a_text(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1", properties={"color": "5f06cea4-1920-11eb-81ce-00155d3cae02", "unknown": "1"}))
    shop.run(colours.folder)
    assert of_product(shop) == []
    assert shop.issues()["attribute_value_unknown"] == ["p1"]
    assert shop.issues()["attribute_unknown"] == ["p1"]


def test_a_value_listed_under_another_property_is_a_value_of_its_own(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Цвет", {HALF: "Красный"}), property_("b", "Цвет рамы", {HALF: "Красный"}))
    export.goods(product("p1", properties={"a": HALF, "b": HALF}))
    shop.run(export.folder)
    assert of_product(shop) == [("Цвет", "Красный"), ("Цвет рамы", "Красный")]
    assert [key for key, *_ in shop.rows(VALUE_MAPPINGS)] == [HALF]


def test_a_value_of_its_own_is_spelled_as_the_listed_one(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("a", "Вес", {"1": "0,5", HALF: "0.5"}), property_("b", "Тара"))
    export.goods(product("p1", properties={"b": HALF}))
    shop.run(export.folder)
    assert of_product(shop) == [("Тара", "0,5")]


def test_each_property_has_its_own_values_for_yes_and_no(shop: Shop, new_export: NewExport) -> None:
    """`true` is no GUID: what it is called by one property says nothing of another."""
    first, second = new_export(), new_export()
    first.reference_data()
    first.properties_goods(
        property_("a", "Новинка", {"true": "Да", "1": "0,5"}),
        property_("b", "Чехол", {"true": "Есть"}),
        property_("c", "Хит", {"true": "Да"}),
        property_("d", "В упаковке", value_type="Число"),
        property_("e", "Съёмный", value_type="Булево"),
    )
    values = {"a": "true", "b": "true", "c": "true", "d": "1", "e": "true"}
    first.goods(product("p1", properties=values))
    second.goods(product("p1", properties=values))  # without the lists, which the shop knows by now
    words = [("В упаковке", "1"), ("Новинка", "Да"), ("Съёмный", "true"), ("Хит", "Да"), ("Чехол", "Есть")]
    shop.run(first.folder)
    assert of_product(shop) == words
    for export in (second, first):
        assert_settled(shop, export)
    assert [key for key, *_ in shop.rows(VALUE_MAPPINGS)] == ["true", "1", "b#true", "c#true"]


def test_links_follow_the_latest_export(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1", properties={"color": "red"}))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL", "Цвет": "Красный"}))
    shop.run(colours.folder)
    colours.goods(product("p1", properties={"color": "blue"}))
    colours.offers(offer("p1#c1", characteristics={"Размер": "", "Цвет": "Синий"}))
    dry = shop.run(colours.folder, is_dry_run=True)
    assert of_product(shop) == [("Размер", "XL"), ("Цвет", "Красный")]
    real = shop.run(colours.folder)
    assert of_product(shop) == [("Размер", "XL"), ("Цвет", "Синий")]  # an empty size keeps the one that is shown
    assert of_variant(shop) == [("Цвет", "Синий")]
    assert dry.counts == real.counts
    assert counts(real, Entity.PRODUCT_ATTRIBUTES) == (0, 1, 0, 0, 0)
    assert counts(real, Entity.VARIANT_ATTRIBUTES) == (0, 1, 0, 0, 0)


def test_an_offer_that_names_no_characteristics_keeps_its_links(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL"}))
    shop.run(colours.folder)
    colours.offers(offer("p1#c1"))
    shop.run(colours.folder)
    assert of_variant(shop) == [("Размер", "XL")]


def test_what_an_operator_has_linked_to_a_product_stays(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1", properties={"color": "red"}))
    shop.run(colours.folder)
    link_by_hand(shop)
    before = row_versions(shop)
    shop.run(colours.folder)
    assert row_versions(shop) == before
    colours.goods(product("p1", properties={"color": "blue"}))
    shop.run(colours.folder)
    assert of_product(shop) == [("Акция", "Да"), ("Цвет", "Синий")]


def test_what_an_operator_has_linked_to_a_variant_goes(shop: Shop, colours: ExportBuilder) -> None:
    """As in the reference importer, which sets all links of a variant anew."""
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL"}))
    shop.run(colours.folder)
    shop.execute(
        "INSERT INTO product_variants_attributes (productvariant_id, attributevalue_id)"
        " SELECT v.id, a.id FROM product_variants AS v, product_attribute_values AS a WHERE a.value = 'Красный'"
    )
    assert of_variant(shop) == [("Размер", "XL"), ("Цвет", "Красный")]
    shop.run(colours.folder)
    assert of_variant(shop) == [("Размер", "XL")]


@pytest.mark.parametrize("table", ["products_attributes", "product_variants_attributes"])
def test_a_link_made_during_the_merge_is_found_by_the_second_attempt(
    shop: Shop, colours: ExportBuilder, table: str
) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1"))
    shop.run(colours.folder)
    colours.goods(product("p1", properties={"color": "red"}))
    colours.offers(offer("p1#c1", characteristics={"Цвет": "Красный"}))
    owner = {"products_attributes": "products", "product_variants_attributes": "product_variants"}[table]

    def link() -> None:
        shop.execute(
            f"INSERT INTO {table} ({owner.removesuffix('s').replace('_', '')}_id, attributevalue_id)"
            f" SELECT o.id, a.id FROM {owner} AS o, product_attribute_values AS a WHERE a.value = 'Красный'"
        )

    shop.run(colours.folder, at_stage(Stage.APPLY, link))
    assert [event.attempt for event in shop.events if isinstance(event, MergeRepeated)] == [2]
    assert of_product(shop) == of_variant(shop) == [("Цвет", "Красный")]


def test_the_last_copy_of_a_repeated_offer_decides_on_its_properties(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Цвет": "Красный", "Размер": "XL"}), segment=1)
    colours.offers(offer("p1#c1", characteristics={"Цвет": "Синий"}), segment=2)
    colours.offers(offer("p1#c1"), segment=3)
    shop.run(colours.folder)
    assert of_variant(shop) == [("Цвет", "Синий")]


def test_the_same_export_again_writes_nothing(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1", properties={"color": "red", "size": "46"}))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL", "Цвет": "Красный"}))
    shop.run(colours.folder)
    before = row_versions(shop)
    report = shop.run(colours.folder)
    assert row_versions(shop) == before
    assert counts(report, Entity.ATTRIBUTE) == (0, 0, 2, 0, 0)
    assert counts(report, Entity.VARIANT_ATTRIBUTES) == (0, 0, 1, 0, 0)


def test_attributes_of_a_run_of_offers_come_from_the_same_export(shop: Shop, colours: ExportBuilder) -> None:
    colours.goods(product("p1"))
    colours.offers(offer("p1#c1", characteristics={"Размер": "XL"}))
    shop.run(colours.folder, file_type=FileType.GOODS)
    shop.run(colours.folder, file_type=FileType.OFFERS)
    assert of_variant(shop) == [("Размер", "XL")]


def test_attributes_without_a_file_of_them_are_refused(shop: Shop, tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path / "goods only")
    export.goods(product("p1"))
    with pytest.raises(ImportFailed):
        shop.run(export.folder, kind=ImportKind.ATTRIBUTES)
