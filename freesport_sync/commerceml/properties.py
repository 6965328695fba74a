"""`Свойство` -> attributes, their values and brands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.discovery import FileKind
from freesport_sync.commerceml.elements import children, fields_of, is_deleted, text_of
from freesport_sync.commerceml.property_values import BRAND_PROPERTY, TEXT_LIMIT
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import cut, normalize_name, slugify
from freesport_sync.core.staged import StagedAttribute, StagedBrand, StagedDictionaryValue

NO_BRAND = "Без Бренда"
BRAND_NAME_LIMIT = 100
BRAND_ID_LIMIT = 100
ID_LIMIT = 255
TYPE_LIMIT = 50

_OFFER_FILES = frozenset((FileKind.PROPERTIES_OFFERS, FileKind.OFFERS))

PropertyRow = StagedAttribute | StagedDictionaryValue | StagedBrand


def read_property(element: _Element, reading: Reading) -> Sequence[PropertyRow]:
    """One `Свойство` with its values; of the property `Бренд` they are brands too.

    1C repeats the property `Бренд` with the whole list in each segment of propertiesGoods.
    """
    reading.next_record(element.sourceline)
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name, limit=ID_LIMIT)
    if onec_id is None or not reading.has_name(name, onec_id=onec_id, deleted=is_deleted(element, fields)):
        return ()
    return (*_attribute(onec_id, name, fields, reading), *_values(onec_id, name, fields, reading))


def _attribute(onec_id: str, name: str, fields: dict[str, _Element], reading: Reading) -> Iterator[StagedAttribute]:
    if not name:  # a tombstone
        return
    name = reading.shortened(name, TEXT_LIMIT, onec_id=onec_id, field="Наименование")
    value_type = cut(text_of(fields.get("ТипЗначений")), TYPE_LIMIT)
    normalized = cut(normalize_name(name), TEXT_LIMIT)
    yield StagedAttribute(*reading.place, onec_id, name, normalized, slugify(name), value_type, _source(reading))


def _values(onec_id: str, name: str, fields: dict[str, _Element], reading: Reading) -> Iterator[PropertyRow]:
    is_brand = name == BRAND_PROPERTY and FileKind.GOODS in reading.wanted
    source = _source(reading)
    for value in children(fields.get("ВариантыЗначений"), "Справочник"):
        reading.next_record(value.sourceline)
        value_fields = fields_of(value)
        text = text_of(value_fields.get("Значение"))
        value_id = reading.checked_id(
            text_of(value_fields.get("ИдЗначения")), name=text, field="ИдЗначения", limit=ID_LIMIT
        )
        if value_id is None or not reading.has_name(text, onec_id=value_id, field="Значение", owner=name):
            continue
        if is_brand:
            yield from _brand(value_id, text, reading)
        text = reading.shortened(text, TEXT_LIMIT, onec_id=value_id, field="Значение")
        # Decomposing can make a text longer than it was: `½` becomes `1⁄2`.
        normalized = cut(normalize_name(text), TEXT_LIMIT)
        yield StagedDictionaryValue(*reading.place, value_id, onec_id, text, normalized, slugify(text), source)


def _brand(onec_id: str, name: str, reading: Reading) -> Iterator[StagedBrand]:
    if name == NO_BRAND or reading.checked_id(onec_id, name=name, field="ИдЗначения", limit=BRAND_ID_LIMIT) is None:
        return
    name = reading.shortened(name, BRAND_NAME_LIMIT, onec_id=onec_id, field="Значение")
    yield StagedBrand(*reading.place, onec_id, name, cut(normalize_name(name), BRAND_NAME_LIMIT), slugify(name))


def _source(reading: Reading) -> str:
    return "offers" if reading.kind in _OFFER_FILES else "goods"
