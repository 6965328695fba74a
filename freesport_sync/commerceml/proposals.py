"""`Предложение` -> variants, prices and stock: each in files of its own (3.x), or all in one (2.x)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.discovery import FileKind
from freesport_sync.commerceml.elements import fields_of, text_of
from freesport_sync.commerceml.offers import offer_rows
from freesport_sync.commerceml.prices import price_rows
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.rests import STOCK_FIELDS, rest_rows
from freesport_sync.commerceml.values import ZERO_GUID
from freesport_sync.core.staged import StagedRow


def read_proposal(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """Everything of one `Предложение` that this run wants; nothing where it has no usable id."""
    fields = fields_of(element)
    reading.next_record(element.sourceline, fields)
    onec_id = proposal_id(fields, reading)
    return () if onec_id is None else tuple(_rows(element, fields, onec_id, reading))


def proposal_id(fields: dict[str, _Element], reading: Reading) -> str | None:
    """`Ид` of a `Предложение`, or None with an issue where it is not usable.

    Some exports write the characteristic apart: `Ид` and `ИдХарактеристики` make `Ид#ИдХарактеристики`.
    """
    onec_id, name = text_of(fields.get("Ид")), text_of(fields.get("Наименование"))
    if "ИдХарактеристики" in fields and onec_id and "#" not in onec_id:
        characteristic = text_of(fields["ИдХарактеристики"])
        if characteristic and characteristic != ZERO_GUID:
            onec_id = f"{onec_id}#{characteristic}"
    return reading.checked_id("" if onec_id.startswith("#") else onec_id, name=name)


def _rows(element: _Element, fields: dict[str, _Element], onec_id: str, reading: Reading) -> Iterator[StagedRow]:
    kind, wanted = reading.kind, reading.wanted
    is_mixed = kind is FileKind.OFFERS
    if is_mixed and FileKind.OFFERS in wanted:
        yield from offer_rows(element, fields, onec_id, reading)
    if kind is FileKind.PRICES or (is_mixed and FileKind.PRICES in wanted and "Цены" in fields):
        yield from price_rows(fields, onec_id, reading)
    if kind is FileKind.RESTS or (is_mixed and FileKind.RESTS in wanted and not STOCK_FIELDS.isdisjoint(fields)):
        yield from rest_rows(element, fields, onec_id, reading)
