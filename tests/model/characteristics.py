"""The model of what tells variants apart (VARIANT-5 to VARIANT-7): characteristics, properties by id, names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tests.model import values
from tests.model.exports import Offer, Pairs, Property
from tests.model.shop import ModelShop

Dictionary = Callable[[str, str], str]
"""Id of a property and value as written -> the text of the value; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Properties:
    """1C's properties as an export and the shop know them."""

    names: dict[str, str]
    text_of: Dictionary


def known_properties(shop: ModelShop, records: Iterable[Property]) -> Properties:
    """Those of the export go before those that the shop remembers."""
    names = {mapping.onec_id: mapping.onec_name for mapping in shop.attribute_mappings}
    listed: dict[tuple[str, str], str] = {}
    for record in records:
        key, name = values.property_id(record.onec_id), (record.name or "").strip()[:255]
        if key and name:
            names[key] = name
        for value in record.values if key and (name or record.deleted) else ():
            text = value.text.strip()[:255]
            if text:
                listed.setdefault((key, values.property_id(value.onec_id)), text)

    def text_of(key: str, written: str) -> str:
        if (key, written) in listed:
            return listed[key, written]
        mapping = shop.attribute_mapping(key)
        for remembered in (shop.value_mapping(f"{key}#{written}"), shop.value_mapping(written)):
            if mapping and remembered and remembered.value.attribute is mapping.attribute:
                return remembered.onec_value
        return "" if values.is_guid(written) else written

    return Properties(names, text_of)


def single(characteristics: Pairs) -> Pairs:
    """`Цвет, размер: синий, 42` is two characteristics, if there are as many values as names."""
    found: list[tuple[str, str]] = []
    for name, value in characteristics:
        names, texts = re.split(r",\s*", name.strip()), re.split(r",\s+", value.strip())
        is_list = {"цвет", "размер"} <= {part.strip().lower() for part in names}
        found += list(zip(names, texts, strict=True)) if is_list and len(names) == len(texts) else [(name, value)]
    return tuple(found)


def unsaid(offer: Offer, known: Properties) -> Pairs:
    """The properties that an offer's characteristics do not say too."""
    said = {form for name, value in single(offer.characteristics) if value for form in _forms(name)}
    if not offer.characteristics:
        return offer.properties
    return tuple(
        (key, value)
        for key, value in offer.properties
        if value and key.strip() in known.names and values.normalized(known.names[key.strip()]) not in said
    )


def _forms(name: str) -> set[str]:
    return {values.normalized(name)} | ({values.normalized(name.split("(")[0])} if "(" in name else set())


def color(offer: Offer, colors: Collection[str], known: Properties) -> str:
    """Of the characteristics, else of the properties, else of the one text, else the shop's first in the name."""
    said = _meant(single(offer.characteristics), lambda word: word in ("цвет", "color", "окраска"), values.is_value)
    if said:
        return said[:100]
    named = _named(unsaid(offer, known), known)
    meant = _meant_pair(named, lambda word: word in ("цвет", "color", "окраска"), values.is_value)
    if meant and (text := known.text_of(*meant)):
        return text[:100]
    if shade := _of_text(_whole(offer))[0]:
        return shade[:100]
    name = (offer.name or "").strip().lower()
    return next((word.capitalize() for word in colors if word.lower() in name), "")


def size(offer: Offer, known: Properties) -> str:
    """Of the characteristics, else of the properties, else of the one text, else of the bracket that ends the name."""
    said = _meant(single(offer.characteristics), _is_size_word, is_size)
    if said:
        return said[:50]
    meant = _meant_pair(_named(unsaid(offer, known), known), _is_size_word, is_size)
    if meant and (text := known.text_of(*meant)) and text.lower() not in NO_SIZES:
        return text[:50]
    if of_text := _of_text(_whole(offer))[1]:
        return of_text[:50]
    match = re.search(r"\(((?:[^()]|\([^()]*\))*)\)$", (offer.name or "").strip())
    inside = match[1].strip() if match else ""
    inside = (_of_text(inside)[1] or inside) if "," in inside else inside
    return inside[:50] if is_size(inside) else ""


def _whole(offer: Offer) -> str:
    """The text of `Цвет, размер` that is not as many values as names; empty where there is none."""
    for label, value in offer.characteristics:
        is_whole = "," in label and single(((label, value),)) == ((label, value),) and label.lower().startswith("цвет")
        if is_whole and values.is_value(value):
            return value.strip()
    return ""


def _of_text(text: str) -> tuple[str, str]:
    """`синий, 42` -> `Синий` and `42`; the whole text is the size where one of its parts is neither colour nor size."""
    parts = re.split(r",\s+", text)
    sizes = [part for part in parts if re.fullmatch(r"\d{1,3}|X?L", part)]
    shades = [part for part in parts if part.lower() in ("синий", "красный", "тёмно-синий")]
    if len(sizes) + len(shades) < len(parts):
        return "", text
    return ", ".join(shades).capitalize(), ", ".join(sizes)


NO_SIZES = ("да", "нет", "yes", "no", "true", "false", "-")


def is_size(text: str) -> bool:
    return values.is_value(text) and text.strip().lower() not in NO_SIZES


def _is_size_word(word: str) -> bool:
    return word in ("размер", "size", "размерtd") or word.startswith("размер_")


def _named(pairs: Pairs, known: Properties) -> list[tuple[str, tuple[str, str]]]:
    return [(known.names.get(key.strip(), ""), (key.strip(), value.strip())) for key, value in pairs]


def _meant(pairs: Pairs, is_word: Callable[[str], bool], is_usable: Callable[[str], bool]) -> str:
    found = _meant_pair([(name, ("", value.strip())) for name, value in pairs], is_word, is_usable)
    return found[1] if found else ""


def _meant_pair(
    named: list[tuple[str, tuple[str, str]]], is_word: Callable[[str], bool], is_usable: Callable[[str], bool]
) -> tuple[str, str] | None:
    """The first that has the plain name, else the first that has it before a bracket."""
    usable = [(name.strip().lower(), pair) for name, pair in named if is_usable(pair[1])]
    plain = [pair for name, pair in usable if is_word(name)]
    bracketed = [pair for name, pair in usable if "(" in name and is_word(name.split("(")[0].strip())]
    return next(iter(plain + bracketed), None)
