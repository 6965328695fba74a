"""Chooses the price for one base unit among several of one type (PRICE-4, PRICE-5, PRICE-6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.sources.commerceml.currencies import currency_of, is_rouble
from freesport_sync.sources.commerceml.elements import (
    any_namespace,
    child_text,
    children,
    fields_of,
    text_of,
)
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import (
    NotANumber,
    parse_decimal,
    parse_price,
    trim,
)

FACTOR_TAG = any_namespace("Коэффициент")
"""Base units in the unit of a price."""

_LEAST_FIELDS = ("МинКоличество", "МинимальноеКоличество", "КоличествоОт")


class WrittenPrice(NamedTuple):
    """A `Цена` as written."""

    amount: str
    currency: str
    factor: str
    least: str
    """The minimum quantity."""
    unit: str
    is_other_unit: bool
    """The unit has another name than the base unit."""


def written_prices(element: _Element | None, base_unit: _Element | None) -> dict[str, list[WrittenPrice]]:
    """Return the prices of an offer by the ids of their types; an empty id if a price has none.

    Args:
        element: `Цены`, or any element with `Цена`.
        base_unit: `БазоваяЕдиница` of the offer, if any.
    """
    base_names = frozenset() if base_unit is None else {_unit_name(name) for name in _names_of(base_unit)}
    found: dict[str, list[WrittenPrice]] = {}
    for price in children(element, "Цена"):
        if not (len(price) or price.attrib or text_of(price)):
            continue
        fields = fields_of(price)
        unit = _written(price, fields, "Единица")
        written = WrittenPrice(
            _written(price, fields, "ЦенаЗаЕдиницу") or text_of(price),
            currency_of(price, fields),
            text_of(next(price.iter(*FACTOR_TAG), None)) or trim(price.get("Коэффициент")),
            next((text for name in _LEAST_FIELDS if (text := _written(price, fields, name))), ""),
            unit,
            _unit_name(unit) not in base_names,
        )
        found.setdefault(_type_id(price, fields), []).append(written)
    return found


def _written(price: _Element, fields: dict[str, _Element], name: str) -> str:
    """Return a value from an element, or from an attribute as some programs write it (PRICE-7)."""
    return text_of(fields.get(name)) or trim(price.get(name))


def _type_id(price: _Element, fields: dict[str, _Element]) -> str:
    """Return `ИдТипаЦены`, or the `Ид` of a nested `ТипЦены`."""
    if found := _written(price, fields, "ИдТипаЦены"):
        return found
    whole = fields.get("ТипЦены")
    return _written(price, fields, "ТипЦены") if whole is None or not len(whole) else child_text(whole, "Ид")


def price_for_one(
    written: Sequence[WrittenPrice], type_id: str, onec_id: str, reading: Reading
) -> tuple[bool, Decimal | None]:
    """Return whether an offer has a price of a type, and that price; None, with an issue, if it is unusable.

    The price for the base unit counts, else that of the smallest unit divided by its factor; of several the one whose
    unit has the name of the base unit, then the one with the smallest minimum quantity, then the last. If amounts
    differ only by the names of units, the price for one piece is unknown.
    """
    given = [price for price in written if parse_price(price.amount) != (None, None)]
    if not given:
        return False, None
    declared = reading.currencies.get(type_id, "")
    in_roubles = [price for price in given if is_rouble(price.currency or declared)]
    if not in_roubles:
        _report_currency(given[-1].currency, declared, type_id, onec_id, reading)
        return True, None
    best = min(reversed(in_roubles), key=_order)
    if undecided := _for_other_units(best, in_roubles):
        _report_units(undecided, type_id, onec_id, reading)
        return True, None
    price, problem = parse_price(best.amount)
    if problem or price is None:
        report_price(problem or "", best.amount, type_id, onec_id, reading)
        return True, None
    factor = _factor(best.factor)
    if factor == 1:
        return True, price
    return True, _divided(price, factor, best, type_id, onec_id, reading)


def report_price(problem: str, amount: str, type_id: str, onec_id: str, reading: Reading) -> None:
    """Report an unreadable price."""
    reading.report(
        Severity.ERROR,
        problem,
        onec_id=onec_id,
        field="ЦенаЗаЕдиницу",
        value=amount,
        price_type=_name(type_id, reading),
    )


def _name(type_id: str, reading: Reading) -> str:
    """Return the name of a price type, or its id if neither export nor shop has a name."""
    return reading.price_names.get(type_id, type_id)


def _names_of(unit: _Element) -> Iterator[str]:
    """`<БазоваяЕдиница Код="796" НаименованиеПолное="Штука">шт</БазоваяЕдиница>`; yield all names."""
    return (trim(name) for name in (*unit.itertext(), *unit.attrib.values()))


def _unit_name(written: str) -> str:
    return written.lower().rstrip(".")


def _order(price: WrittenPrice) -> tuple[bool, bool, Decimal, bool, Decimal]:
    factor = _factor(price.factor)
    return factor is None, factor != 1, factor or Decimal(0), price.is_other_unit, _least(price.least)


def _for_other_units(best: WrittenPrice, written: Sequence[WrittenPrice]) -> Sequence[WrittenPrice]:
    """Return the best price of each unit that differs from the best one only by name; none if all are equal (PRICE-5).

    A price without unit counts as one for a larger quantity, unless its minimum quantity is the same.
    """
    order = _order(best)
    if len(written) == 1 or order[0]:  # an unreadable factor has an issue of its own
        return ()
    of_units: dict[str, WrittenPrice] = {}
    for price in sorted(reversed(written), key=_order):
        if _order(price) == order or (price.unit and best.unit and _order(price)[:-1] == order[:-1]):
            of_units.setdefault(_unit_name(price.unit), price)
    amounts = {parse_price(price.amount) for price in of_units.values()}
    return () if len(amounts) < 2 else list(of_units.values())


def _factor(text: str) -> Decimal | None:
    """Return a factor; None if it is invalid. A missing factor or 0 means the base unit."""
    try:
        factor = (parse_decimal(text) if text else None) or Decimal(1)
    except NotANumber:
        return None
    return factor if factor > 0 else None


def _least(text: str) -> Decimal:
    try:
        return (parse_decimal(text) if text else None) or Decimal(0)
    except NotANumber:
        return Decimal("Infinity")


def _divided(
    price: Decimal, factor: Decimal | None, written: WrittenPrice, type_id: str, onec_id: str, reading: Reading
) -> Decimal | None:
    one, problem = parse_price(str(price / factor)) if factor else (None, "price_factor_unreadable")
    if one is not None:
        reading.report(
            Severity.NOTE,
            "price_divided",
            onec_id=onec_id,
            field="Коэффициент",
            value=written.amount,
            factor=written.factor,
            price=str(one),
            price_type=_name(type_id, reading),
        )
    elif factor is None:
        reading.report(
            Severity.ERROR,
            "price_factor_unreadable",
            onec_id=onec_id,
            field="Коэффициент",
            value=written.factor,
            price_type=_name(type_id, reading),
        )
    else:
        report_price(problem or "", f"{written.amount} / {written.factor}", type_id, onec_id, reading)
    return one


def _report_units(prices: Sequence[WrittenPrice], type_id: str, onec_id: str, reading: Reading) -> None:
    reading.report(
        Severity.ERROR,
        "price_units_undecided",
        onec_id=onec_id,
        field="Единица",
        value=", ".join(f"{price.amount} ({price.unit or '—'})" for price in prices),
        price_type=_name(type_id, reading),
    )


def _report_currency(currency: str, declared: str, type_id: str, onec_id: str, reading: Reading) -> None:
    """Report a foreign currency: once per price type if the type declares it, else per price."""
    if declared and (currency or declared).lower() == declared.lower():
        if reading.is_first("price_type_currency", type_id):
            reading.report(
                Severity.WARNING,
                "price_type_currency",
                field="Валюта",
                value=declared,
                price_type=_name(type_id, reading),
            )
    else:
        reading.report(
            Severity.ERROR,
            "price_currency",
            onec_id=onec_id,
            field="Валюта",
            value=currency,
            price_type=_name(type_id, reading),
        )
