"""`Предложение` of an offers file -> variants, with colour and size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lxml.etree import _Element

from freesport_sync.commerceml.elements import any_namespace, child_text, fields_of, is_deleted, text_of
from freesport_sync.commerceml.pictures import pictures_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import ZERO_GUID, is_not_set, trim
from freesport_sync.core.issues import Severity
from freesport_sync.core.pictures import VARIANT
from freesport_sync.core.staged import StagedOffer, StagedRow

RECORD_TAG = "Предложение"
ARTICLE_LIMIT = 100
COLOR_LIMIT = 100
SIZE_LIMIT = 50

_OTHER_FILES = frozenset(("Цены", "Остатки", "Количество", "Склад", "КоличествоНаСкладах"))
_NAME_TAG = any_namespace("Наименование")

_COLOR, _SIZE = "color", "size"
_COLOR_NAMES = frozenset(("цвет", "color", "окраска"))
_SIZE_NAMES = frozenset(("размер", "size", "размерtd"))
_NO_SIZES = frozenset(("да", "нет", "yes", "no", "true", "false", "-"))
"""`Размер: Да` says that the product comes in sizes, not in which."""


def offer_id(fields: dict[str, _Element], reading: Reading, name: str = "") -> str | None:
    """`Ид` of a `Предложение`, or None with an issue where it is not usable.

    Some exports write the characteristic apart: `Ид` and `ИдХарактеристики` make `Ид#ИдХарактеристики`.
    """
    onec_id = text_of(fields.get("Ид"))
    if "ИдХарактеристики" in fields and onec_id and "#" not in onec_id:
        characteristic = text_of(fields["ИдХарактеристики"])
        if characteristic and characteristic != ZERO_GUID:
            onec_id = f"{onec_id}#{characteristic}"
    if onec_id.startswith("#"):
        reading.report(Severity.ERROR, "onec_id_missing", onec_id=onec_id, name=name, field="Ид", value=onec_id)
        return None
    return reading.checked_id(onec_id, name=name)


def read_offer(element: _Element, reading: Reading) -> Sequence[StagedRow]:
    """One `Предложение` and its pictures; nothing where it has no usable id.

    Colour and size are found as the shop's own importer finds them (facts 2.6).
    """
    fields = fields_of(element)
    reading.next_record(element.sourceline, fields)
    name = text_of(fields.get("Наименование"))
    onec_id = offer_id(fields, reading, name)
    if onec_id is None:
        return ()
    _report_other_files(fields, reading)
    color, size = _characteristics(fields.get("ХарактеристикиТовара"))
    color = color or _color_in_name(name, reading.colors)
    size = size or _size_in_name(name)

    def shortened(text: str, limit: int, field: str) -> str | None:
        return reading.shortened(text, limit, onec_id=onec_id, field=field, name=name) or None

    return (
        StagedOffer(
            *reading.place,
            onec_id,
            trim(onec_id.partition("#")[0]),
            name or None,
            shortened(text_of(fields.get("Артикул")), ARTICLE_LIMIT, "Артикул"),
            shortened(color, COLOR_LIMIT, "Цвет"),
            shortened(size, SIZE_LIMIT, "Размер"),
            is_deleted(element, fields),
        ),
        *pictures_of(element, VARIANT, onec_id, reading),
    )


def _report_other_files(fields: dict[str, _Element], reading: Reading) -> None:
    """2.x has prices and stock in the offers file; we take them from their own files only, and say so once."""
    if _OTHER_FILES.isdisjoint(fields):
        return
    for part in sorted(_OTHER_FILES.intersection(fields)):
        if reading.is_first("offers_part_ignored", part):
            reading.report(Severity.WARNING, "offers_part_ignored", field=part)


def _characteristics(element: _Element | None) -> tuple[str, str]:
    """Colour and size as the characteristics name them, the first that has a value; empty where none does."""
    found = {_COLOR: "", _SIZE: ""}
    if element is not None:
        for name in element.iter(*_NAME_TAG):
            meaning = _meaning(name.text)
            if meaning and not found[meaning]:
                found[meaning] = _usable(child_text(name.getparent(), "Значение"), meaning)
    return found[_COLOR], found[_SIZE]


@lru_cache(maxsize=4000)
def _meaning(name: str | None) -> str | None:
    """What a characteristic's name stands for; `Детский размер` is not the size."""
    written = trim(name).lower()
    if written in _COLOR_NAMES:
        return _COLOR
    return _SIZE if written in _SIZE_NAMES or written.startswith("размер_") else None


def _usable(value: str, meaning: str) -> str:
    if is_not_set(value) or (meaning == _SIZE and value.lower() in _NO_SIZES):
        return ""
    return value


def _color_in_name(name: str, colors: tuple[tuple[str, str], ...]) -> str:
    """The first of the shop's colours that the name contains, wherever it stands in it."""
    lowered = name.lower()
    return next((color for word, color in colors if word in lowered), "")


def _size_in_name(name: str) -> str:
    """The bracket at the end of a name: `Кимоно, синий (А5 (2XL))` -> `А5 (2XL)`; at most one bracket inside it."""
    if not name.endswith(")"):
        return ""
    depth = 0
    for index in range(len(name) - 1, -1, -1):
        char = name[index]
        if char == ")":
            depth += 1
            if depth > 2:
                return ""
        elif char == "(":
            depth -= 1
            if depth == 0:
                return _usable(name[index + 1 : -1].strip(), _SIZE)
    return ""
