"""Prices: from types to the shop's columns."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync.commerceml.discovery import FileKind
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.staged import PRICE_COLUMNS, StagedPrice
from tests.builders import ExportBuilder, Value, element, price, prices, raw_element
from tests.unit.commerceml.support import parse, read_prices, read_record


def read(xml: str) -> tuple[dict[str, Decimal], list[RowIssue]]:
    """The columns that have a value."""
    rows, issues = read_record(read_prices, xml)
    (row,) = rows
    assert isinstance(row, StagedPrice)
    return {name: value for name, value in row._asdict().items() if name in PRICE_COLUMNS and value is not None}, issues


def offer_with(*amounts: tuple[str | None, Value | None]) -> str:
    """Prices in this order, also of one type twice."""
    return raw_element(
        "Предложение", element("Ид", "p1#c1") + raw_element("Цены", "".join(price(*amount) for amount in amounts))
    )


def test_prices_become_columns() -> None:
    rows, issues = read_record(read_prices, prices("p1#c1", {"retail": 6990, "opt1": "4 490,50", "msrp": "5990.00"}))
    assert list(rows) == [
        StagedPrice(1, 1, 1, "p1#c1", "", Decimal(6990), Decimal("4490.5"), None, None, None, None, None, Decimal(5990))
    ]
    assert issues == []


def test_a_type_that_is_not_written_is_quietly_left_out() -> None:
    assert read(prices("p1", {"unwritten": "abc"})) == ({}, [])


@pytest.mark.parametrize("xml", [prices("p1", {}), "<Предложение><Ид>p1</Ид></Предложение>"])
def test_a_record_without_prices_is_a_row(xml: str) -> None:
    assert read(xml) == ({}, [])


def test_of_one_column_the_later_entry_wins() -> None:
    assert read(offer_with(("retail", 1), ("retail2", 2), ("retail", 3)))[0] == {"retail_price": 3}
    assert read(offer_with(("retail", 1), ("retail2", 2)))[0] == {"retail_price": 2}


def test_what_cannot_be_read_is_told_from_what_is_missing() -> None:
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


@pytest.mark.parametrize(
    "besides",
    [
        element("Валюта", "USD")
        + element("Единица", "упак")
        + element("Коэффициент", 12)
        + element("МинКоличество", 5),
        element("Валюта", 643) + element("Представление", "99 руб за шт"),
    ],
)
def test_currency_unit_and_factor_of_a_price_are_ignored(besides: str) -> None:
    written = raw_element("Цена", element("ИдТипаЦены", "opt1") + element("ЦенаЗаЕдиницу", 5) + besides)
    xml = raw_element("Предложение", element("Ид", "p1") + raw_element("Цены", written + price("retail", 7)))
    columns, issues = read(xml)
    assert columns == {"opt1_price": 5, "retail_price": 7}
    assert issues == []


def test_a_price_is_never_taken_for_its_neighbours() -> None:
    columns, issues = read(offer_with(("retail", None), (None, 5), ("opt1", 7)))
    assert columns == {"opt1_price": 7}
    assert [issue.code for issue in issues] == ["price_not_number", "price_type_unknown"]


def test_an_unknown_type_is_reported_once_per_file(tmp_path: Path) -> None:
    records = [prices(f"p{number}", {"new": 5, "newer": "abc", "retail": 1}) for number in range(3)]
    parsed = parse(ExportBuilder(tmp_path).prices(*records), FileKind.PRICES)
    assert len(parsed.lines) == 3
    assert [(issue.code, issue.value, issue.severity.value) for issue in parsed.issues] == [
        ("price_type_unknown", "new", "warning"),
        ("price_type_unknown", "newer", "warning"),
    ]


def test_a_record_without_id_is_skipped() -> None:
    rows, issues = read_record(read_prices, prices(None, {"retail": 1}))
    assert (list(rows), [issue.code for issue in issues]) == ([], ["onec_id_missing"])
