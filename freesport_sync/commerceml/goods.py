"""`Товар` -> products."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lxml.etree import _Element

from freesport_sync.commerceml.elements import child_text, children, fields_of, is_deleted, text_of
from freesport_sync.commerceml.pictures import pictures_of
from freesport_sync.commerceml.property_values import BRAND_PROPERTY, brand_of, pairs_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import parse_vat, slugify
from freesport_sync.core.issues import Severity
from freesport_sync.core.pictures import PRODUCT
from freesport_sync.core.staged import StagedProduct, StagedRow

NAME_LIMIT = 300
DESCRIPTION_LIMIT = 100_000
"""The column has no limit, but the shop's full-text index refuses a row whose words fill more than 1 MB."""


def read_product(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """One `Товар`, its pictures, and before it the property values that no product of the file had before.

    Nothing where it has no usable id, or no name without being deleted.

    The rules are the shop's own importer's (facts 2.5), but for deletion marks and for VAT that cannot be read.
    """
    fields = fields_of(element)
    reading.next_record(element.sourceline, fields)
    name = text_of(fields.get("Наименование"))
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name)
    if onec_id is None:
        return ()
    deleted = is_deleted(element, fields)
    if not reading.has_name(name, onec_id=onec_id, deleted=deleted):
        return ()
    name = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Наименование")
    description = reading.shortened(
        text_of(fields.get("Описание")), DESCRIPTION_LIMIT, onec_id=onec_id, field="Описание", name=name
    )
    properties = fields.get("ЗначенияСвойств")
    pairs = pairs_of(properties, "Ид")
    numbers = None if properties is None else reading.property_values.of_product(pairs, onec_id, reading)
    return (
        *reading.property_values.take_new(),
        StagedProduct(
            *reading.place,
            onec_id,
            name or None,
            text_of(fields.get("Артикул")) or None,
            slugify(name),
            description or None,
            reading.reference(child_text(fields.get("Группы"), "Ид"), onec_id=onec_id, field="Группы"),
            reading.reference(brand_of(pairs), onec_id=onec_id, field=BRAND_PROPERTY),
            _vat_rate(fields, onec_id, name, reading),
            deleted,
            numbers,
        ),
        *pictures_of(element, PRODUCT, onec_id, reading),
    )


def _vat_rate(fields: dict[str, _Element], onec_id: str, name: str, reading: Reading) -> Decimal | None:
    field, text = "СтавкаНДС", text_of(fields.get("СтавкаНДС"))
    if not text:
        field, text = "Ставка", _tax(fields.get("СтавкиНалогов"))
    rate, problem = parse_vat(text)
    if problem:
        reading.report(Severity.WARNING, problem, onec_id=onec_id, name=name, field=field, value=text)
    return rate


def _tax(taxes: _Element | None) -> str:
    for tax in children(taxes, "СтавкаНалога"):
        if child_text(tax, "Наименование") == "НДС":
            return child_text(tax, "Ставка")
    return ""
