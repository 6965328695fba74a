"""The model of properties: attributes, their values, and who has them (ATTR-1 to ATTR-6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.model import values
from tests.model.characteristics import Properties, single, unsaid
from tests.model.exports import Good, Offer, Pairs, Property
from tests.model.shop import (
    Attribute,
    AttributeMapping,
    AttributeValue,
    ModelShop,
    Product,
    ValueMapping,
    Variant,
)

TEXT_LIMIT = 255
_GUID = re.compile("-".join(f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12)))


@dataclass(frozen=True, slots=True)
class _Known:
    """A property as its last record says; what the shop keeps of the first is `source`."""

    name: str
    type: str
    source: str


def import_attributes(shop: ModelShop, goods: Iterable[Property], offers: Iterable[Property]) -> None:
    """First 1C's new names for what the shop has, then what is new, then the values."""
    records = [("goods", record) for record in goods] + [("offers", record) for record in offers]
    known: dict[str, _Known] = {}
    for source, record in records:
        key, name = values.property_id(record.onec_id), (record.name or "").strip()[:TEXT_LIMIT]
        if key and name:
            found = _Known(name, record.value_type[:50], source)
            known[key] = replace(found, source=known[key].source) if key in known else found
    _rename(shop, known)
    for key, found in known.items():
        if shop.attribute_mapping(key) is None:
            attribute = shop.attribute(normalized(found.name)) or _add_attribute(shop, key, found)
            if all(mapping.attribute is not attribute for mapping in shop.attribute_mappings):
                attribute.name, attribute.type = found.name, found.type or attribute.type
            shop.attribute_mappings.append(AttributeMapping(key, found.name, found.source, attribute))
    for source, record in records:
        if (record.name or "").strip() or record.deleted:
            _import_values(shop, source, record)


def _rename(shop: ModelShop, known: dict[str, _Known]) -> None:
    """The property that an attribute has had for longest names it, as soon as no other has that name."""
    wanted: list[tuple[Attribute, str]] = []
    for attribute in shop.attributes:
        keys = [mapping.onec_id for mapping in shop.attribute_mappings if mapping.attribute is attribute]
        if keys and keys[0] in known:
            attribute.type = known[keys[0]].type or attribute.type
            if attribute.name != known[keys[0]].name:
                wanted.append((attribute, known[keys[0]].name))
    while possible := [(a, name) for a, name in wanted if shop.attribute(normalized(name)) in (None, a)]:
        attribute, name = possible[0]
        attribute.name, attribute.normalized_name = name, normalized(name)
        wanted.remove(possible[0])


def _add_attribute(shop: ModelShop, key: str, found: _Known) -> Attribute:
    wanted = values.slug(found.name) or f"attribute-{key[:8]}"
    slug = values.unique(wanted, [a.slug for a in shop.attributes], TEXT_LIMIT, 1)
    attribute = Attribute(found.name, slug, normalized(found.name), found.type)
    shop.attributes.append(attribute)
    return attribute


def _import_values(shop: ModelShop, source: str, record: Property) -> None:
    """What 1C has listed before is left as it is; words of another property are not those of this one."""
    mapping = shop.attribute_mapping(values.property_id(record.onec_id))
    for listed in record.values if mapping else ():
        key, text = values.property_id(listed.onec_id), listed.text.strip()[:TEXT_LIMIT]
        if mapping is None or not key or not text:
            continue
        known = shop.value_mapping(key)
        if known is not None and known.value.attribute is not mapping.attribute:
            is_same = values.is_guid(key) and known.value.normalized_value == normalized(text)
            key = key if is_same or len(mapping.onec_id) + len(key) >= 255 else f"{mapping.onec_id}#{key}"
        if shop.value_mapping(key) is None:
            value = shop.attribute_value(mapping.attribute, normalized(text))
            if value is None:
                value = AttributeValue(mapping.attribute, text, values.slug(text), normalized(text))
                shop.attribute_values.append(value)
            shop.value_mappings.append(ValueMapping(key, text, source, value))


Owner = TypeVar("Owner", Product, Variant)
Said = list[tuple[str, Pairs | None]]
"""1C key and properties of each record of a file; None where a record does not mention properties."""


