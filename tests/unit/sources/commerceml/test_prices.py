"""Prices: from types to the shop's columns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.staged import PRICE_COLUMNS, StagedPrice, StagedRow
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.parse_messages import ParseContext
from tests.builders import ExportBuilder, Value, element, price, prices, raw_element
from tests.unit.sources.commerceml.support import CONTEXT, parse, read_prices, read_record


def read(xml: str, context: ParseContext = CONTEXT) -> tuple[dict[str, Any], list[RowIssue]]:
    """The columns that have a value, of the first price types that stand for them."""
    (row, *_others), issues = read_record(read_prices, xml, context)
    return written(row), issues


def written(row: StagedRow) -> dict[str, Any]:
    assert isinstance(row, StagedPrice)
    return {name: value for name, value in row._asdict().items() if name in PRICE_COLUMNS and value is not None}


def priced(*entries: str) -> str:
    return raw_element("Предложение", element("Ид", "p1#c1") + raw_element("Цены", "".join(entries)))


def unit_price(amount: Value, type_id: str = "opt1", **besides: Value) -> str:
    """A `Цена` with a currency of its own, a factor, a quantity..."""
    more = "".join(element(name, value) for name, value in besides.items())
    return raw_element("Цена", element("ИдТипаЦены", type_id) + element("ЦенаЗаЕдиницу", amount) + more)


def offer_with(*amounts: tuple[str | None, Value | None]) -> str:
    """Prices in this order, also of one type twice."""
    return raw_element(
        "Предложение", element("Ид", "p1#c1") + raw_element("Цены", "".join(price(*amount) for amount in amounts))
    )


def test_prices_become_columns() -> None:
    rows, issues = read_record(read_prices, prices("p1#c1", {"retail": 6990, "opt1": "4 490,50", "msrp": "5990.00"}))
    assert list(rows) == [
        StagedPrice(
            1, 1, 1, "p1#c1", 0, "", Decimal(6990), Decimal("4490.5"), None, None, None, None, None, Decimal(5990)
        )
    ]
    assert issues == []


def test_a_type_that_is_not_written_is_quietly_left_out() -> None:
    assert read(prices("p1", {"unwritten": "abc"})) == ({}, [])


@pytest.mark.parametrize("xml", [prices("p1", {}), "<Предложение><Ид>p1</Ид></Предложение>"])
def test_a_record_without_prices_is_a_row(xml: str) -> None:
    assert read(xml) == ({}, [])


def test_of_one_type_the_later_entry_wins() -> None:
    assert read(offer_with(("retail", 1), ("opt1", 2), ("retail", 3)))[0] == {"retail_price": 3, "opt1_price": 2}


@pytest.mark.parametrize("order", [("retail", "retail2"), ("retail2", "retail")])
def test_types_that_share_a_column_are_distinguished_in_any_order(order: tuple[str, str]) -> None:
    amounts = {"retail": 1, "retail2": 2}
    rows, issues = read_record(read_prices, offer_with(*((key, amounts[key]) for key in order), ("rrp", 9)))
    assert [(row.rank, written(row)) for row in rows if isinstance(row, StagedPrice)] == [
        (0, {"retail_price": 1, "rrp": 9})
    ]
    rows, issues = read_record(read_prices, offer_with(("retail2", 2), ("rrp", 9)))
    assert [written(row) for row in rows] == [{"rrp": 9}, {"retail_price": 2}]
    rows, issues = read_record(read_prices, offer_with(("retail2", 2)))
    assert [(written(row), issues) for row in rows] == [({}, []), ({"retail_price": 2}, [])]


def test_unreadable_is_distinguished_from_missing() -> None:
    (row,), _ = read_record(read_prices, prices("p1#c1", {"retail": "abc", "opt1": -1, "msrp": "-999 999 999,9"}))
    assert isinstance(row, StagedPrice)
    assert row.unreadable == "retail_price opt1_price"


def test_the_sentinel_is_no_price() -> None:
    columns, issues = read(offer_with(("retail", 1), ("retail", "-999 999 999,9")))
    assert columns == {"retail_price": 1}
    assert issues == []


def test_rrp_stands_in_for_a_missing_retail_price() -> None:
    assert read(prices("p1", {"rrp": 5}))[0] == {"rrp": 5, "retail_price": 5}
    assert read(prices("p1", {"rrp": 5, "retail": "-999999999.9"}))[0] == {"rrp": 5, "retail_price": 5}
    assert read(prices("p1", {"rrp": 5, "retail": 4}))[0] == {"rrp": 5, "retail_price": 4}
    assert read(prices("p1", {"rrp": 5, "retail": 0}))[0] == {"rrp": 5, "retail_price": 0}


def test_rrp_does_not_replace_a_retail_price_that_cannot_be_read() -> None:
    assert read(prices("p1", {"rrp": 5, "retail": "abc"}))[0] == {"rrp": 5}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "price_not_number"),
        (" ", "price_not_number"),
        ("12 руб", "price_not_number"),
        (None, "price_not_number"),
        ("-1", "price_out_of_range"),
        ("100000000", "price_out_of_range"),
    ],
)
def test_a_price_that_cannot_be_read(written: str | None, code: str) -> None:
    columns, (issue,) = read(offer_with(("opt1", 7), ("retail", written)))
    assert columns == {"opt1_price": 7}
    assert (issue.code, issue.severity.value, issue.field) == (code, "error", "ЦенаЗаЕдиницу")
    assert (issue.onec_id, issue.value, issue.params) == ("p1#c1", (written or "").strip(), {"price_type": "retail"})


def test_the_order_inside_a_price_does_not_matter() -> None:
    swapped = raw_element("Цена", element("ЦенаЗаЕдиницу", 5) + element("ИдТипаЦены", " opt1 "))
    xml = raw_element("Предложение", element("Ид", "p1") + raw_element("Цены", price("retail", 7) + swapped))
    assert read(xml)[0] == {"retail_price": 7, "opt1_price": 5}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    "others",
    [
        [unit_price(1080, Коэффициент=12), unit_price(500, Коэффициент="5,5")],
        [unit_price(90, Коэффициент=1, МинКоличество=10), unit_price(95, МинКоличество="5", Коэффициент="1.000")],
        [unit_price(90, МинимальноеКоличество=2), unit_price(80, МинКоличество="много")],
        [unit_price(90, КоличествоОт=10, КоличествоДо=100)],
        [unit_price(1, Валюта="USD"), unit_price(2, Валюта="бел. руб.")],
        [unit_price("-999 999 999,9"), unit_price("дорого", Коэффициент=2), unit_price(7, Коэффициент="пара")],
    ],
)
def test_of_several_prices_of_a_type_the_one_for_one_unit_counts(others: list[str], order: int) -> None:
    entries = [unit_price(100, Единица="шт", Коэффициент=1, МинКоличество=1), *others][::order]
    assert read(priced(*entries)) == ({"opt1_price": 100}, [])


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("base_unit", ["шт", "Шт.", "796"])
def test_of_several_units_without_a_factor_the_base_unit_counts(base_unit: str, order: int) -> None:
    entries = [unit_price(100, Единица=base_unit, МинКоличество=5), unit_price(1080, Единица="упак")][::order]
    unit = element("БазоваяЕдиница", "шт", Код="796", НаименованиеПолное="Штука")
    xml = raw_element("Предложение", element("Ид", "p1") + unit + raw_element("Цены", "".join(entries)))
    assert read(xml) == ({"opt1_price": 100}, [])


def test_prices_in_several_lists() -> None:
    lists = (raw_element("Цены", price("retail", 7)), raw_element("Цены", price("opt1", 5)))
    assert read(raw_element("Предложение", element("Ид", "p1") + "".join(lists)))[0] == {
        "retail_price": 7,
        "opt1_price": 5,
    }


@pytest.mark.parametrize(
    ("entries", "price", "factor"),
    [
        ([unit_price("1 080", Валюта="руб", Коэффициент=12)], "90", "12"),
        ([unit_price(100, Коэффициент=24), unit_price(10, Коэффициент="3,00")], "3.33", "3,00"),
        ([unit_price(10, Коэффициент="0.5")], "20", "0.5"),
    ],
)
def test_without_a_price_for_one_unit_it_is_divided(entries: list[str], price: str, factor: str) -> None:
    columns, (issue,) = read(priced(*entries, unit_price(7, "retail")))
    assert columns == {"opt1_price": Decimal(price), "retail_price": 7}
    assert (issue.code, issue.severity.value, issue.params["factor"]) == ("price_divided", "note", factor)
    assert Decimal(issue.params["price"]) == Decimal(price)


@pytest.mark.parametrize("factor", ["", "1", "1,0", "0", "-999 999 999,9"])
def test_a_factor_that_says_nothing_is_one(factor: str) -> None:
    assert read(priced(unit_price(5, Коэффициент=factor))) == ({"opt1_price": 5}, [])


@pytest.mark.parametrize(
    ("factor", "code"),
    [("пара", "price_factor_unreadable"), (-2, "price_factor_unreadable"), ("1e-30", "price_out_of_range")],
)
def test_a_factor_that_cannot_be_read_leaves_the_price(factor: Value, code: str) -> None:
    (row,), (issue,) = read_record(
        read_prices, priced(unit_price(5, Коэффициент=factor)), replace(CONTEXT, price_ranks={})
    )
    assert isinstance(row, StagedPrice)
    assert (row.opt1_price, row.unreadable, issue.code, issue.severity.value) == (None, "opt1_price", code, "error")


@pytest.mark.parametrize(
    "currency", ["руб", "руб.", "РУБ", " р. ", "RUB", "rur", "643", "810", "₽", "рубль", "Российский рубль", "", None]
)
def test_roubles_in_every_spelling(currency: str | None) -> None:
    besides = {} if currency is None else {"Валюта": currency}
    assert read(priced(unit_price(5, **besides), price("retail", 7))) == ({"opt1_price": 5, "retail_price": 7}, [])


@pytest.mark.parametrize(
    "currency", ["USD", "840", "бел. руб.", "тыс. руб", "KZT", "€", "5f06cea4-1920-11eb-81ce-00155d3cae02"]
)
def test_a_price_in_another_currency_is_not_written(currency: str) -> None:
    context = replace(CONTEXT, price_ranks={}, currencies={"retail": currency})
    (row,), (issue,) = read_record(
        read_prices, priced(unit_price(5, Валюта=currency), unit_price(7, "retail", Валюта="руб.")), context
    )
    assert isinstance(row, StagedPrice)
    assert (written(row), row.unreadable) == ({"retail_price": 7}, "opt1_price")
    assert (issue.code, issue.severity.value, issue.onec_id, issue.value) == (
        "price_currency",
        "error",
        "p1#c1",
        currency,
    )


@pytest.mark.parametrize("written_currency", ["<Валюта><Ид>840</Ид></Валюта>", "<КодВалюты>USD</КодВалюты>"])
def test_the_currency_may_stand_elsewhere(written_currency: str) -> None:
    entry = "<Цена><ИдТипаЦены>opt1</ИдТипаЦены><ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу>{}</Цена>"
    assert read(priced(entry.format(written_currency)))[0] == {}
    assert read(priced(entry.format("").replace("<Цена>", '<Цена Валюта="USD">')))[0] == {}


def test_a_type_in_another_currency_is_told_once(tmp_path: Path) -> None:
    context = replace(CONTEXT, currencies={"opt1": "USD"})
    records = [
        priced(unit_price(5), unit_price(7, "retail")),
        priced(unit_price(5, Валюта="usd")),
        prices("p2", {"opt1": 9}),
    ]
    parsed = parse(ExportBuilder(tmp_path).prices(*records), FileKind.PRICES, context)
    assert [line.split("\t")[6:8] for line in parsed.lines] == [["7.00", r"\N"], [r"\N", r"\N"], [r"\N", "9.00"]]
    (issue,) = parsed.issues
    assert (issue.code, issue.severity.value, issue.value, issue.onec_id) == (
        "price_type_currency",
        "warning",
        "USD",
        "",
    )


def test_a_price_is_never_taken_for_its_neighbours() -> None:
    columns, issues = read(offer_with(("retail", None), (None, 5), ("opt1", 7)))
    assert columns == {"opt1_price": 7}
    assert [issue.code for issue in issues] == ["price_not_number", "price_type_missing"]


ATTRIBUTES = '<Цена ИдТипаЦены="opt1" ЦенаЗаЕдиницу="5" {}/>'


@pytest.mark.parametrize(
    "entry",
    [
        ATTRIBUTES.format(""),
        ATTRIBUTES.format('Валюта="руб" Единица="шт" Коэффициент="1"'),
        '<Цена ИдТипаЦены=" opt1 ">5</Цена>',
        '<Цена ИдТипаЦены="opt1"><ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу><Валюта>RUB</Валюта></Цена>',
        "<Цена><ТипЦены><Ид>opt1</Ид><Наименование>Опт</Наименование></ТипЦены><ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу></Цена>",
        '<Цена ЦенаЗаЕдиницу="5"><ТипЦены><Ид>opt1</Ид></ТипЦены></Цена>',
        "<Цена><ТипЦены>opt1</ТипЦены><ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу></Цена>",
        '<Цена ТипЦены="opt1" ЦенаЗаЕдиницу="5"/>',
    ],
)
def test_type_and_amount_may_stand_elsewhere(entry: str) -> None:
    assert read(priced(entry, price("retail", 7))) == ({"opt1_price": 5, "retail_price": 7}, [])
    assert read(raw_element("Предложение", element("Ид", "p1#c1") + entry)) == ({"opt1_price": 5}, [])


def test_attributes_say_currency_factor_and_quantity_too() -> None:
    assert read(priced(ATTRIBUTES.format('Валюта="USD"')))[1][0].code == "price_currency"
    assert read(priced(ATTRIBUTES.format('Коэффициент="2"')))[0] == {"opt1_price": Decimal("2.5")}
    more, less = (
        '<Цена ИдТипаЦены="opt1" ЦенаЗаЕдиницу="4" МинКоличество="10"/>',
        ATTRIBUTES.format('МинКоличество="1"'),
    )
    assert read(priced(less, more))[0] == read(priced(more, less))[0] == {"opt1_price": 5}


@pytest.mark.parametrize(
    "entry",
    [
        "<Цена>200</Цена>",
        '<Цена ЦенаЗаЕдиницу="200"/>',
        "<Цена><ЦенаЗаЕдиницу>200</ЦенаЗаЕдиницу><Валюта>руб</Валюта></Цена>",
        "<Цена><ИдТипаЦены/><ЦенаЗаЕдиницу>200</ЦенаЗаЕдиницу><Валюта>руб</Валюта></Цена>",
        "<Цена><ТипЦены><Наименование>Опт</Наименование></ТипЦены><ЦенаЗаЕдиницу>200</ЦенаЗаЕдиницу></Цена>",
    ],
)
def test_a_price_without_a_type_is_told_once_per_file(entry: str, tmp_path: Path) -> None:
    alone = raw_element("Предложение", element("Ид", "p2") + entry)
    parsed = parse(ExportBuilder(tmp_path).prices(priced(entry, price("opt1", 5)), alone), FileKind.PRICES)
    (issue,) = parsed.issues
    assert (issue.code, issue.severity.value, issue.value, issue.line) == ("price_type_missing", "warning", "200", 5)
    (row, rest), _ = read_record(read_prices, priced(entry, price("opt1", 5)))
    assert isinstance(row, StagedPrice)
    assert isinstance(rest, StagedPrice)
    assert (written(row), row.unreadable) == ({"opt1_price": 5}, "")
    # Whatever its column, it is not missing; and any known price takes precedence over it.
    assert (written(rest), rest.rank > row.rank, rest.unreadable.split()) == ({}, True, list(PRICE_COLUMNS))


@pytest.mark.parametrize("entry", ["<Цена/>", "<Цена> </Цена>"])
def test_a_price_that_says_nothing_is_none(entry: str) -> None:
    assert read(priced(entry, price("opt1", 5))) == ({"opt1_price": 5}, [])
    assert read(priced(entry)) == ({}, [])


def in_units(*entries: tuple[Value, str | None], base: str = "", factor: Value | None = None) -> str:
    """Prices of one type: amount and unit."""
    listed = [
        price("opt1", amount, extra=element("Единица", unit) + element("Коэффициент", factor))
        for amount, unit in entries
    ]
    return raw_element("Предложение", element("Ид", "p1#c1") + base + raw_element("Цены", "".join(listed)))


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        (in_units((100, "шт"), (1080, "упак")), "100 (шт), 1080 (упак)"),
        (in_units((1080, "упак"), (100, "шт")), "1080 (упак), 100 (шт)"),
        (in_units((100, "шт"), (1080, "упак"), factor=1), "100 (шт), 1080 (упак)"),
        (in_units((100, "шт"), (1080, "упак"), factor=""), "100 (шт), 1080 (упак)"),
        (in_units((100, "шт"), (1080, "упак"), factor=12), "100 (шт), 1080 (упак)"),
        (in_units((100, "пара"), (1080, "упак"), base=element("БазоваяЕдиница", "шт")), "100 (пара), 1080 (упак)"),
        (in_units((100, None), (1080, "упак")), "100 (—), 1080 (упак)"),
        (in_units(("дорого", "шт"), (1080, "упак")), "дорого (шт), 1080 (упак)"),
        (in_units((100, "шт"), (99, "шт."), (1080, "упак"), (5, "кор")), "99 (шт.), 1080 (упак), 5 (кор)"),
        (
            priced(unit_price(100, Единица="шт", МинКоличество=1), unit_price(1080, Единица="упак", МинКоличество=2)),
            "100 (шт), 1080 (упак)",
        ),
    ],
)
def test_of_several_units_that_nothing_tells_apart_none_counts(xml: str, value: str) -> None:
    (row,), (issue,) = read_record(read_prices, xml, replace(CONTEXT, price_ranks={}, price_names={"opt1": "Опт 1"}))
    assert isinstance(row, StagedPrice)
    assert (written(row), row.unreadable) == ({}, "opt1_price")
    assert (issue.code, issue.severity.value, issue.onec_id, issue.field) == (
        *("price_units_undecided", "error", "p1#c1", "Единица"),
    )
    assert sorted(issue.value.split(", ")) == sorted(value.split(", "))
    assert issue.params == {"price_type": "Опт 1"}


@pytest.mark.parametrize(
    "xml",
    [
        in_units((5, "шт"), (5, "упак")),
        in_units((5, "шт"), ("5,00", "упак")),
        in_units((4, "шт"), (5, "Шт.")),
        in_units((4, None), (5, None)),
        priced(unit_price(4, Единица="шт", МинКоличество=10), unit_price(5, МинКоличество=1)),
        in_units((5, "шт"), (60, "упак"), base=element("БазоваяЕдиница", "шт")),
        in_units((5, "шт"), ("-999999999.9", "упак")),
        priced(unit_price(5, Единица="шт"), unit_price(60, Единица="упак", Коэффициент=12)),
        priced(unit_price(5, Единица="шт"), unit_price(60, Единица="упак", Валюта="USD")),
        priced(unit_price(60, Единица="упак"), unit_price(5, "retail", Единица="шт")).replace("60", "5"),
    ],
)
def test_units_that_make_no_difference_or_are_distinguished_do_no_harm(xml: str) -> None:
    columns, issues = read(xml)
    assert (columns["opt1_price"], issues) == (5, [])


def test_an_unknown_type_is_reported_once_per_file(tmp_path: Path) -> None:
    records = [prices(f"p{number}", {"new": 5, "newer": "abc", "retail": 1}) for number in range(3)]
    parsed = parse(ExportBuilder(tmp_path).prices(*records), FileKind.PRICES)
    assert [(issue.code, issue.value, issue.severity.value) for issue in parsed.issues] == [
        ("price_type_unknown", "new", "warning"),
        ("price_type_unknown", "newer", "warning"),
    ]


def test_a_record_without_id_is_skipped() -> None:
    rows, issues = read_record(read_prices, prices(None, {"retail": 1}))
    assert (list(rows), [issue.code for issue in issues]) == ([], ["onec_id_missing"])
