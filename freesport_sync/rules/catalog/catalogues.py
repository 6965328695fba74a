"""Moves between catalogues of one export (CATALOGUE-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class _CatalogueRow(Protocol):
    @property
    def file_no(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def onec_id(self) -> str: ...
    @property
    def catalogue(self) -> str: ...
    @property
    def is_deleted(self) -> bool: ...


Record = TypeVar("Record", bound=_CatalogueRow)


def without_moved(rows: Sequence[Record]) -> list[Record]:
    """Return the rows in file order, without deletions in one catalogue of what another catalogue has.

    Within a catalogue the last record decides.
    """
    ordered = sorted(rows, key=lambda row: (row.file_no, row.position))
    is_deleted = {(row.onec_id, row.catalogue): row.is_deleted for row in ordered}
    live = {key for (key, _), deleted in is_deleted.items() if not deleted}
    return [row for row in ordered if row.onec_id not in live or not is_deleted[row.onec_id, row.catalogue]]
