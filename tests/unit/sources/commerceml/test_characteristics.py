"""Colour and size among the characteristics of an offer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from lxml.etree import _Element

from freesport_sync.core.staged import (
    StagedOffer,
    StagedOfferProperty,
    StagedPropertyValue,
    StagedRow,
)
from freesport_sync.sources.commerceml.characteristics import column_of
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.offer_records import read_offer_record
from freesport_sync.sources.commerceml.reading import Reading
from tests.builders import offer
from tests.unit.sources.commerceml.support import CONTEXT, read_record

NAMES = {"op-color": "Цвет", "op-size": "Размер", "op-weight": "Вес, кг", "op-boots": "Размер (Ботинки)"}


def rows_of(
    name: str = "Ботинки", characteristics: dict[str, str] | None = None, properties: dict[str, str] | None = None
) -> list[StagedRow]:
    context = dataclasses.replace(CONTEXT, property_names=NAMES)
    xml = offer("p1#c1", name=name, characteristics=characteristics, properties=properties)
    rows, _ = read_record(_read, xml, context)
    return list(rows)


def _read(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    reading.kind = FileKind.OFFERS
    return read_offer_record(element, reading)


def color_and_size(name: str = "Ботинки", characteristics: dict[str, str] | None = None) -> tuple[str | None, ...]:
    (row,) = [row for row in rows_of(name, characteristics) if isinstance(row, StagedOffer)]
    return row.color_name, row.size_value


def keys(rows: list[StagedRow]) -> list[tuple[str, str | None, str]]:
    return [(row.property_key, row.base_key, row.value) for row in rows if isinstance(row, StagedPropertyValue)]


@pytest.mark.parametrize(
    ("characteristics", "expected"),
    [
        (
            {"Цвет (Ботинки (Для характеристик))": "Синий", "Размер (Ботинки (Для характеристик))": "41"},
            ("Синий", "41"),
        ),
        ({"Размер (рост)": "146-152"}, (None, "146-152")),
        ({"Цвет (Ботинки)": "Синий", "Цвет": "Бордо"}, ("Бордо", None)),  # the plain name goes first
        ({"Цвет (Ботинки)": "Синий", "Цвет": ""}, ("Синий", None)),
        ({"Размер (Ботинки)": "Да"}, (None, None)),
        ({"(Ботинки)": "Да", "Вес (кг)": "2"}, (None, None)),
        ({"Детский размер (Ботинки)": "41"}, (None, None)),
    ],
)
def test_a_name_may_have_a_bracket(characteristics: dict[str, str], expected: tuple[str | None, str | None]) -> None:
    assert color_and_size(characteristics=characteristics) == expected


@pytest.mark.parametrize(
    ("characteristics", "expected"),
    [
        ({"Цвет, Размер": "бордо, 42"}, ("бордо", "42")),
        ({"Размер / Цвет": "42 / бордо"}, ("бордо", "42")),
        ({"Цвет;Размер (Ботинки)": "бордо; 42,5"}, ("бордо", "42,5")),
        ({"Цвет, размер, материал": "бордо, 42, кожа"}, ("бордо", "42")),
        ({"Цвет, Размер": "бордо"}, (None, "бордо")),  # kept in some form
        ({"Цвет, Размер": "синий, тёмный, 42"}, (None, "синий, тёмный, 42")),
        ({"Вес, кг": "12, 5"}, (None, None)),
        ({"Характеристика": "синий, 42"}, ("Синий", "42")),
        ({"Характеристика номенклатуры": "XL; красный"}, ("Красный", "XL")),
        ({"Характеристика": "синий"}, ("Синий", None)),
        ({"Цвет, Размер": "синий"}, ("Синий", None)),
        ({"Характеристика": "А5 (2XL)"}, (None, "А5 (2XL)")),
        ({"Характеристика": "бордо, 42"}, (None, "бордо, 42")),
        ({"Характеристика": "синий, 42", "Размер": "43"}, ("Синий", "43")),
    ],
)
def test_one_text_may_have_several(characteristics: dict[str, str], expected: tuple[str | None, str | None]) -> None:
    assert color_and_size(characteristics=characteristics) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ботинки (синий, 42)", ("Синий", "42")),
        ("Ботинки (42, синий)", ("Синий", "42")),
        ("Ботинки (бордо, 42)", (None, "бордо, 42")),
        ("Ботинки синий (А5 (2XL))", ("Синий", "А5 (2XL)")),
        ("Ботинки (синий)", ("Синий", "синий")),  # as the reference importer does
        ("Ботинки (Да)", (None, None)),
    ],
)
def test_so_may_the_bracket_of_a_name(name: str, expected: tuple[str | None, str | None]) -> None:
    assert color_and_size(name) == expected


def test_parts_of_a_text_are_values_of_their_own() -> None:
    assert keys(rows_of(characteristics={"Цвет, Размер": "Бордо, 42"})) == [
        ("цвет", None, "Бордо"),
        ("размер", None, "42"),
    ]
    assert keys(rows_of(characteristics={"Цвет (Ботинки)": "Бордо"})) == [("цветботинки", "цвет", "Бордо")]


def test_what_only_properties_say() -> None:
    rows = rows_of(properties={"op-size": "M", "op-color": "v1", "op-weight": "2"})
    assert [row for row in rows if isinstance(row, StagedOfferProperty)] == [
        StagedOfferProperty(1, 1, 1, "op-color", "v1", "op-size", "M")
    ]
    assert [key for key, _, _ in keys(rows)] == ["op-size", "op-color", "op-weight"]


def test_what_characteristics_say_goes_before_properties() -> None:
    said = {"Размер (Ботинки)": "41", "Вес, кг": "2,1", "Цвет": ""}
    rows = rows_of(
        characteristics=said,
        properties={"op-boots": "s1", "op-size": "s2", "op-weight": "2.1", "op-color": "v1", "x": "1"},
    )
    assert [row for row in rows if isinstance(row, StagedOfferProperty)] == [
        StagedOfferProperty(1, 1, 1, "op-color", "v1", None, None)
    ]
    assert [key for key, _, _ in keys(rows)] == ["размерботинки", "вескг", "op-color"]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (" Цвет", "color_name"),
        ("Цвет (Ботинки (лето))", "color_name"),
        ("Размер_обуви", "size_value"),
        ("Размер (RU)", "size_value"),
        ("Цвет рамы", None),
        ("Детский размер", None),
        ("Характеристика", None),
    ],
)
def test_the_column_that_an_attribute_stands_for(name: str, column: str | None) -> None:
    assert column_of(name) == column
