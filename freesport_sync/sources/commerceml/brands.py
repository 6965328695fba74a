"""Brands, in the lists of properties and in the goods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from freesport_sync.core.staged import StagedBrand
from freesport_sync.rules.catalog.brands import BRAND_PROPERTY
from freesport_sync.sources.commerceml.pairs import Pair
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import (
    ZERO_GUID,
    cut,
    is_guid,
    normalize_name,
    slugify,
    trim,
)

NO_BRAND = "Без Бренда"
BRAND_NAME_LIMIT = 100
BRAND_ID_LIMIT = 100


def brand_row(
    onec_id: str, name: str, property_onec_id: str, reading: Reading, *, is_guess: bool = False
) -> Iterator[StagedBrand]:
    """Yield the row of a brand, unless the name means "no brand" (BRAND-3)."""
    if name == NO_BRAND:
        return
    name = reading.shortened(name, BRAND_NAME_LIMIT, onec_id=onec_id, field="Значение")
    normalized = cut(normalize_name(name), BRAND_NAME_LIMIT)
    yield StagedBrand(*reading.place, onec_id, name, normalized, slugify(name), property_onec_id, is_guess)


def brand_of(pairs: Sequence[Pair], onec_id: str, reading: Reading) -> tuple[str | None, Sequence[StagedBrand]]:
    """Find the brand among a product's properties: its id in 1C, and a row if the value is its name (BRAND-1).

    Of several properties, the most reliable one with a value counts.
    """
    properties = reading.brand_properties
    # Of several values of one property the first.
    stated = ((trim(name), trim(value)) for name, value in reversed(pairs))
    given = {key: value for key, value in stated if key in properties and value not in ("", ZERO_GUID)}
    for key, is_name in properties.items():
        value = given.get(key)
        if value is None or (is_name and value == NO_BRAND):
            continue
        known = reading.reference(value, onec_id=onec_id, field=BRAND_PROPERTY, limit=BRAND_ID_LIMIT)
        is_id = is_guid(value) or (key == BRAND_PROPERTY and not is_name)
        if known is None or is_id or not reading.property_values.is_new_brand(known):
            return known, ()
        return known, tuple(brand_row(known, known, key, reading, is_guess=not is_name))
    return None, ()
