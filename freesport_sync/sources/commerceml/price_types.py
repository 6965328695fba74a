"""`ТипЦены` -> price types."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import StagedPriceType
from freesport_sync.rules.catalog.price_types import product_field
from freesport_sync.sources.commerceml.currencies import currency_of, is_rouble
from freesport_sync.sources.commerceml.elements import (
    catalogue_of,
    fields_of,
    is_deleted,
    text_of,
)
from freesport_sync.sources.commerceml.reading import Reading

NAME_LIMIT = 200


def read_price_type(element: _Element, reading: Reading) -> Sequence[StagedPriceType]:
    """Read one `ТипЦены`; nothing without a usable id, or without a name unless deleted."""
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
    currency = currency_of(element, fields)
    foreign = "" if is_rouble(currency) else currency
    return (StagedPriceType(*reading.place, onec_id, stored or None, product_field(name), foreign, deleted, catalogue),)
