"""Prices of a `Предложение` -> rows with one column per price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import PRICE_COLUMNS, StagedPrice
from freesport_sync.sources.commerceml.elements import any_namespace
from freesport_sync.sources.commerceml.price_choice import price_for_one, report_price, written_prices
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import parse_price, trim

_USUAL_TAGS = any_namespace("ИдТипаЦены", "ЦенаЗаЕдиницу", "Валюта", "Коэффициент")
_USUAL_CURRENCIES = frozenset(("руб", "руб.", "RUB", "643"))

_NO_TYPE = ""
_LAST_RANK = 2**31 - 1
"""Rank of prices with unknown rank, after all others."""

_Prices = dict[str, Decimal | None]
"""Price type -> price; None if given but unusable. `_NO_TYPE` stands for a price without a type."""

_Columns = dict[str, Decimal | None]
"""Column of the shop -> price, likewise."""


def price_rows(fields: Mapping[str, _Element], onec_id: str, reading: Reading) -> Sequence[StagedPrice]:
    """Return the prices of one `Предложение` in roubles per base unit; a row of None if no price is usable.

    Of several price types for one column, the first that the offer has counts. There is one row per rank, because
    another record of the offer may have a type that takes precedence.
    """
    usual = _usual_prices(fields, reading)
    prices = _read(usual, onec_id, reading) if usual is not None else _chosen(fields, onec_id, reading)
    is_any_column = usual is None and prices.pop(_NO_TYPE, 0) is None
    columns, ranks = reading.price_columns, reading.price_ranks
    rows: dict[int, _Columns] = {0: {columns[key] or "": price for key, price in prices.items() if key not in ranks}}
    priced = set(rows[0])
    for key in sorted(ranks.keys() & prices.keys(), key=ranks.__getitem__):
        if (column := columns[key] or "") not in priced:
            priced.add(column)
            rows.setdefault(ranks[key], {})[column] = prices[key]
    if is_any_column:  # so that no price counts as missing
        rows[_LAST_RANK] = dict.fromkeys(PRICE_COLUMNS)
    has_retail = "retail_price" in priced
    return [_row(row, rank, onec_id, reading, has_retail) for rank, row in rows.items()]


def _row(prices: _Columns, rank: int, onec_id: str, reading: Reading, has_retail: bool) -> StagedPrice:
    # As in the shop. An unreadable retail price is not replaced by another one: the old one stays.
    if "rrp" in prices and not has_retail:
        prices["retail_price"] = prices["rrp"]
    unreadable = " ".join([column for column, price in prices.items() if price is None])
    return StagedPrice(*reading.place, onec_id, rank, unreadable, *map(prices.get, PRICE_COLUMNS))


def _read(usual: Mapping[str | None, str | None], onec_id: str, reading: Reading) -> _Prices:
    prices: _Prices = {}
    for type_id, amount in usual.items():
        if type_id is None or reading.price_columns[type_id] is None:
            continue
        price, problem = parse_price(amount or "")
        if problem:
            report_price(problem, trim(amount), type_id, onec_id, reading)
        if problem or price is not None:
            prices[type_id] = price
    return prices


def _chosen(fields: Mapping[str, _Element], onec_id: str, reading: Reading) -> _Prices:
    element = fields["Цены"] if "Цены" in fields else fields["Цена"].getparent()
    prices: _Prices = {}
    for type_id, written in written_prices(element, fields.get("БазоваяЕдиница")).items():
        if type_id not in reading.price_columns:
            _report_unknown(type_id, [price.amount for price in written], reading)
            prices[_NO_TYPE] = None
        elif reading.price_columns[type_id] is not None:
            is_given, price = price_for_one(written, type_id, onec_id, reading)
            if is_given:
                prices[type_id] = price
    return prices


def _usual_prices(fields: Mapping[str, _Element], reading: Reading) -> Mapping[str | None, str | None] | None:
    """Return type -> price in the common case: one per known type, in roubles per base unit; else None."""
    element = fields.get("Цены")
    if element is None:
        return None if "Цена" in fields else {}
    texts = [part.text for part in element.iter(*_USUAL_TAGS)]
    width = 3 if len(texts) == 3 * len(element) else 4  # many files have no coefficient
    if len(texts) != width * len(element) or not _USUAL_CURRENCIES.issuperset(texts[2::width]):
        return None
    prices = dict(zip(texts[0::width], texts[1::width], strict=True))
    # Relies on 1C's order of elements; in another order the types are unknown here.
    is_usual = len(prices) == len(element) and prices.keys() <= reading.price_columns.keys()
    return prices if is_usual and (width == 3 or {"1"}.issuperset(texts[3::4])) else None


def _report_unknown(type_id: str, amounts: Sequence[str], reading: Reading) -> None:
    if type_id and reading.is_first("price_type_unknown", type_id):
        reading.report(Severity.WARNING, "price_type_unknown", field="ИдТипаЦены", value=type_id)
    elif not type_id and reading.is_first("price_type_missing", ""):
        reading.report(
            Severity.WARNING, "price_type_missing", field="ИдТипаЦены", value=", ".join(filter(None, amounts))
        )
