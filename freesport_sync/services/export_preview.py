"""A first look at an export before it is imported: which files it has, and their date."""

from __future__ import annotations

import zipfile
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from freesport_sync.errors import SyncError
from freesport_sync.sources.commerceml.discovery import discover
from freesport_sync.sources.commerceml.export import FileKind, recognise
from freesport_sync.sources.commerceml.header import check_header

MAX_ENTRIES = 10_000
"""How many entries of an archive are read; most of them are pictures."""


class ExportPreview(NamedTuple):
    """What a first look at an export shows.

    Args:
        kinds: kind of file -> how many, in import order.
        created_at: `ДатаФормирования` of the newest, local time of the 1C server; None if no file has one.
    """

    kinds: dict[str, int]
    created_at: datetime | None


def preview_export(path: Path) -> ExportPreview:
    """Read the names and the beginnings of the files of a folder or an archive.

    Raises:
        SyncError: an import of these files would be refused.
    """
    found = _in_archive(path) if path.is_file() else [(one.kind, one.created_at) for one in discover(path).files]
    counts = Counter(kind for kind, _ in found)
    dates = [created_at for _, created_at in found if created_at is not None]
    return ExportPreview({kind.value: counts[kind] for kind in FileKind if counts[kind]}, max(dates, default=None))


def _in_archive(path: Path) -> list[tuple[FileKind, datetime | None]]:
    found = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist()[:MAX_ENTRIES]:
            name = PurePosixPath(entry.filename).name
            kind, _ = recognise(name)
            if kind is not None and kind.is_imported and not entry.is_dir():
                found.append((kind, _date(archive, entry, name)))
    return found


def _date(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> datetime | None:
    with suppress(SyncError, RuntimeError, NotImplementedError), archive.open(entry) as source:
        return check_header(source, name).created_at  # type: ignore[arg-type]
    return None
