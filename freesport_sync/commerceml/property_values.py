"""The values that goods and offers have of their properties, numbered so that each travels once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml.etree import _Element

from freesport_sync.commerceml.elements import LOCAL_NAME, child_text, children, text_of
from freesport_sync.commerceml.values import ZERO_GUID, cut, is_not_set, normalize_name, slugify, trim
from freesport_sync.core.staged import StagedPropertyValue

if TYPE_CHECKING:
    from freesport_sync.commerceml.reading import Reading

BRAND_PROPERTY = "Бренд"
"""Name of the property, and in real exports literally its `Ид` too."""

TEXT_LIMIT = 255

_MAX_REMEMBERED = 50_000
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class PropertyValues:
    """The different pairs of property and value in one file, numbered in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last_number = 0
        self._new: list[StagedPropertyValue] = []

    def of_product(self, element: _Element | None, onec_id: str, reading: Reading) -> tuple[int, ...] | None:
        """Numbers of the values in `ЗначенияСвойств` but the brand; None where the product has no such element."""
        if element is None:
            return None
        return self._numbered(_entries(element, "Ид"), onec_id, reading, is_characteristic=False)

    def of_offer(self, element: _Element | None, onec_id: str, reading: Reading) -> tuple[int, ...] | None:
        """Numbers of the values in `ХарактеристикиТовара`; None where the offer has no characteristics."""
        if element is None or not len(element):
            return None
        return self._numbered(_entries(element, "Наименование"), onec_id, reading, is_characteristic=True)

    def take_new(self) -> list[StagedPropertyValue]:
        """The pairs that were not asked for before."""
        new, self._new = self._new, []
        return new

    def _numbered(
        self, entries: Iterator[tuple[str, str]], onec_id: str, reading: Reading, *, is_characteristic: bool
    ) -> tuple[int, ...]:
        if len(self._numbers) > _MAX_REMEMBERED:  # texts that no other product has; they get another number
            self._numbers.clear()
        numbers = []
        for name, value in entries:
            # Of a long text no more than what counts: remembered whole, descriptions would fill the memory.
            pair = (name, value if len(value) <= TEXT_LIMIT else trim(value)[: TEXT_LIMIT + 1])
            number = self._numbers.get(pair)
            if number is None:
                number = self._numbers[pair] = self._number_new(name, value, onec_id, reading, is_characteristic)
            if number:
                numbers.append(number)
        return tuple(numbers)

    def _number_new(
        self, written_name: str, written: str, onec_id: str, reading: Reading, is_characteristic: bool
    ) -> int:
        """Its number; 0 for what is no value."""
        name, value = trim(written_name), trim(written)
        if not name or value == ZERO_GUID or is_not_set(value) or (not is_characteristic and name == BRAND_PROPERTY):
            return 0
        value = reading.shortened(value, TEXT_LIMIT, onec_id=onec_id, field=name)
        self._last_number += 1
        self._new.append(
            StagedPropertyValue(
                reading.file_no,
                self._last_number,
                reading.line,
                onec_id,
                is_characteristic,
                cut(normalize_name(name), TEXT_LIMIT) if is_characteristic else name,
                name,
                value,
                *_derived(value),
                _GUID.fullmatch(value) is not None,
            )
        )
        return self._last_number


@lru_cache(maxsize=20_000)
def _derived(value: str) -> tuple[str, str]:
    return cut(normalize_name(value), TEXT_LIMIT), slugify(value)


def _entries(element: _Element, name_tag: str) -> Iterator[tuple[str, str]]:
    """Name or id, and value, as written, of every property that has a value."""
    for entry in element:
        if len(entry) == 2 and LOCAL_NAME[entry[1].tag] == "Значение":  # any file of 1C
            value, name = entry[1].text, entry[0].text
            if value and name and LOCAL_NAME[entry[0].tag] == name_tag:
                yield name, value
        else:
            name = child_text(entry, name_tag)
            yield from ((name, text_of(value)) for value in children(entry, "Значение"))
