"""`Предложение` -> variants, prices and stock: each in files of its own (3.x), or all in one (2.x) (XML-3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import StagedRow
from freesport_sync.rules.catalog.pictures import VARIANT
from freesport_sync.sources.commerceml.elements import fields_of
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.offers import offer_rows
from freesport_sync.sources.commerceml.pictures import pictures_of
from freesport_sync.sources.commerceml.prices import price_rows
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.rests import rest_rows
from freesport_sync.sources.commerceml.values import VariantId


def read_offer_record(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """Read all wanted parts of one `Предложение`; nothing without a usable id."""
    fields = fields_of(element)
    reading.next_record(element.sourceline, fields)
    found = reading.variant_id(fields)
    return () if found is None else tuple(_rows(element, fields, found, reading))


def _rows(element: _Element, fields: dict[str, _Element], variant: VariantId, reading: Reading) -> Iterator[StagedRow]:
    kind, wanted, onec_id = reading.kind, reading.wanted, variant.key
    is_mixed = kind is FileKind.OFFERS
    if is_mixed and FileKind.OFFERS in wanted:
        yield from offer_rows(element, fields, variant, reading)
        yield from pictures_of(element, VARIANT, onec_id, reading)
    if kind is FileKind.PRICES or (is_mixed and FileKind.PRICES in wanted and ("Цены" in fields or "Цена" in fields)):
        yield from price_rows(fields, onec_id, reading)
    if kind is FileKind.RESTS or (is_mixed and FileKind.RESTS in wanted):
        yield from rest_rows(element, fields, onec_id, reading)
