"""Puts the files of an export into import order, and drops copies of the export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from freesport_sync.os_support import open_shared
from freesport_sync.sources.commerceml.dates import YEARS
from freesport_sync.sources.commerceml.elements import text_of
from freesport_sync.sources.commerceml.export import IMPORT_ORDER, FileKind, SourceFile

_UNKNOWN = datetime.min
_COPYING = timedelta(hours=1)
"""Maximum time between the first and last file of an export that is copied."""


class Part(NamedTuple):
    """A file of an export.

    Args:
        file: the file.
        segments: numbers of its folders, then those of its name.
        export: folder of the export that it belongs to.
    """

    file: SourceFile
    segments: tuple[int, ...]
    export: str


def in_import_order(parts: Sequence[Part]) -> list[SourceFile]:
    """Sort by kind, then date, then segment: the last record of an object wins (FILE-2, FILE-3).

    All segments of an export have the same date. Leftover files of an older export (1C gives every file another name)
    must not bring back what a newer one has changed.
    """
    moments = _moments(parts)

    def place(part: Part) -> tuple[int, datetime, tuple[int, ...], str]:
        return IMPORT_ORDER[part.file.kind], moments[part.file.kind, part.file.name], part.segments, part.file.name

    return [part.file for part in sorted(parts, key=place)]


def without_copies(parts: Sequence[Part]) -> tuple[list[Part], list[SourceFile]]:
    """Return the files to import, and those of copies of the export in other folders (FILE-6).

    A copy beside the export (`webdata - копия`) would bring back what is no longer in the export. Per kind, the folder
    with the newest files counts, of equally new ones the one nearer to the root. Folders that complement each other,
    with other segments or another catalogue, are all read.
    """
    moments = _moments(parts)
    by_kind: defaultdict[FileKind, defaultdict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for part in parts:
        by_kind[part.file.kind][part.export].append(part)
    copies: set[tuple[FileKind, str]] = set()
    for kind, exports in by_kind.items():
        newest = {
            export: max(moments[kind, part.file.name] for part in of_export) for export, of_export in exports.items()
        }
        higher_first = sorted(exports, key=lambda export: (export.count("/") + bool(export), len(export), export))
        read: list[str] = []
        for export in sorted(higher_first, key=newest.__getitem__, reverse=True):
            if any(_are_copies(exports[export], exports[other]) for other in read):
                copies.update((kind, part.file.name) for part in exports[export])
            else:
                read.append(export)
    return (
        [part for part in parts if (part.file.kind, part.file.name) not in copies],
        [part.file for part in parts if (part.file.kind, part.file.name) in copies],
    )


def _are_copies(some: Sequence[Part], others: Sequence[Part]) -> bool:
    theirs = {part.segments: part.file.path for part in others}
    twins = [(part.file.path, theirs[part.segments]) for part in some if part.segments in theirs]
    return any(_first_id(path) == _first_id(other) for path, other in twins[:1])


def _first_id(path: Path) -> str:
    """Return the first `Ид` of a file, that of its classifier or catalogue; errors are reported elsewhere."""
    try:
        with open_shared(path) as source:
            parsed = etree.iterparse(source, tag="{*}Ид", resolve_entities=False, no_network=True, huge_tree=False)
            return next((text_of(element) for _event, element in parsed), "")
    except (OSError, etree.XMLSyntaxError):
        return ""


def _moments(parts: Sequence[Part]) -> dict[tuple[FileKind, str], datetime]:
    """Estimate when each file was created.

    Without a readable date, the time of the last change counts, limited to the given day if there is one. Files of one
    export changed at about the same time count as created together: they may have been copied in any order, and their
    segments tell the right one.
    """
    moments: dict[tuple[FileKind, str], datetime] = {}
    vague: defaultdict[tuple[FileKind, str, datetime | None], list[Part]] = defaultdict(list)
    for part in parts:
        created_at = part.file.created_at
        if created_at is None or created_at == datetime(created_at.year, created_at.month, created_at.day):
            vague[part.file.kind, part.export, created_at].append(part)
        else:
            moments[part.file.kind, part.file.name] = created_at
    for (kind, _, day), together in vague.items():
        changed = {part.file.name: changed_at(part.file) or _UNKNOWN for part in together}
        is_one_export = len({part.segments for part in together}) == len(together)
        is_one_export = is_one_export and max(changed.values()) - min(changed.values()) <= _COPYING
        for name, moment in changed.items():
            known = max(changed.values()) if is_one_export else moment
            moments[kind, name] = known if day is None else min(max(known, day), day + timedelta(days=1))
    return moments


def changed_at(file: SourceFile) -> datetime | None:
    """Return when a file was last changed; None if copying has lost the time."""
    try:
        moment = datetime.fromtimestamp(file.modified_ns / 1e9)
    except (OverflowError, OSError, ValueError):
        return None
    return moment if moment.year in YEARS else None
