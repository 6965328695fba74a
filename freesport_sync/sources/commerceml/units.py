"""`ЕдиницаИзмерения`: only checked, since the shop does not store units."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.etree import _Element

from freesport_sync.core.issues import Severity
from freesport_sync.core.staged import ReferenceRow
from freesport_sync.sources.commerceml.elements import child_text
from freesport_sync.sources.commerceml.reading import Reading


def read_unit(element: _Element, reading: Reading) -> Sequence[ReferenceRow]:
    """Report a unit without `Ид`; returns no row (in 1C its ОКЕИ code, padded: `"796 "`) (STOCK-10)."""
    reading.next_record(element.sourceline)
    if not child_text(element, "Ид"):
        name = child_text(element, "НаименованиеКраткое") or child_text(element, "НаименованиеПолное")
        reading.report(Severity.NOTE, "unit_id_missing", name=name, field="Ид")
    return ()
