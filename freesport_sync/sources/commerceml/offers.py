"""`Предложение` -> a variant, with colour and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import (
    NO_SIZES,
    StagedOffer,
    StagedOfferProperty,
    StagedPropertyValue,
)
from freesport_sync.sources.commerceml.characteristics import (
    CharacteristicIndices,
    Colors,
    color_and_size_in,
    find_characteristics,
    forms_of,
    split_combined,
)
from freesport_sync.sources.commerceml.elements import is_deleted, text_of
from freesport_sync.sources.commerceml.pairs import Pair, pairs_of
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import (
    VariantId,
    is_not_set,
    split_bracket,
    trim,
)

ARTICLE_LIMIT = 100
COLOR_LIMIT = 100
SIZE_LIMIT = 50

_LONG = 5
"""Minimum length of a long list of characteristics."""


def offer_rows(
    element: _Element, fields: dict[str, _Element], variant: VariantId, reading: Reading
) -> Sequence[StagedPropertyValue | StagedOfferProperty | StagedOffer]:
    """Return the variant, preceded by characteristics not seen before.

    Colour and size are found as in the shop's own importer (VARIANT-5), and also in `ЗначенияСвойств`, in names with a
    bracket, and in one text for all characteristics.
    """
    onec_id = variant.key
    name = text_of(fields.get("Наименование"))
    characteristics = pairs_of(fields.get("ХарактеристикиТовара"), "Наименование")
    found = find_characteristics(characteristics)
    if found.whole is not None:
        characteristics = split_combined(characteristics)
        found = find_characteristics(characteristics)
    properties = _properties_besides(fields.get("ЗначенияСвойств"), characteristics, reading)
    color, size = _color_and_size(characteristics, found, name, reading.colors)

    def shortened(text: str, limit: int, field: str) -> str | None:
        return reading.shortened(text, limit, onec_id=onec_id, field=field, name=name) or None

    numbers = reading.property_values.of_offer(characteristics, properties, onec_id, reading)
    return (
        *reading.property_values.take_new(),
        *_by_property(properties, found, reading),
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


def _properties_besides(element: _Element | None, characteristics: Sequence[Pair], reading: Reading) -> Sequence[Pair]:
    """Return the properties of an offer, by `Ид`, that its characteristics do not repeat."""
    if element is None or _is_the_same(element, characteristics, reading.property_forms):
        return ()
    pairs = pairs_of(element, "Ид")
    if not characteristics:
        return pairs
    stated = {form for name, value in characteristics if value for form in forms_of(name)}
    forms = reading.property_forms
    return [pair for pair in pairs if pair[1] and (form := forms.get(trim(pair[0]))) and form not in stated]


def _is_the_same(element: _Element, characteristics: Sequence[Pair], forms: Mapping[str, str]) -> bool:
    """Return whether `ЗначенияСвойств` repeat the characteristics in the same order, as in most files of УТ 11.

    Only the ends of a long list are compared, which takes a tenth of the time.
    """
    if len(element) != len(characteristics) or len(element) < _LONG:
        return False
    for place in (0, -1):
        entry, (name, _) = element[place], characteristics[place]
        if not len(entry) or forms.get(trim(entry[0].text)) not in forms_of(name):
            return False
    return True


def _by_property(
    properties: Sequence[Pair], known: CharacteristicIndices, reading: Reading
) -> Sequence[StagedOfferProperty]:
    """Return colour and size given by properties only: texts, or ids resolved by the database (VARIANT-5)."""
    if not properties:
        return ()
    found = find_characteristics([(reading.property_names.get(trim(key)), value) for key, value in properties])
    color = found.color if known.color is None else None
    size = found.size if known.size is None else None
    if color is None and size is None:
        return ()
    return (StagedOfferProperty(*reading.place, *_pair_at(properties, color), *_pair_at(properties, size)),)


def _pair_at(properties: Sequence[Pair], place: int | None) -> tuple[str | None, str | None]:
    if place is None:
        return None, None
    key, value = properties[place]
    return trim(key), trim(value)


def _color_and_size(
    characteristics: Sequence[Pair], found: CharacteristicIndices, name: str, colors: Colors
) -> tuple[str, str]:
    """Return colour and size from the characteristics, else from the name; empty if neither has them."""
    color, size = ("" if place is None else trim(characteristics[place][1]) for place in (found.color, found.size))
    if color and size:
        return color, size
    in_whole = ("", "")
    if found.whole is not None:
        in_whole = color_and_size_in(trim(characteristics[found.whole][1]), colors)
    return color or in_whole[0] or _color_in_name(name, colors), size or in_whole[1] or _size_in_name(name, colors)


def _size_in_name(name: str, colors: Colors) -> str:
    """Return the last bracket of a name, or the size among several parts of it: `Ботинки (синий, 42)` -> `42`."""
    _, inside = split_bracket(name)
    if "," in inside or ";" in inside:
        inside = color_and_size_in(inside, colors)[1] or inside
    return "" if is_not_set(inside) or inside.lower() in NO_SIZES else inside


def _color_in_name(name: str, colors: Colors) -> str:
    """Return the first of the shop's colours that the name contains."""
    lowered = name.lower()
    return next((color for word, color in colors if word in lowered), "")
