"""The stock of a `Предложение` per warehouse, in every way in which 1C writes it."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.elements import LOCAL_NAME, any_namespace
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.storages import ID_LIMIT as WAREHOUSE_ID_LIMIT
from freesport_sync.commerceml.values import QUANTITY_LIMIT, parse_quantity, trim
from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import StagedRest

STOCK_FIELDS = frozenset(("Остатки", "Остаток", "Количество", "Склад", "КоличествоНаСкладах", "КоличествоНаСкладе"))
"""Each of them in a `Предложение` says how many there are."""

_ID_TAG = any_namespace("Ид")
_QUANTITY_TAG = any_namespace("Количество")
_HOLDERS = frozenset(("Остатки", "Остаток", "КоличествоНаСкладах", "КоличествоНаСкладе"))

_SEVERITIES = {
    "quantity_negative": Severity.WARNING,
    "quantity_fractional": Severity.WARNING,
    "quantity_not_number": Severity.ERROR,
    "quantity_out_of_range": Severity.ERROR,
}


def rest_rows(element: _Element, fields: dict[str, _Element], onec_id: str, reading: Reading) -> Sequence[StagedRest]:
    """One row per warehouse of a `Предложение`; a warehouse named twice in it counts together (facts 2.8)."""
    entries = _usual_entries(fields.get("Остатки")) or _entries(element)
    if not entries:
        reading.report(Severity.WARNING, "quantity_missing", onec_id=onec_id, field="Количество")
    stock: dict[str | None, int] = {}
    for written, text in entries:
        warehouse = trim(written)
        quantity, problem = parse_quantity(text)
        if problem:
            reading.report(
                _SEVERITIES[problem],
                problem,
                onec_id=onec_id,
                field="Количество",
                value=trim(text),
                warehouse=warehouse,
            )
        if quantity is not None:
            known = reading.reference(warehouse, onec_id=onec_id, field="Склад", limit=WAREHOUSE_ID_LIMIT)
            stock[known] = min(stock.get(known, 0) + quantity, QUANTITY_LIMIT - 1)
    place = reading.place
    return [
        StagedRest(*place, onec_id, warehouse, quantity, entry)
        for entry, (warehouse, quantity) in enumerate(stock.items())
    ]


def _usual_entries(element: _Element | None) -> list[tuple[str, str]]:
    """What every export of today has: one `Склад{Ид,Количество}` in each `Остаток`; nothing where it is otherwise."""
    if element is None:
        return []
    warehouses = [part.text or "" for part in element.iter(*_ID_TAG)]
    quantities = [part.text or "" for part in element.iter(*_QUANTITY_TAG)]
    is_usual = len(warehouses) == len(quantities) == len(element)
    return list(zip(warehouses, quantities, strict=True)) if is_usual else []


def _entries(element: _Element) -> list[tuple[str, str]]:
    """Warehouse and quantity, as written, of everything that holds stock; the warehouse is empty where none is named.

    3.x: `Остатки/Остаток/Склад{Ид,Количество}`, also `Остаток{Склад,Количество}` and `Остаток/Количество`;
    2.07: `Склад[ИдСклада,КоличествоНаСкладе]`; 2.05: `КоличествоНаСкладах/КоличествоНаСкладе{ИдСклада,Количество}`;
    oldest: `Количество`. 2.x writes the total beside the warehouses, so it counts only where it stands alone.
    """
    entries: list[tuple[str, str]] = []
    warehouse, total = "", None
    for part in element:
        name = LOCAL_NAME[part.tag]
        if name == "Количество":
            total = part.text or ""
        elif name == "ИдСклада":
            warehouse = part.text or ""
        elif name == "Склад":
            store, quantity = _store(part)
            if quantity is None:
                warehouse = store
            else:
                entries.append((store, quantity))
        elif name in _HOLDERS:
            entries += _entries(part)
    if not entries and total is not None:
        return [(warehouse, total)]
    return entries


def _store(element: _Element) -> tuple[str, str | None]:
    """Id and quantity of a `Склад`; None where the quantity stands beside it."""
    store, quantity = element.get("ИдСклада"), element.get("КоличествоНаСкладе")
    for part in element:
        name = LOCAL_NAME[part.tag]
        if name == "Ид":
            store = part.text or ""
        elif name == "Количество":
            quantity = part.text or ""
    return (element.text or "") if store is None else store, quantity
