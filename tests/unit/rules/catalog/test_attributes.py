"""What 1C calls its properties, and by which attributes buyers filter."""

from __future__ import annotations

from freesport_sync.core.staged import StagedAttribute
from freesport_sync.rules.catalog.attributes import (
    AttributePlan,
    NewAttribute,
    Property,
    ShopAttribute,
    filter_attributes,
    known_properties,
)

COLUMNS = {
    "Цвет": "color_name",
    "Цвет рамы": None,
    "Окраска": "color_name",
    "Размер": "size_value",
    "Цвет (2)": "color_name",
}


def attribute(number: int, name: str, *, is_active: bool = False) -> ShopAttribute:
    return ShopAttribute(number, name, name.lower(), name.lower(), "", is_active)


def test_an_attribute_of_one_set_of_properties_takes_no_texts_of_others() -> None:
    assert filter_attributes(AttributePlan(), [attribute(1, "Цвет (2)")], COLUMNS.get) == {1: None}


def test_what_is_switched_on_and_colour_and_size() -> None:
    shop = [
        attribute(1, "Окраска"),
        attribute(2, "Вес", is_active=True),
        attribute(3, "Цвет рамы"),
        attribute(4, "Цвет"),
    ]
    plan = AttributePlan(
        created=(NewAttribute(-1, "Размер", "размер", "", ""), NewAttribute(-2, "Размер", "размер2", "", "")),
        changed=(attribute(3, "Цвет", is_active=False),),
    )
    # Of several attributes for one column the shortest name takes its texts, then the oldest.
    assert filter_attributes(plan, shop, COLUMNS.get) == {
        **{1: None, 2: None, 3: "color_name", 4: None},
        **{-1: "size_value", -2: None},
    }


def test_the_last_name_of_a_property_in_the_export_counts() -> None:
    def staged(name: str, file_no: int) -> StagedAttribute:
        return StagedAttribute(file_no, 1, 1, "k", name, name.lower(), "", "Строка", "goods")

    shop = {"k": Property("Марка", "Справочник"), "m": Property("Цвет", "")}
    known = known_properties([staged("Бренд", 2), staged("Цвет", 1)], shop)
    assert known == {"k": Property("Бренд", "Строка"), "m": Property("Цвет", "")}