def give_values(
    shop: ModelShop, offers: Sequence[Sequence[Offer]], goods: Iterable[Sequence[Good]], known: Properties
) -> dict[Product, list[AttributeValue]]:
    """Variants have what their last record says that mentions properties; of products see `links.link_products`.


    Args:
        offers: the records of each file; they name values that nobody has listed before goods do.
        goods: likewise.
        known: 1C's properties.

    Returns:
        What the goods say of their products.
    """
    of_offers = _said(
        [[_said_of(o, single(o.characteristics), known) for o in file] for file in offers],
        shop.known_variant,
        lambda name, text: _of_characteristic(shop, name, text),
    )
    of_goods = _said(
        [
            [(values.variant_key(g.onec_id), g.properties or (None if g.brand is None else ())) for g in file]
            for file in goods
        ],
        shop.product,
        lambda key, text: _of_property(shop, key, text),
    )
    by_property = _said(
        [[_said_of(o, unsaid(o, known), known) for o in file] for file in offers],
        shop.known_variant,
        lambda key, text: _of_property(shop, key, text),
    )
    for variant, said in of_offers.items():
        variant.values = list(dict.fromkeys([*said, *by_property[variant]]))
    return of_goods


def _said_of(offer: Offer, pairs: Pairs, known: Properties) -> tuple[str, Pairs | None]:
    mentions = offer.characteristics or unsaid(offer, known)
    return values.variant_key(offer.onec_id), pairs if mentions else None


def _said(
    files: list[Said],
    owner_of: Callable[[str], Owner | None],
    read: Callable[[str, str], AttributeValue | None],
) -> dict[Owner, list[AttributeValue]]:
    last: dict[str, tuple[int, Pairs]] = {}
    for file_no, file in enumerate(files):
        for key, said_pairs in file:
            if said_pairs is not None:
                last[key] = file_no, said_pairs
    owners: list[tuple[Owner, int, Pairs]] = []
    for key, (number, pairs) in last.items():
        owner = owner_of(key)
        if owner is not None:
            owners.append((owner, number, pairs))
    said: dict[Owner, list[AttributeValue]] = {owner: [] for owner, _, _ in owners}
    for number, file in enumerate(files):
        for pair in dict.fromkeys(pair for _, pairs in file for pair in pairs or ()):  # by their first use
            for owner, its_file, pairs in owners:
                value = read(*pair) if its_file == number and pair in pairs else None
                if value is not None and value not in said[owner]:
                    said[owner].append(value)
    return said


def _of_characteristic(shop: ModelShop, name: str, text: str) -> AttributeValue | None:
    attribute = shop.attribute(normalized(name)) if name.strip() else None
    if attribute is None and "(" in name:
        attribute = shop.attribute(normalized(name.split("(")[0]))
    return value_of(shop, attribute, text.strip()) if attribute and _is_value(text) else None


def _of_property(shop: ModelShop, key: str, text: str) -> AttributeValue | None:
    key, text = key.strip(), text.strip()
    mapping = shop.attribute_mapping(key)
    if mapping is None or key == "Бренд" or not _is_value(text):
        return None
    listed = shop.value_mapping(f"{key}#{text}") or shop.value_mapping(text)
    if listed is not None and listed.value.attribute is mapping.attribute:
        return listed.value
    if listed is not None and _GUID.fullmatch(text):
        return value_of(shop, mapping.attribute, listed.value.value, listed.value.slug)
    return None if _GUID.fullmatch(text) else value_of(shop, mapping.attribute, text)


def _is_value(text: str) -> bool:
    return values.is_value(text) and text.strip() != values.ZERO_GUID


def value_of(shop: ModelShop, attribute: Attribute, text: str, slug: str | None = None) -> AttributeValue:
    """The value of this attribute; an unlisted one is created, with a slug of its own."""
    text = text[:TEXT_LIMIT]
    value = shop.attribute_value(attribute, normalized(text))
    if value is None:
        wanted = values.slug(text) if slug is None else slug
        taken = [v.slug for v in shop.attribute_values]
        value = AttributeValue(attribute, text, values.unique(wanted, taken, TEXT_LIMIT, 1), normalized(text))
        shop.attribute_values.append(value)
    return value


def normalized(text: str) -> str:
    """The form by which the shop knows attributes and values."""
    return values.normalized(text)[:TEXT_LIMIT]
