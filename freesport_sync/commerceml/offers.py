"""What an offers file says of a `Предложение` -> a variant, with colour and size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lxml.etree import _Element

from freesport_sync.commerceml.elements import is_deleted, text_of
from freesport_sync.commerceml.property_values import Pair, pairs_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import VariantId, is_not_set, split_bracket, trim
from freesport_sync.core.staged import StagedOffer, StagedPropertyValue

ARTICLE_LIMIT = 100
COLOR_LIMIT = 100
SIZE_LIMIT = 50

_COLOR, _SIZE = "color", "size"
_COLUMNS = {_COLOR: "color_name", _SIZE: "size_value"}
_COLOR_NAMES = frozenset(("цвет", "color", "окраска"))
_SIZE_NAMES = frozenset(("размер", "size", "размерtd"))
_NO_SIZES = frozenset(("да", "нет", "yes", "no", "true", "false", "-"))
"""`Размер: Да` says that the product comes in sizes, not in which."""


def offer_rows(
    element: _Element, fields: dict[str, _Element], variant: VariantId, reading: Reading
) -> Sequence[StagedPropertyValue | StagedOffer]:
    """The variant, and before it the characteristics that no offer of the file had before.

    Colour and size are found as the shop's own importer finds them (facts 2.6).
    """
    onec_id = variant.key
    name = text_of(fields.get("Наименование"))
    characteristics = pairs_of(fields.get("ХарактеристикиТовара"), "Наименование")
    color, size = _color_and_size(characteristics)
    color = color or _color_in_name(name, reading.colors)
    size = size or _size_in_name(name)

    def shortened(text: str, limit: int, field: str) -> str | None:
        return reading.shortened(text, limit, onec_id=onec_id, field=field, name=name) or None

    numbers = reading.property_values.of_offer(characteristics, onec_id, reading)
    return (
        *reading.property_values.take_new(),
        StagedOffer(
            *reading.place,
            onec_id,
            variant.product,
            name or None,
            shortened(text_of(fields.get("Артикул")), ARTICLE_LIMIT, "Артикул"),
            shortened(color, COLOR_LIMIT, "Цвет"),
            shortened(size, SIZE_LIMIT, "Размер"),
            is_deleted(element, fields),
            numbers,
        ),
    )


def column_of(name: str) -> str | None:
    """The column of a variant that a characteristic or an attribute of this name stands for."""
    meaning = _meaning(name)
    return None if meaning is None else _COLUMNS[meaning]


def _color_and_size(characteristics: Sequence[Pair]) -> tuple[str, str]:
    """Colour and size as the characteristics name them, the first that has a value; empty where none does."""
    found = {_COLOR: "", _SIZE: ""}
    for name, value in characteristics:
        meaning = _meaning(name)
        if meaning and not found[meaning]:
            found[meaning] = _usable(trim(value), meaning)
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
    """The bracket at the end of a name: `Кимоно, синий (А5 (2XL))` -> `А5 (2XL)`."""
    return _usable(split_bracket(name)[1], _SIZE)
