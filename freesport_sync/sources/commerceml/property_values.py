"""Numbers the property values of goods and offers, so that each is sent only once."""

from __future__ import annotations

from collections.abc import Sequence

from freesport_sync.core.staged import StagedPropertyValue
from freesport_sync.rules.catalog.brands import BRAND_PROPERTY
from freesport_sync.sources.commerceml.current_record import CurrentRecord
from freesport_sync.sources.commerceml.pairs import Pair
from freesport_sync.sources.commerceml.values import (
    ZERO_GUID,
    cut,
    is_guid,
    is_not_set,
    normalize_name,
    slugify,
    trim,
)

TEXT_LIMIT = 255

_MAX_REMEMBERED = 50_000
_NUMBERS_OF_WORKER = 500_000_000


class PropertyValues:
    """The distinct pairs of property and value that a worker has read, numbered by first use.

    Args:
        worker: number of the worker in its run, from 0; numbers of different workers never collide.
    """

    def __init__(self, worker: int) -> None:
        self._of_products: dict[Pair, int] = {}
        self._of_offers: dict[Pair, int] = {}
        self._last_number = worker * _NUMBERS_OF_WORKER
        self._new: list[StagedPropertyValue] = []
        self._brands: set[str] = set()

    def of_product(self, pairs: Sequence[Pair], onec_id: str, record: CurrentRecord) -> tuple[int, ...]:
        """Return the numbers of a product's values, except the brand."""
        return self._numbered(pairs, onec_id, record, is_characteristic=False)

    def of_offer(
        self, characteristics: Sequence[Pair], properties: Sequence[Pair], onec_id: str, record: CurrentRecord
    ) -> tuple[int, ...] | None:
        """Return the numbers of an offer's characteristics and properties by `Ид`; None if it has neither."""
        if not characteristics and not properties:
            return None
        numbers = self._numbered(characteristics, onec_id, record, is_characteristic=True)
        return numbers + self.of_product(properties, onec_id, record) if properties else numbers

    def take_new(self) -> list[StagedPropertyValue]:
        """Return the pairs numbered since the last call."""
        new, self._new = self._new, []
        return new

    def is_new_brand(self, name: str) -> bool:
        """Return whether this is the first call for a brand: one row is enough."""
        is_new = name not in self._brands
        self._brands.add(name)
        return is_new

    def _numbered(
        self, pairs: Sequence[Pair], onec_id: str, record: CurrentRecord, *, is_characteristic: bool
    ) -> tuple[int, ...]:
        known = self._of_offers if is_characteristic else self._of_products
        if len(known) > _MAX_REMEMBERED:  # mostly texts of a single product; repeated ones get another number
            known.clear()
        numbers = [known.get(pair) for pair in pairs]
        if None in numbers:
            numbers = [self._number(known, pair, onec_id, record, is_characteristic) for pair in pairs]
        return tuple(filter(None, numbers))

    def _number(
        self, known: dict[Pair, int], pair: Pair, onec_id: str, record: CurrentRecord, is_characteristic: bool
    ) -> int:
        """Return the number of a pair; 0 if it is not a value."""
        number = known.get(pair)
        if number is None:
            number = self._number_new(trim(pair[0]), trim(pair[1]), onec_id, record, is_characteristic)
            if len(pair[1] or "") <= TEXT_LIMIT:  # otherwise each object with it must report that it was cut
                known[pair] = number
        return number

    def _number_new(self, name: str, value: str, onec_id: str, record: CurrentRecord, is_characteristic: bool) -> int:
        if not name or value == ZERO_GUID or is_not_set(value) or (not is_characteristic and name == BRAND_PROPERTY):
            return 0
        value = record.shortened(value, TEXT_LIMIT, onec_id=onec_id, field=name)
        self._last_number += 1
        self._new.append(
            StagedPropertyValue(
                record.file_no,
                self._last_number,
                record.line,
                onec_id,
                is_characteristic,
                cut(normalize_name(name), TEXT_LIMIT) if is_characteristic else name,
                cut(normalize_name(name.partition("(")[0]), TEXT_LIMIT) if is_characteristic and "(" in name else None,
                name,
                value,
                cut(normalize_name(value), TEXT_LIMIT),
                slugify(value),
                is_guid(value),
            )
        )
        return self._last_number
