"""The tree of `Группа` -> categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.etree import _Element

from freesport_sync.core.staged import StagedCategory
from freesport_sync.sources.commerceml.elements import (
    child_text,
    children,
    fields_of,
    is_deleted,
    text_of,
)
from freesport_sync.sources.commerceml.reading import Reading
from freesport_sync.sources.commerceml.values import slugify

MAX_FILE_BYTES = 64 * 1024**2
"""The tree in memory takes several times the size of the file; 119 groups are 44 KB."""

NAME_LIMIT = 200


def read_groups(element: _Element, reading: Reading) -> Sequence[StagedCategory]:
    """Read all groups of one `Классификатор`, parents first."""
    return tuple(_below(element, None, child_text(element, "Ид"), reading))


def _below(element: _Element, parent: str | None, classifier: str, reading: Reading) -> Iterator[StagedCategory]:
    for groups in children(element, "Группы"):
        for group in children(groups, "Группа"):
            yield from _group(group, parent, classifier, reading)


def _group(element: _Element, parent: str | None, classifier: str, reading: Reading) -> Iterator[StagedCategory]:
    fields = fields_of(element)
    name = text_of(fields.get("Наименование"))
    reading.next_record(element.sourceline)
    onec_id = reading.checked_id(text_of(fields.get("Ид")), name=name)
    deleted = is_deleted(element, fields)
    if onec_id is not None and reading.has_name(name, onec_id=onec_id, deleted=deleted):
        stored = reading.shortened(name, NAME_LIMIT, onec_id=onec_id, field="Наименование")
        description = text_of(fields.get("Описание"))
        yield StagedCategory(
            *reading.place, onec_id, parent, stored or None, slugify(stored), description, deleted, classifier
        )
    # Children of a group without id go to its parent; a group without name may exist in the shop.
    yield from _below(element, onec_id or parent, classifier, reading)
