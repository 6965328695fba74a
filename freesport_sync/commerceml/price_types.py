"""`ТипЦены` -> price types, and which of the shop's columns their names stand for."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.elements import catalogue_of, fields_of, is_deleted, text_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.core.staged import StagedPriceType

NAME_LIMIT = 200

_RRP = ("ррц",)

# The first that fits decides, as in the shop: `Опт 1 РРЦ` is opt1_price.
_PRODUCT_FIELDS = (
    (("опт 1", "опт1"), "opt1_price"),
    (("опт 2", "опт2"), "opt2_price"),
    (("опт 3", "опт3"), "opt3_price"),
    (("тренер",), "trainer_price"),
    (_RRP, "retail_price"),
    (("мрц",), "msrp"),
    (("рознич",), "retail_price"),
)


def read_price_type(element: _Element, reading: Reading) -> Sequence[StagedPriceType]:
    """One `ТипЦены`; nothing where it has no usable id, or no name without being deleted."""
    reading.next_record(element.sourceline)
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name)
    if onec_id is None:
        return ()
    deleted = is_deleted(element, fields)
    if not reading.has_name(name, onec_id=onec_id, deleted=deleted):
        return ()
    stored = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Наименование")
    catalogue = catalogue_of(element.getparent())
    return (StagedPriceType(*reading.place, onec_id, stored or None, product_field(name), deleted, catalogue),)


def product_field(name: str) -> str | None:
    """The column of `product_variants` that a price type's name stands for; None where the name says nothing.

    The words are those of the shop's own importer (facts 2.7), which takes every other name for the retail price
    and so publishes purchase prices.
    """
    words = " ".join(name.lower().split())
    for parts, column in _PRODUCT_FIELDS:
        if any(part in words for part in parts):
            return "rrp" if parts == _RRP and "рекоменд" in words else column
    return None
