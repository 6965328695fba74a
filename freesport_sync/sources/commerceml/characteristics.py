"""Finds colour and size among characteristics, by their names or in one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from freesport_sync.core.staged import NO_SIZES
from freesport_sync.sources.commerceml.pairs import Pair
from freesport_sync.sources.commerceml.values import is_not_set, normalize_name, trim

Colors = tuple[tuple[str, str], ...]
"""The shop's colours: in lower case, and as the shop displays them."""

_COLOR_NAMES = frozenset(("цвет", "color", "окраска"))
_SIZE_NAMES = frozenset(("размер", "size", "размерtd"))
_WHOLE_NAMES = frozenset(("характеристика", "характеристики", "характеристика номенклатуры", "характеристика товара"))

_SEPARATORS = (r",\s+", ";", "/", ",")
_LIST = re.compile(r",\s+|;\s*")
_NUMBER = r"\d{1,3}([.,]\d{1,2})?"
_IS_SIZE = re.compile(
    rf"((размер|size|р\.?|[a-zа-я]{{2}})\s*)?({_NUMBER}(\s*[-–/xх]\s*{_NUMBER})*|\d?[xх]{{0,4}}[slsмm]|[a-zа-я]\d{{1,2}})"
    r"(\s*(см|мм|cm|mm|eu|ru|us|uk))?(\s*\(.*\))?",
    re.IGNORECASE,
)


# Plain strings: looking up enum members takes several times as long, for every characteristic.
_COLOR, _SIZE, _WHOLE = "color", "size", "whole"
_COLUMNS = {_COLOR: "color_name", _SIZE: "size_value"}


class CharacteristicIndices(NamedTuple):
    """Indices of the characteristics with colour, size and everything; None if there is none with a value."""

    color: int | None = None
    size: int | None = None
    whole: int | None = None
    """The one that lists everything in one text."""


_NOTHING = CharacteristicIndices()


def find_characteristics(characteristics: Sequence[Pair]) -> CharacteristicIndices:
    """Find colour and size by the names of the characteristics; the first with a value counts (VARIANT-5).

    `Цвет` takes precedence over `Цвет (Ботинки)`, as УТ 11 names a characteristic of one set of properties.
    """
    found: dict[str, int] = {}
    loose: dict[str, int] = {}
    for place, (name, value) in enumerate(characteristics):
        known = _meaning(name)
        if known is not None and _is_usable(trim(value), known[0]):
            (found if known[1] else loose).setdefault(known[0], place)
    places = loose | found
    return CharacteristicIndices(places.get(_COLOR), places.get(_SIZE), places.get(_WHOLE)) if places else _NOTHING


@lru_cache(maxsize=4000)
def _meaning(name: str | None) -> tuple[str, bool] | None:
    """Return what a name means, and whether it is an exact match; `Детский размер` is not the size."""
    written = trim(name).lower()
    if _parts(name):
        return _WHOLE, True
    if (meaning := _word(written)) is not None:
        return meaning, True
    meaning = _word(base_name(written))
    return None if meaning is None else (meaning, False)


def _word(written: str) -> str | None:
    if written in _COLOR_NAMES:
        return _COLOR
    if written in _SIZE_NAMES or written.startswith("размер_"):
        return _SIZE
    return _WHOLE if written in _WHOLE_NAMES else None


def column_of(name: str) -> str | None:
    """Return the column of a variant for an attribute of this name, with or without a bracket."""
    written = name.strip().lower()
    return _COLUMNS.get(_word(written) or _word(base_name(written)) or "")


def base_name(name: str) -> str:
    """`Цвет (Ботинки (Для характеристик))` -> `Цвет`; empty if the name has no bracket (VARIANT-7)."""
    before, bracket, _ = name.partition("(")
    return before.strip() if bracket else ""


@lru_cache(maxsize=4000)
def forms_of(name: str | None) -> tuple[str, ...]:
    """Return the normalised forms of a characteristic's name, the whole name first."""
    written = trim(name)
    base = base_name(written)
    return (normalize_name(written), normalize_name(base)) if base else (normalize_name(written),)


def _is_usable(value: str, meaning: str) -> bool:
    return not (is_not_set(value) or (meaning == _SIZE and value.lower() in NO_SIZES))


def split_combined(characteristics: Sequence[Pair]) -> Sequence[Pair]:
    """Split combined characteristics: `Цвет, Размер: синий, 42` becomes `Цвет: синий` and `Размер: 42` (VARIANT-7)."""
    single: list[Pair] = []
    for name, value in characteristics:
        names = _parts(name)
        values = _values(trim(value), len(names)) if names else ()
        single += zip(names, values, strict=True) if values else [(name, value)]
    return single


@lru_cache(maxsize=4000)
def _parts(name: str | None) -> tuple[str, ...]:
    """Return the parts of a combined name, if colour and size are among them; `Вес, кг` is one name."""
    written = trim(name)
    names = tuple(map(str.strip, re.split("[,;/]", base_name(written) or written)))
    meanings = {_word(part.lower()) for part in names}
    return names if meanings >= {_COLOR, _SIZE} else ()


def _values(text: str, count: int) -> Sequence[str]:
    for separator in _SEPARATORS:
        values = re.split(separator, text)
        if len(values) == count:
            return [value.strip() for value in values]
    return ()


def color_and_size_in(text: str, colors: Colors) -> tuple[str, str]:
    """Find colour and size in a text that lists all characteristics: `синий, 42` -> `Синий`, `42`.

    If anything would be lost, the whole text becomes the size, so that buyers can tell variants apart: `бордо, 42`
    if the shop does not know that colour.
    """
    parts = [part.strip() for part in _LIST.split(text)]
    sizes = [part for part in parts if _IS_SIZE.fullmatch(part)]
    shades = [part for part in parts if part not in sizes and any(word in part.lower() for word, _ in colors)]
    if len(sizes) + len(shades) < len(parts):
        return "", text
    shade = ", ".join(shades)
    return shade[:1].upper() + shade[1:], ", ".join(sizes)
