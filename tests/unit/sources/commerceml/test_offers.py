"""Offers: ids, colour and size."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.staged import StagedOffer
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.values import ZERO_GUID
from tests.builders import ExportBuilder, element, offer, prices_element, tombstone
from tests.unit.sources.commerceml.support import CONTEXT, parse, read_offer, read_record


def read(xml: str) -> tuple[StagedOffer, list[RowIssue]]:
    rows, issues = read_record(read_offer, xml)
    (row,) = rows
    assert isinstance(row, StagedOffer)
    return row, issues


def test_an_offer() -> None:
    row, issues = read(
        offer("p1#c1", name="Мяч", article=" A-1 ", characteristics={"Вес": "2,1", "Размер": "XL", "Цвет": "Белый"})
    )
    assert row == StagedOffer(1, 1, 1, "p1#c1", "p1", "Мяч", "A-1", "Белый", "XL", False, (1, 2, 3))
    assert issues == []


def test_an_offer_without_anything() -> None:
    row, issues = read("<Предложение><Ид>p1</Ид></Предложение>")
    assert row == StagedOffer(1, 1, 1, "p1", "p1", None, None, None, None, False, None)
    assert issues == []


def test_a_deletion_mark_of_an_offer_in_every_way() -> None:
    assert read(tombstone("Предложение", "p1#c1"))[0].is_deleted
    assert read('<Предложение Статус="Удален"><Ид>p1#c1</Ид></Предложение>')[0].is_deleted


@pytest.mark.parametrize(("characteristic", "onec_id"), [("c1", "p1#c1"), (ZERO_GUID, "p1"), ("", "p1")])
def test_an_id_of_the_characteristic_written_apart_joins_that_of_the_product(characteristic: str, onec_id: str) -> None:
    row, _issues = read(offer("p1", extra=element("ИдХарактеристики", characteristic)))
    assert (row.onec_id, row.product_onec_id) == (onec_id, "p1")


def test_a_characteristic_written_twice() -> None:
    assert read(offer("p1#c1", extra=element("ИдХарактеристики", "c1")))[0].onec_id == "p1#c1"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (offer(None), "onec_id_missing"),
        (offer(""), "onec_id_missing"),
        (offer("#c1"), "onec_id_missing"),
        (offer("p" * 101), "onec_id_too_long"),
        (offer("p1", extra=element("ИдХарактеристики", "c" * 99)), "onec_id_too_long"),
    ],
)
def test_an_offer_without_usable_id_is_skipped(xml: str, code: str) -> None:
    rows, (issue,) = read_record(read_offer, xml)
    assert not rows
    assert (issue.code, issue.severity, issue.name) == (code, Severity.ERROR, "Мяч футбольный")


@pytest.mark.parametrize("name", ["Цвет", "цвет", " ЦВЕТ ", "Color", "Окраска"])
def test_the_characteristics_that_are_the_colour(name: str) -> None:
    assert read(offer("p1", characteristics={name: "Белый"}))[0].color_name == "Белый"


@pytest.mark.parametrize("name", ["Размер", "size", "РазмерTD", "размер_обуви", "Размер_"])
def test_the_characteristics_that_are_the_size(name: str) -> None:
    assert read(offer("p1", characteristics={name: "42"}))[0].size_value == "42"


@pytest.mark.parametrize("name", ["Детский размер", "Размер коробки", "Цвет рамы", "Цветность", ""])
def test_other_characteristics_are_neither_colour_nor_size(name: str) -> None:
    row, _issues = read(offer("p1", characteristics={name: "42"}))
    assert (row.color_name, row.size_value) == (None, None)


@pytest.mark.parametrize(
    "value", ["да", "Нет", "YES", "no", "true", "False", "-", "", "-999 999 999,9", "-999999999.9"]
)
def test_yes_no_and_the_sentinel_are_no_size(value: str) -> None:
    row, _issues = read(offer("p1", name="Мяч (5)", characteristics={"Размер": value}))
    assert row.size_value == "5"


@pytest.mark.parametrize("value", ["", "-999 999 999,9"])
def test_the_sentinel_is_no_colour(value: str) -> None:
    row, _issues = read(offer("p1", name="Мяч синий", characteristics={"Цвет": value, "Окраска": "Белый"}))
    assert row.color_name == "Белый"
    assert read(offer("p1", name="Мяч синий", characteristics={"Цвет": value}))[0].color_name == "Синий"


def test_a_colour_may_be_a_word_that_is_no_size() -> None:
    assert read(offer("p1", characteristics={"Цвет": "нет"}))[0].color_name == "нет"


@pytest.mark.parametrize(
    ("name", "color"),
    [
        ("Мяч СИНИЙ", "Синий"),
        ("Мяч красный с синим, синий", "Красный"),
        ("Мяч тёмно-синий", "Синий"),
        ("Мяч темно-сини", None),
        ("", None),
    ],
)
def test_the_first_of_the_shops_colours_in_the_name(name: str, color: str | None) -> None:
    assert read(offer("p1", name=name))[0].color_name == color


def test_colours_are_capitalised_as_python_does() -> None:
    context = dataclasses.replace(CONTEXT, colors=("", "ТЁМНО-Синий"))
    (row,), _issues = read_record(read_offer, offer("p1", name="Мяч тёмно-синий"), context)
    assert isinstance(row, StagedOffer)
    assert row.color_name == "Тёмно-синий"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Кимоно, синий (А5 (2XL))", "А5 (2XL)"),
        ("Кимоно (детское) ( М0 (127-132) ) ", "М0 (127-132)"),
        ("Кимоно (BJJ), синий (42)", "42"),
        ("Кимоно (a (b (c)))", None),
        ("Кимоно (42) синее", None),
        ("Кимоно (42", None),
        ("Кимоно 42)", None),
        ("Кимоно ((42)", "42"),
        ("Кимоно ()", None),
        ("Кимоно (нет)", None),
        ("(42)", "42"),
        ("(" * 5000 + ")" * 5000, None),
    ],
)
def test_the_size_at_the_end_of_the_name(name: str, size: str | None) -> None:
    assert read(offer("p1", name=name))[0].size_value == size


def test_long_article_colour_and_size_are_cut() -> None:
    row, issues = read(offer("p1", article="a" * 101, characteristics={"Цвет": "ц" * 101, "Размер": "р" * 51}))
    assert (row.article, row.color_name, row.size_value) == ("a" * 100, "ц" * 100, "р" * 50)
    assert [(issue.code, issue.field, issue.severity.value) for issue in issues] == [
        ("text_cut", "Артикул", "warning"),
        ("text_cut", "Цвет", "warning"),
        ("text_cut", "Размер", "warning"),
    ]


def test_prices_and_stock_of_2x_come_with_the_offers(tmp_path: Path) -> None:
    extra = prices_element({"retail": 10}) + "<Количество>5</Количество>"
    path = ExportBuilder(tmp_path).offers(offer("p1", extra=extra), offer("p2"))
    parsed = parse(path, FileKind.OFFERS)
    # That p2 has no quantity is a row too: it may be sold out.
    assert {block.table: block.rows for block in parsed.blocks} == {"stg_offer": 2, "stg_price": 1, "stg_rest": 2}
    assert parsed.issues == []


@pytest.mark.parametrize(
    ("wanted", "table"), [(FileKind.OFFERS, "stg_offer"), (FileKind.PRICES, "stg_price"), (FileKind.RESTS, "stg_rest")]
)
def test_of_2x_only_what_is_wanted_is_read(tmp_path: Path, wanted: FileKind, table: str) -> None:
    extra = prices_element({"retail": 10}) + "<Количество>5</Количество>"
    path = ExportBuilder(tmp_path).offers(offer("p1", extra=extra))
    parsed = parse(path, FileKind.OFFERS, dataclasses.replace(CONTEXT, wanted=frozenset({wanted})))
    assert [block.table for block in parsed.blocks] == [table]
