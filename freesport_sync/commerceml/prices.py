"""The prices of a `Предложение` -> one row with a column per price."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from lxml.etree import _Element

from freesport_sync.commerceml.elements import any_namespace, child_text, children
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import parse_price, trim
from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import PRICE_COLUMNS, StagedPrice

_TYPE_TAG = any_namespace("ИдТипаЦены")
_PRICE_TAG = any_namespace("ЦенаЗаЕдиницу")


def price_rows(fields: dict[str, _Element], onec_id: str, reading: Reading) -> Sequence[StagedPrice]:
    """The prices of one `Предложение`; a row of None where no price is usable.

    `Валюта`, `Единица` and `Коэффициент` are ignored, as the shop's own importer does (facts 2.7).
    """
    prices: dict[str, Decimal | None] = {}
    for written_type, written_price in _entries(fields.get("Цены")):
        type_id = trim(written_type)
        column = _column(type_id, reading)
        if column is None:
            continue
        text = trim(written_price)
        price, problem = parse_price(text)
        if problem:
            reading.report(
                Severity.ERROR, problem, onec_id=onec_id, field="ЦенаЗаЕдиницу", value=text, price_type=type_id
            )
        elif price is None:
            continue
        prices[column] = price
    # Also the shop's rule. A retail price that is there but unreadable is not replaced: the old one stays.
    if "rrp" in prices and "retail_price" not in prices:
        prices["retail_price"] = prices["rrp"]
    unreadable = " ".join(column for column, amount in prices.items() if amount is None)
    return (StagedPrice(*reading.place, onec_id, unreadable, *map(prices.get, PRICE_COLUMNS)),)


def _entries(element: _Element | None) -> Iterable[tuple[str | None, str | None]]:
    """Type and price of every `Цена`, as written."""
    if element is None:
        return ()
    types = [part.text for part in element.iter(*_TYPE_TAG)]
    prices = [part.text for part in element.iter(*_PRICE_TAG)]
    if len(types) == len(prices) == len(element):  # one of each in every Цена, in any file of 1C
        return zip(types, prices, strict=True)
    return [
        (child_text(price, "ИдТипаЦены"), child_text(price, "ЦенаЗаЕдиницу")) for price in children(element, "Цена")
    ]


def _column(type_id: str, reading: Reading) -> str | None:
    if type_id in reading.price_columns:
        return reading.price_columns[type_id]
    if reading.is_first("price_type_unknown", type_id):
        reading.report(Severity.WARNING, "price_type_unknown", field="ИдТипаЦены", value=type_id)
    return None
