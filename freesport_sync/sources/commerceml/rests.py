"""The stock of a `Предложение` -> one row per warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import StagedRest
from freesport_sync.sources.commerceml.elements import any_namespace, is_deleted
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.stock_entries import (
    StockEntry,
    mentions_stock,
    stock_entries,
    stock_requisite,
)
from freesport_sync.sources.commerceml.storages import ID_LIMIT as WAREHOUSE_ID_LIMIT
from freesport_sync.sources.commerceml.values import (
    ZERO_GUID,
    cut,
    parse_quantity,
    trim,
)

_ID_TAG = any_namespace("Ид")
_QUANTITY_TAG = any_namespace("Количество")

_SEVERITIES = {
    "quantity_not_set": Severity.WARNING,
    "quantity_negative": Severity.WARNING,
    "quantity_fractional": Severity.WARNING,
    "quantity_not_number": Severity.ERROR,
    "quantity_out_of_range": Severity.ERROR,
    "stock_not_understood": Severity.ERROR,
}

_STAGED_ID_LENGTH = 1000
"""Length to which ids of warehouses are cut: too long for the shop, but still distinct."""


def rest_rows(element: _Element, fields: dict[str, _Element], onec_id: str, reading: Reading) -> Sequence[StagedRest]:
    """Return one row per warehouse of a `Предложение`; repeated warehouses are summed (STOCK-1).

    An unreadable quantity yields a row with None, which invalidates the whole stock of the offer.
    """
    entries: Sequence[tuple[str, str | None, str]] = ()
    if reading.kind is not FileKind.OFFERS or mentions_stock(fields):
        entries = _usual_entries(fields.get("Остатки")) or _entries(element, reading)
    entries = entries or _in_requisites(fields, reading)
    if not entries:
        return _without_quantity(element, fields, onec_id, reading)
    stock: dict[str | None, int | None] = {}
    for written, text, unknown in entries:
        warehouse = trim(written)
        pieces, problem = (None, "stock_not_understood") if text is None else parse_quantity(text)
        if problem:
            field, value = ("Количество", trim(text)) if text is not None else (unknown, unknown)
            severity = _SEVERITIES[problem]
            reading.report(severity, problem, onec_id=onec_id, field=field, value=value, warehouse=warehouse)
        known = _warehouse(warehouse, onec_id, reading)
        so_far = stock.get(known, 0)
        stock[known] = None if pieces is None or so_far is None else so_far + pieces
    place = reading.place
    return [
        StagedRest(*place, onec_id, warehouse, quantity, entry)
        for entry, (warehouse, quantity) in enumerate(stock.items())
    ]


def _entries(element: _Element, reading: Reading) -> Sequence[StockEntry]:
    entries, like = stock_entries(element)
    if like and not entries:
        return () if reading.has_rests and reading.kind is FileKind.OFFERS else [StockEntry("", None, like)]
    if like and reading.is_first("stock_element_ignored", like):
        reading.report(Severity.WARNING, "stock_element_ignored", field=like, value=like)
    return entries


def _in_requisites(fields: dict[str, _Element], reading: Reading) -> Sequence[StockEntry]:
    """Report stock among the requisites, which is not read and does not count as sold out (STOCK-6)."""
    requisites = fields.get("ЗначенияРеквизитов")
    if requisites is None or (reading.has_rests and reading.kind is FileKind.OFFERS):
        return ()
    name = stock_requisite(requisites)
    return [StockEntry("", None, name)] if name else ()


def _without_quantity(
    element: _Element, fields: dict[str, _Element], onec_id: str, reading: Reading
) -> Sequence[StagedRest]:
    """Return the row of an offer without stock; only the whole file shows whether it is sold out (STOCK-5)."""
    if reading.kind is not FileKind.OFFERS:
        reading.report(Severity.WARNING, "quantity_missing", onec_id=onec_id, field="Количество")
    elif not reading.has_rests and not is_deleted(element, fields):
        return (StagedRest(*reading.place, onec_id, None, 0, None),)
    return ()


def _warehouse(written: str, onec_id: str, reading: Reading) -> str | None:
    if len(written) > WAREHOUSE_ID_LIMIT:
        reading.reference(written, onec_id=onec_id, field="Склад", limit=WAREHOUSE_ID_LIMIT)  # reports it
        return cut(written, _STAGED_ID_LENGTH)
    return None if not written or written == ZERO_GUID else written


def _usual_entries(element: _Element | None) -> Sequence[tuple[str, str | None, str]]:
    """Read the common form, one `Склад{Ид,Количество}` per `Остаток`; empty for any other form."""
    if element is None:
        return ()
    warehouses = [part.text or "" for part in element.iter(*_ID_TAG)]
    quantities = [part.text or "" for part in element.iter(*_QUANTITY_TAG)]
    is_usual = len(warehouses) == len(quantities) == len(element)
    return [*zip(warehouses, quantities, repeat(""))] if is_usual else ()
