"""What tells the variants of a product apart: properties by id, names with brackets, and when nothing does."""

from __future__ import annotations

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from tests.builders import ExportBuilder, offer, product, property_, tombstone
from tests.integration.support import NewExport, row_versions
from tests.shop import Shop

GREEN, WHITE = "bbbb0001-0000-4000-8000-000000000001", "bbbb0001-0000-4000-8000-000000000002"
VARIANTS = "SELECT onec_id, color_name, size_value FROM product_variants ORDER BY onec_id"
LINKS = """
    SELECT v.onec_id, a.name, value.value
    FROM product_variants_attributes AS l
    JOIN product_variants AS v ON v.id = l.productvariant_id
    JOIN product_attribute_values AS value ON value.id = l.attributevalue_id
    JOIN product_attributes AS a ON a.id = value.attribute_id
    ORDER BY 1, 2 DESC
"""


def alike(shop: Shop) -> list[RowIssue]:
    found = (issue for event in shop.events if isinstance(event, IssuesFound) for issue in event.issues)
    return [issue for issue in found if issue.code == "variants_alike"]


def test_colour_and_size_that_only_properties_say(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.properties_offers(
        property_("op-color", "Цвет", {GREEN: "Зеленый", WHITE: "Белый"}),
        property_("op-size", "Размер", {"1": "Да", "2": "XL"}),
        property_("op-other", "Сезон", {"w": "Зима"}),
    )
    export.goods(product("p1"))
    export.offers(
        offer("p1#c1", name="Шапка", properties={"op-color": GREEN, "op-size": "M"}),
        offer("p1#c2", name="Шапка", properties={"op-color": WHITE, "op-size": "2", "op-other": "w"}),
        offer("p1#c3", name="Шапка", properties={"op-color": GREEN, "op-size": "1"}),
    )
    shop.run(export.folder)
    known = [("p1#c1", "Зеленый", "M"), ("p1#c2", "Белый", "XL"), ("p1#c3", "Зеленый", "")]
    assert shop.rows(VARIANTS) == known
    assert shop.rows(LINKS) == [
        *(("p1#c1", "Цвет", "Зеленый"), ("p1#c1", "Размер", "M")),
        *(("p1#c2", "Цвет", "Белый"), ("p1#c2", "Сезон", "Зима"), ("p1#c2", "Размер", "XL")),
        *(("p1#c3", "Цвет", "Зеленый"), ("p1#c3", "Размер", "Да")),
    ]
    assert not shop.issues()
    versions = row_versions(shop)
    shop.run(export.folder)
    assert row_versions(shop) == versions

    more = new_export()  # a part of the export, without the dictionaries
    unknown = WHITE.replace("2", "9")
    more.offers(
        offer("p1#c1", name="Шапка", properties={"op-color": WHITE, "op-size": "2"}),
        offer("p1#c2", name="Шапка", properties={"op-color": unknown, "op-size": "L"}),
    )
    shop.run(more.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", "Белый", "XL"), ("p1#c2", "Белый", "L"), known[2]]
    assert shop.issues() == {"attribute_value_unknown": ["p1#c2"]}


def test_a_name_with_a_bracket_is_that_of_its_property(shop: Shop, export: ExportBuilder) -> None:
    export.properties_goods(property_("color", "Цвет"), property_("size", "Размер"), property_("h", "Размер (рост)"))
    export.goods(product("p1", brand=None))
    export.offers(
        offer("p1#c1", characteristics={"Цвет (Ботинки (Для характеристик))": "Синий", "Размер (Ботинки)": "41"}),
        offer("p1#c2", characteristics={"Цвет (Ботинки)": "Бордо", "Размер (рост)": "158"}),
        offer("p1#c3", characteristics={"Цвет, размер": "Бордо, 42"}),
    )
    shop.run(export.folder)
    assert shop.rows(VARIANTS) == [("p1#c1", "Синий", "41"), ("p1#c2", "Бордо", "158"), ("p1#c3", "Бордо", "42")]
    assert shop.rows(LINKS) == [
        *(("p1#c1", "Цвет", "Синий"), ("p1#c1", "Размер", "41")),
        *(("p1#c2", "Цвет", "Бордо"), ("p1#c2", "Размер (рост)", "158")),
        *(("p1#c3", "Цвет", "Бордо"), ("p1#c3", "Размер", "42")),
    ]
    assert not shop.issues()


def test_indistinguishable_variants_are_reported(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.properties_goods(property_("weight", "Вес"))
    export.goods(product("p1"), product("p2"), product("p3"))
    export.offers(
        *(offer(f"p1#c{number}", name="Мяч", characteristics={"Цвет": "Белый"}) for number in range(3)),
        offer("p2#a", name="Мяч", characteristics={"Вес": "1"}),
        offer("p2#b", name="Мяч", characteristics={"Вес": "2"}),
        offer("p3#a", name="Мяч"),
        tombstone("Предложение", "p3#b"),
    )
    for _ in range(2):  # also where nothing has changed
        shop.run(export.folder)
        (issue,) = alike(shop)
        assert (issue.severity, issue.onec_id, issue.value) == (Severity.WARNING, "p1#c0", "p1#c1")
    more = new_export()
    more.offers(offer("p3#c", name="Мяч"), offer("p2#a", name="Мяч", characteristics={"Вес": "2"}))
    shop.run(more.folder)
    assert {(issue.onec_id, issue.value) for issue in alike(shop)} == {("p2#a", "p2#b"), ("p3#a", "p3#c")}
