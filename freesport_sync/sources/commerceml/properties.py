"""`Свойство` -> attributes, their values and brands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import StagedAttribute, StagedBrand, StagedDictionaryValue
from freesport_sync.rules.catalog.brands import brand_rank
from freesport_sync.sources.commerceml.brands import BRAND_ID_LIMIT, brand_row
from freesport_sync.sources.commerceml.elements import (
    LOCAL_NAME,
    child_text,
    children,
    fields_of,
    is_deleted,
    text_of,
)
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.property_values import TEXT_LIMIT
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import cut, normalize_name, slugify

ID_LIMIT = 255
TYPE_LIMIT = 50

_DICTIONARY = "Справочник"
_LISTED = frozenset((_DICTIONARY, "ВариантЗначения", "Вариант"))
"""Elements of a value with an id: since 2.04, in 2.03, and of 1C-Битрикс."""

_OFFER_FILES = frozenset((FileKind.PROPERTIES_OFFERS, FileKind.OFFERS))

PropertyRow = StagedAttribute | StagedDictionaryValue | StagedBrand


def read_property(element: _Element, reading: Reading) -> Sequence[PropertyRow]:
    """Read one `Свойство` (2.03: `СвойствоНоменклатуры`) with its values, which for a brand property are also brands.

    1C repeats the property `Бренд` with the whole list in each segment of propertiesGoods.
    """
    reading.next_record(element.sourceline)
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name, limit=ID_LIMIT)
    if onec_id is None or not reading.has_name(name, onec_id=onec_id, deleted=is_deleted(element, fields)):
        return ()
    lists, value_type = _values_and_type(fields)
    listed = [value for values in lists for value in values if LOCAL_NAME[value.tag] in _LISTED]
    if listed and not value_type:
        value_type = _DICTIONARY
    return (*_attribute(onec_id, name, value_type, reading), *_values(onec_id, name, listed, reading))


def _values_and_type(fields: dict[str, _Element]) -> tuple[list[_Element], str]:
    """Yield lists of values with the type of their items; 2.03 has one list per type."""
    types = list(children(fields.get("ТипыЗначений"), "ТипЗначений"))
    lists = [fields["ВариантыЗначений"]] if "ВариантыЗначений" in fields else []
    lists += [values for one in types for values in children(one, "ВариантыЗначений")]
    named = [text_of(fields.get("ТипЗначений")), *(child_text(one, "Тип") for one in types)]
    return lists, next(filter(None, named), "")


def _attribute(onec_id: str, name: str, value_type: str, reading: Reading) -> Iterator[StagedAttribute]:
    if not name:  # a tombstone
        return
    name = reading.shortened(name, TEXT_LIMIT, onec_id=onec_id, field="Наименование")
    normalized = cut(normalize_name(name), TEXT_LIMIT)
    kind = cut(value_type, TYPE_LIMIT)
    yield StagedAttribute(*reading.place, onec_id, name, normalized, slugify(name), kind, _source(reading))


def _values(onec_id: str, name: str, listed: Sequence[_Element], reading: Reading) -> Iterator[PropertyRow]:
    is_brand = FileKind.GOODS in reading.wanted and brand_rank(name) is not None
    source = _source(reading)
    for value in listed:
        reading.next_record(value.sourceline)
        value_fields = fields_of(value)
        text = text_of(value_fields.get("Значение"))
        value_id = reading.checked_id(
            text_of(value_fields.get("ИдЗначения")) or text_of(value_fields.get("Ид")),
            name=text,
            field="ИдЗначения",
            limit=ID_LIMIT,
        )
        if value_id is None or not reading.has_name(text, onec_id=value_id, field="Значение", owner=name):
            continue
        if is_brand and reading.checked_id(value_id, name=text, field="ИдЗначения", limit=BRAND_ID_LIMIT) is not None:
            yield from brand_row(value_id, text, onec_id, reading)
        text = reading.shortened(text, TEXT_LIMIT, onec_id=value_id, field="Значение")
        # Decomposing can lengthen a text: `½` becomes `1⁄2`.
        normalized = cut(normalize_name(text), TEXT_LIMIT)
        yield StagedDictionaryValue(*reading.place, value_id, onec_id, text, normalized, slugify(text), source)


def _source(reading: Reading) -> str:
    return "offers" if reading.kind in _OFFER_FILES else "goods"
