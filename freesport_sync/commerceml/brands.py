"""The values of the property `Бренд` -> brands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.commerceml.elements import child_text, children, fields_of, text_of
from freesport_sync.commerceml.reading import Reading
from freesport_sync.commerceml.values import cut, normalize_name, slugify
from freesport_sync.core.staged import StagedBrand

RECORD_TAG = "Свойство"
BRAND_PROPERTY = "Бренд"
"""Name of the property, and in real exports literally its `Ид` too."""

NO_BRAND = "Без Бренда"
NAME_LIMIT = 100


def read_brands(element: _Element, reading: Reading) -> Sequence[StagedBrand]:
    """The brands that one `Свойство` lists; nothing for every property but `Бренд`.

    1C repeats the whole list in each segment of propertiesGoods.
    """
    if child_text(element, "Наименование") != BRAND_PROPERTY:
        return ()
    return tuple(_brands(element, reading))


def _brands(element: _Element, reading: Reading) -> Iterator[StagedBrand]:
    for variants in children(element, "ВариантыЗначений"):
        for value in children(variants, "Справочник"):
            fields = fields_of(value)
            name = text_of(fields.get("Значение"))
            if name == NO_BRAND:
                continue
            reading.next_record(value.sourceline)
            onec_id = reading.checked_id(text_of(fields.get("ИдЗначения")), name=name, field="ИдЗначения")
            if onec_id is None or not reading.has_name(name, onec_id=onec_id, field="Значение"):
                continue
            name = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Значение")
            # Decomposing can make a name longer than it was: `½` becomes `1⁄2`.
            normalized = cut(normalize_name(name), NAME_LIMIT)
            yield StagedBrand(*reading.place, onec_id, name, normalized, slugify(name))
