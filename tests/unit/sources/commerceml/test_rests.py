"""Rests: every way in which 1C writes a stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from lxml.etree import _Element

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.staged import StagedRest, StagedRow
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.offer_records import read_offer_record
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import ZERO_GUID
from tests.builders import element, raw_element, rests
from tests.unit.sources.commerceml.support import CONTEXT, read_record, read_rests

Stock = dict[str | None, int | None]
"""None as a quantity: it cannot be read."""


def read(xml: str) -> tuple[Stock, list[RowIssue]]:
    rows, issues = read_record(read_rests, xml)
    stock: Stock = {}
    for row in rows:
        assert isinstance(row, StagedRest)
        assert row[:4] == (1, 1, 1, "p1#c1")
        assert row.warehouse_onec_id not in stock
        stock[row.warehouse_onec_id] = row.quantity
    return stock, issues


def read_mixed(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """A `Предложение` of a file that may have prices and stock too."""
    reading.kind = FileKind.OFFERS
    return read_offer_record(element, reading)


def offer_with(content: str) -> str:
    return raw_element("Предложение", element("Ид", "p1#c1") + content)


def entry(content: str) -> str:
    return f"<Остатки><Остаток>{content}</Остаток></Остатки>"


def test_one_row_per_warehouse() -> None:
    assert read(rests("p1#c1", {"w1": 5, "w2": 0})) == ({"w1": 5, "w2": 0}, [])


def test_the_warehouses_of_a_record_are_numbered() -> None:
    rows, _issues = read_record(read_rests, rests("p1#c1", {"w2": 5, "w1": "abc", "w3": 5}))
    assert [(row.warehouse_onec_id, row.entry) for row in rows] == [("w2", 0), ("w1", 1), ("w3", 2)]


@pytest.mark.parametrize(
    ("content", "stock"),
    [
        (entry("<Склад>w1</Склад><Количество>5</Количество>"), {"w1": 5}),
        (entry("<Количество>5</Количество><Склад> w1 </Склад>"), {"w1": 5}),
        (entry("<Склад><Ид>w1</Ид></Склад><Количество>5</Количество>"), {"w1": 5}),
        (entry("<Количество>5</Количество>"), {None: 5}),
        (entry('<Склад ИдСклада="w1" КоличествоНаСкладе="5"/>'), {"w1": 5}),
        (entry("<Склад><Количество>5</Количество></Склад>"), {None: 5}),
        (
            entry(
                "<Склад><Ид>w1</Ид><Количество>5</Количество></Склад><Склад><Ид>w2</Ид><Количество>6</Количество></Склад>"
            ),
            {"w1": 5, "w2": 6},
        ),
        ("<Остаток><Количество>5</Количество></Остаток>", {None: 5}),
        ("<Остаток>5</Остаток>", {None: 5}),
        (entry("<ИдСклада>w1</ИдСклада><Количество>5</Количество>"), {"w1": 5}),
        (
            '<Остатки><Остаток Склад="w1">5</Остаток><Остаток ИдСклада="w2" Количество="6"/></Остатки>',
            {"w1": 5, "w2": 6},
        ),
        ("<Остатки><Остаток>5</Остаток></Остатки>", {None: 5}),
        (entry("<Склад><Ид>w1</Ид><Остаток><Количество>5</Количество></Остаток></Склад>"), {"w1": 5}),
        ("<Количество>5</Количество>", {None: 5}),
        (
            '<Склад ИдСклада="w1" КоличествоНаСкладе="5"/><Склад ИдСклада="w2" КоличествоНаСкладе="6"/>',
            {"w1": 5, "w2": 6},
        ),
        ('<Количество>11</Количество><Склад ИдСклада="w1" КоличествоНаСкладе="5"/>', {"w1": 5}),
        ('<Количество Единица="шт">11</Количество><Склад ИдСклада="w1" КоличествоНаСкладе="5"/>', {"w1": 5}),
        ('<Количество/><Склад ИдСклада="w1" КоличествоНаСкладе="5"/>', {"w1": 5}),
        (
            '<Склады ИдСклада="w1" КоличествоНаСкладе="5"/><Склады ИдСклада="w2" КоличествоНаСкладе="6"/>',
            {"w1": 5, "w2": 6},
        ),
        ('<Склады><Склад ИдСклада="w1" КоличествоНаСкладе="5"/></Склады>', {"w1": 5}),
        ("<Склады><ИдСклада>w1</ИдСклада><КоличествоНаСкладе>5</КоличествоНаСкладе></Склады>", {"w1": 5}),
        ("<Склад><ИдСклада>w1</ИдСклада><КоличествоНаСкладе>5</КоличествоНаСкладе></Склад>", {"w1": 5}),
        ("<Склады><Склад><СкладИД>w1</СкладИД><КоличествоОстаток>5</КоличествоОстаток></Склад></Склады>", {"w1": 5}),
        ('<Склад ИдСклада="w1">5</Склад>', {"w1": 5}),
        ('<Склад Ид="w1" Количество="5" Наименование="Зал"/>', {"w1": 5}),
        (  # УТ 11 names the warehouses that have nothing too
            '<Склад ИдСклада="w1" КоличествоНаСкладе=""/><Склад ИдСклада="w2" КоличествоНаСкладе="6"/>'
            "<Количество>6</Количество>",
            {"w2": 6},
        ),
        ('<Склад ИдСклада="w1" КоличествоНаСкладе=" "/><Количество>0</Количество>', {"w1": 0}),
        (
            "<Склад><ИдСклада>w1</ИдСклада><КоличествоНаСкладе/></Склад><Склад><ИдСклада>w2</ИдСклада>"
            "<КоличествоНаСкладе>6</КоличествоНаСкладе></Склад>",
            {"w2": 6},
        ),
        (
            entry("<Склад><Ид>w1</Ид><Количество>5</Количество></Склад>")
            + entry("<Склад><Ид>w2</Ид><Количество>6</Количество></Склад>"),
            {"w1": 5, "w2": 6},
        ),
        ("<Количество>9</Количество><Склад><ИдСклада>w1</ИдСклада></Склад>", {"w1": 9}),
        ("<Количество>9</Количество><Склад><Ид>w1</Ид></Склад><Склад><Ид>w2</Ид></Склад>", {None: 9}),
        (
            "<Количество>9</Количество><Склад><ИдСклада>w1</ИдСклада></Склад><Склад><ИдСклада>w2</ИдСклада>"
            "<КоличествоНаСкладе>6</КоличествоНаСкладе></Склад>",
            {"w2": 6},
        ),
        (
            "<ОстаткиПоСкладам><Остаток><ИдСклада>w1</ИдСклада><Количество>5</Количество></Остаток></ОстаткиПоСкладам>",
            {"w1": 5},
        ),
        ('<ОстаткиПоСкладам ИдСклада="w1" КоличествоНаСкладе="5"/>', {"w1": 5}),
        (
            '<КоличествоНаСкладах><КоличествоНаСкладе ИдСклада="w1">5</КоличествоНаСкладе></КоличествоНаСкладах>',
            {"w1": 5},
        ),
        ("<КоличествоНаСкладе>5</КоличествоНаСкладе>", {None: 5}),
        ("<Количество>5</Количество><МинКоличество>много</МинКоличество>", {None: 5}),
        (
            "<КоличествоНаСкладах><КоличествоНаСкладе><ИдСклада>w1</ИдСклада><Количество>5</Количество>"
            "</КоличествоНаСкладе><КоличествоНаСкладе><Количество>6</Количество><ИдСклада>w2</ИдСклада>"
            "</КоличествоНаСкладе></КоличествоНаСкладах>",
            {"w1": 5, "w2": 6},
        ),
        (entry(f"<Склад><Ид>{ZERO_GUID}</Ид><Количество>5</Количество></Склад>"), {None: 5}),
    ],
)
def test_stock_is_read_in_every_way_in_which_1c_writes_it(content: str, stock: Stock) -> None:
    assert read(offer_with(content)) == (stock, [])


def test_a_warehouse_named_twice_in_a_record_counts_together() -> None:
    one = "<Остаток><Склад><Ид>w1</Ид><Количество>{}</Количество></Склад></Остаток>"
    assert read(offer_with(f"<Остатки>{one.format(5)}{one.format(6)}</Остатки>"))[0] == {"w1": 11}
    assert read(offer_with(f"<Остатки>{one.format(999999999) * 3}</Остатки>"))[0] == {"w1": 2999999997}
    assert read(offer_with(f"<Остатки>{one.format(5)}{one.format('много')}{one.format(6)}</Остатки>"))[0] == {
        "w1": None
    }


@pytest.mark.parametrize(
    ("written", "quantity", "code"),
    [("-4", 0, "quantity_negative"), ("2,5", 2, "quantity_fractional"), ("-0,5", 0, "quantity_negative")],
)
def test_a_quantity_that_is_corrected(written: str, quantity: int, code: str) -> None:
    stock, (issue,) = read(rests("p1#c1", {"w1": written, "w2": 1}))
    assert stock == {"w1": quantity, "w2": 1}
    assert (issue.code, issue.severity.value, issue.value) == (code, "warning", written)
    assert (issue.field, issue.params) == ("Количество", {"warehouse": "w1"})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "quantity_not_number"),
        ("много", "quantity_not_number"),
        ("NaN", "quantity_not_number"),
        ("inf", "quantity_not_number"),
        ("1e20", "quantity_out_of_range"),
    ],
)
def test_a_quantity_that_cannot_be_read(written: str, code: str) -> None:
    stock, (issue,) = read(rests("p1#c1", {"w1": written, "w2": 1}))
    assert stock == {"w1": None, "w2": 1}
    assert (issue.code, issue.severity.value, issue.value) == (code, "error", written)


def test_a_total_that_cannot_be_read_leaves_the_warehouses_in_doubt() -> None:
    stock, (issue,) = read(offer_with('<Количество>много</Количество><Склад ИдСклада="w1" КоличествоНаСкладе="5"/>'))
    assert stock == {"w1": 5, None: None}
    assert (issue.code, issue.value) == ("quantity_not_number", "много")


def test_the_sentinel_is_no_stock() -> None:
    stock, (issue,) = read(rests("p1#c1", {"w1": "-999 999 999,9", "w2": 1}))
    assert stock == {"w1": None, "w2": 1}
    assert (issue.code, issue.severity.value) == ("quantity_not_set", "warning")


@pytest.mark.parametrize(
    ("content", "stock", "element_name"),
    [
        ("<ОстатокВМагазине>5</ОстатокВМагазине>", {None: None}, "ОстатокВМагазине"),
        ("<НаличиеТовара>есть</НаличиеТовара>", {None: None}, "НаличиеТовара"),
        ('<СвободноеКоличество Магазин="5"/>', {None: None}, "СвободноеКоличество"),
        ("<Свободно>5</Свободно>", {None: None}, "Свободно"),
        ("<СвободныйОстаток>5</СвободныйОстаток>", {None: None}, "СвободныйОстаток"),
        ("<Свободный_остаток>5</Свободный_остаток>", {None: None}, "Свободный_остаток"),
        ("<ВНаличии>true</ВНаличии>", {None: None}, "ВНаличии"),
        ("<Наличие>нет</Наличие>", {None: None}, "Наличие"),
        ("<Доступно>0</Доступно>", {None: None}, "Доступно"),
        ("<Кол-во>5</Кол-во>", {None: None}, "Кол-во"),
        ("<Запас>5</Запас>", {None: None}, "Запас"),
        ("<ВРезерве>5</ВРезерве>", {None: None}, "ВРезерве"),
        ('<Stock amount="5"/>', {None: None}, "Stock"),
        ("<Склады><Склад><Ид>w1</Ид><Штук>5</Штук></Склад></Склады>", {"w1": None}, "Штук"),
        ('<Склад ИдСклада="w1" Штук="5"/>', {"w1": None}, "Штук"),
        (
            '<Склад ИдСклада="w1" Штук="5"/><Склад ИдСклада="w2" КоличествоНаСкладе="6"/>',
            {"w1": None, "w2": 6},
            "Штук",
        ),
        (entry("<Магазин>w1</Магазин><Штук>5</Штук>"), {None: None}, "Магазин"),
    ],
)
def test_stock_in_words_that_we_do_not_know_is_named(content: str, stock: Stock, element_name: str) -> None:
    found, (issue,) = read(offer_with(content))
    assert found == stock
    assert (issue.code, issue.severity.value, issue.field) == ("stock_not_understood", "error", element_name)


def requisites(*pairs: tuple[str, str]) -> str:
    listed = (
        raw_element("ЗначениеРеквизита", element("Наименование", name) + element("Значение", value))
        for name, value in pairs
    )
    return raw_element("ЗначенияРеквизитов", "".join(listed))


@pytest.mark.parametrize(
    "name",
    [
        *("Остаток", "Количество", "В наличии", "наличие", "Свободный остаток", "Свободно", "Остаток на складе"),
        *("Количество на складе", "Кол-во", "Кол-во на складе", "Доступно", "ОстатокНаСкладе", "Резерв", "Запас"),
    ],
)
def test_stock_among_the_requisites_is_named(name: str) -> None:
    content = requisites(("Вес", "5"), (name, "7"))
    for read_so in (read_mixed, read_rests):
        rows, (issue,) = read_record(read_so, offer_with(content))
        (row,) = [row for row in rows if isinstance(row, StagedRest)]
        assert (row.warehouse_onec_id, row.quantity, row.entry) == (None, None, 0)
        assert (issue.code, issue.severity.value, issue.field) == ("stock_not_understood", "error", name)
    rows, issues = read_record(read_mixed, offer_with(content), replace(CONTEXT, has_rests=True))
    assert ([row for row in rows if isinstance(row, StagedRest)], issues) == ([], [])
    assert read(offer_with("<Количество>5</Количество>" + content)) == ({None: 5}, [])


def test_what_only_sounds_like_stock_beside_it_is_said_once() -> None:
    stock, (issue,) = read(offer_with("<Количество>5</Количество><ОстаткиМагазинов>1</ОстаткиМагазинов>"))
    assert stock == {None: 5}
    assert (issue.code, issue.severity.value, issue.value) == ("stock_element_ignored", "warning", "ОстаткиМагазинов")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<Группа>5</Группа>",
        "<МестоНаСкладе>5</МестоНаСкладе>",
        "<ОстатокМагазина/>",
        "<Остатки/>",
        "<Склад>w1</Склад>",
        "<Свободно/>",
        requisites(("Остаток", ""), ("Вес", "5"), ("Место на складе", "А1"), ("Количество в упаковке", "12")),
        requisites(("Количество карманов", "4"), ("Минимальный остаток", "3"), ("Складская группа", "1")),
    ],
)
def test_what_is_no_stock_is_no_quantity(content: str) -> None:
    rows, issues = read_record(read_mixed, offer_with(content))
    assert [row for row in rows if isinstance(row, StagedRest)] == [StagedRest(1, 1, 1, "p1#c1", None, 0, None)]
    assert issues == []


def test_where_rests_files_are_offers_need_not_speak_of_stock() -> None:
    context = replace(CONTEXT, has_rests=True)
    rows, issues = read_record(read_mixed, offer_with("<ОстатокМагазина>5</ОстатокМагазина>"), context)
    assert ([row for row in rows if isinstance(row, StagedRest)], issues) == ([], [])
    rows, issues = read_record(read_mixed, offer_with("<Количество>5</Количество>"), context)
    assert [row.quantity for row in rows if isinstance(row, StagedRest)] == [5]


@pytest.mark.parametrize("xml", [rests("p1#c1", {}), offer_with("")])
def test_a_record_without_quantity(xml: str) -> None:
    stock, (issue,) = read(xml)
    assert stock == {}
    assert (issue.code, issue.severity.value) == ("quantity_missing", "warning")


def test_a_warehouse_with_too_long_an_id_still_counts() -> None:
    stock, (issue,) = read(rests("p1#c1", {"w" * 65: 5}))
    assert stock == {"w" * 65: 5}
    assert (issue.code, issue.params["limit"]) == ("reference_too_long", "64")


def test_a_record_without_id_is_skipped() -> None:
    rows, issues = read_record(read_rests, rests("", {"w1": 1}))
    assert (list(rows), [issue.code for issue in issues]) == ([], ["onec_id_missing"])


def test_the_characteristic_apart() -> None:
    xml = raw_element(
        "Предложение",
        element("Ид", "p1") + element("ИдХарактеристики", "c1") + entry("<Количество>5</Количество>"),
    )
    assert read(xml)[0] == {None: 5}
