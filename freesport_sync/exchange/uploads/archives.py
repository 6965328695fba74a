"""Unpacks the archives of a batch when an import is asked for: only then have all fragments arrived (EXCHANGE-7)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.disk import require_space
from freesport_sync.exchange.uploads.file_names import file_path
from freesport_sync.exchange.uploads.uploaded_file import FileStatus
from freesport_sync.sources.commerceml.archive import unpack
from freesport_sync.sources.commerceml.picture_files import is_packed_picture


def unpack_archives(batch: UploadBatch, check: Callable[[], None]) -> None:
    """Replace the archives of a batch by what is in them.

    Args:
        batch: whose archives; unpacking does not change its time of arrival.
        check: called between blocks; may raise.

    Raises:
        SyncError: an archive is damaged, encrypted, unsafe or too large, or the disk is full; it stays as it is.
    """

    def check_all() -> None:
        check()
        require_space(batch.folder)

    for archive in batch.archives:
        room = max(1, batch.limits.unpacked - batch.size_bytes + archive.size_bytes)
        taken: set[str] = set()

        def place(entry: PurePosixPath, taken: set[str] = taken) -> PurePosixPath | None:
            return _place(batch, entry, taken)

        for path in unpack(batch.folder / archive.path, batch.folder, check_all, True, place, room):
            batch.add(path, (batch.folder / path).stat().st_size)
        batch.unpacked(archive)


def has_records(batch: UploadBatch) -> bool:
    """Whether anything but pictures waits to be imported; an unreadable archive may have something."""
    return bool(batch.waiting_xml) or any(_may_have_xml(batch.folder / archive.path) for archive in batch.archives)


def _place(batch: UploadBatch, entry: PurePosixPath, taken: set[str]) -> PurePosixPath | None:
    """Where an entry of an archive goes; None: it is left out.

    1C gives the files of every batch the same names. A file of an earlier archive that is not imported yet gets
    another name; so does the second file of one name in one archive. A picture whose name is invalid on some
    system is left out: its record gets a row issue.

    Args:
        batch: that the archive belongs to.
        entry: its path in the archive.
        taken: what the archive has brought already, in lower case.
    """
    try:
        path = file_path(str(entry))
    except ExchangeRefused:
        if is_packed_picture(entry):
            return None
        raise
    if path.suffix.lower() == ".xml":
        if str(path).lower() in taken:
            path = batch.free_name(path, taken)
        else:
            for known in batch.find(path)[:1]:
                if known.status is FileStatus.RECEIVED:
                    batch.set_aside(known.path)
        taken.add(str(path).lower())
    return path


def _may_have_xml(archive: Path) -> bool:
    try:
        with zipfile.ZipFile(archive) as opened:
            return any(name.lower().endswith(".xml") for name in opened.namelist())
    except Exception:  # zipfile raises errors of many types for what is not an archive
        return True
