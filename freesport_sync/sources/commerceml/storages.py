"""`Склад` of storages.xml -> the names of the warehouses."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import StagedWarehouse
from freesport_sync.sources.commerceml.elements import fields_of, text_of
from freesport_sync.sources.commerceml.reading import Reading

ID_LIMIT = 64
NAME_LIMIT = 255


def read_storage(element: _Element, reading: Reading) -> Sequence[StagedWarehouse]:
    """Read one `Склад`; nothing without a usable id and name."""
    reading.next_record(element.sourceline)
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name, limit=ID_LIMIT)
    if onec_id is None or not reading.has_name(name, onec_id=onec_id):
        return ()
    name = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Наименование")
    return (StagedWarehouse(*reading.place, onec_id, name),)
