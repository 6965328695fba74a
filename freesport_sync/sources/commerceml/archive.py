"""Opens an export in a folder, a zip, or a folder of zips, without trusting the zips."""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from freesport_sync.core.file_names import is_portable
from freesport_sync.errors import (
    ImportFailed,
    SourceMalformed,
    SourceMissing,
    SyncError,
    reason_of,
)
from freesport_sync.os_support import DISK_FULL, is_process_alive, make_private
from freesport_sync.sources.commerceml.export import SkippedFile
from freesport_sync.sources.commerceml.folders import xml_files
from freesport_sync.sources.commerceml.picture_files import is_packed_picture

MAX_ENTRIES = 100_000
MAX_TOTAL_BYTES = 20 * 1024**3
MAX_RATIO = 200
"""Maximum compression ratio of an entry; 1C's XML reaches about 30."""
RATIO_FREE_BYTES = 100 * 1024**2
"""Entries up to this size may have any ratio."""

_COPY_BYTES = 1024 * 1024
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, RuntimeError)
"""What `zipfile` raises for garbage, depending on where it is."""


@contextmanager
def opened_export(
    data_dir: Path,
    work_dir: Path,
    check: Callable[[], None] = lambda: None,
    with_pictures: bool = False,
    leave_out: Callable[[SkippedFile], None] = lambda skipped: None,
) -> Iterator[Path]:
    """Open an export as one folder for `discovery.discover`.

    A folder without zips is used as it is. The XML files of a zip are unpacked into a temporary folder; of a folder
    with zips in its root, each zip goes into a sub-folder of its own name, and the plain XML files beside them are
    copied, so that one root has every XML file; plain pictures beside zips stay where they are.

    Args:
        data_dir: folder or zip of the export.
        work_dir: parent of the temporary folder; created if missing.
        check: called repeatedly while unpacking; may raise to stop.
        with_pictures: unpack the pictures below `import_files` too.
        leave_out: called with what is not unpacked: nested archives, links that lead out.

    Raises:
        SourceMissing: missing, neither folder nor zip, or not readable.
        SourceMalformed: a zip is damaged, encrypted, or unsafe to unpack.
        ImportFailed: the disk is full or cannot be written to.
    """
    archives = _archives(data_dir)
    if not archives:
        yield data_dir
        return
    with _temporary_folder(work_dir) as folder:
        for archive in archives:
            place = PurePosixPath() if archive == data_dir else PurePosixPath(archive.name)
            unpack(archive, folder / place, check, with_pictures)
            for inner in _archives_in(archive):
                leave_out(SkippedFile(str(place / inner), "archive_inside"))
        if archives != [data_dir]:
            _copy_plain_files(data_dir, folder, leave_out)
        yield folder


def _archives(data_dir: Path) -> list[Path]:
    """Return the zips to unpack; raises if `data_dir` is not an export."""
    try:
        if data_dir.is_dir():
            return sorted(path for path in data_dir.iterdir() if _is_zip_name(path) and path.is_file())
        if not data_dir.exists():
            raise SourceMissing("data_dir_missing", path=str(data_dir))
        if not _is_zip_name(data_dir):
            raise SourceMissing("data_dir_not_export", path=str(data_dir))
    except OSError as error:
        raise _os_error(error, data_dir) from error
    return [data_dir]


def _archives_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive, metadata_encoding="cp866") as opened:
        return [name for name in opened.namelist() if name.lower().endswith(".zip")]


def _is_zip_name(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


@contextmanager
def _temporary_folder(work_dir: Path) -> Iterator[Path]:
    try:
        make_private(work_dir)
        _remove_litter(work_dir)
        temporary = TemporaryDirectory(prefix=f"export-{os.getpid()}-", dir=work_dir, ignore_cleanup_errors=True)
    except OSError as error:
        raise ImportFailed("work_dir_not_writable", path=str(work_dir), reason=reason_of(error)) from error
    with temporary as name:
        yield Path(name)


def _remove_litter(work_dir: Path) -> None:
    """Remove temporary folders of killed programs."""
    for folder in work_dir.glob("export-*"):
        process = folder.name.split("-")[1]
        if process.isdecimal() and not is_process_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def unpack(
    archive: Path,
    folder: Path,
    check: Callable[[], None],
    with_pictures: bool,
    place: Callable[[PurePosixPath], PurePosixPath | None] = lambda path: path,
    limit_bytes: int | None = None,
) -> tuple[PurePosixPath, ...]:
    """Unpack the XML files of a zip.

    Args:
        archive: the zip.
        folder: to unpack into.
        check: called repeatedly; may raise to stop.
        with_pictures: unpack the pictures below `import_files` too.
        place: maps a path in the zip to one below the folder, or None to skip the entry.
        limit_bytes: total size; None means `MAX_TOTAL_BYTES`.

    Returns:
        The paths below the folder.

    Raises:
        SourceMissing: the zip cannot be read.
        SourceMalformed: it is damaged, encrypted, or unsafe to unpack.
        ImportFailed: the disk is full or cannot be written to.
    """
    try:
        # Names without the UTF-8 flag are in the code page of a Russian Windows console.
        with zipfile.ZipFile(archive, metadata_encoding="cp866") as opened:
            checked = _checked_entries(opened, archive.name, with_pictures, place, limit_bytes or MAX_TOTAL_BYTES)
            for target, entry in checked.items():
                path = folder / target
                make_private(path.parent)
                path.unlink(missing_ok=True)  # do not write through an existing link
                with opened.open(entry) as source, path.open("wb") as written:
                    while chunk := source.read(_COPY_BYTES):
                        check()
                        written.write(chunk)
                _set_time(path, entry)
    except OSError as error:
        if error.errno == errno.EINVAL:  # a truncated zip: its directory points before its start
            raise SourceMalformed("archive_damaged", file=archive.name, reason=reason_of(error)) from error
        raise _os_error(error, archive) from error
    except NotImplementedError as error:  # for example Deflate64, which Windows Explorer uses above 2 GB
        raise SourceMalformed("archive_method_unknown", file=archive.name, reason=str(error)) from error
    except _DAMAGED as error:
        raise SourceMalformed("archive_damaged", file=archive.name, reason=str(error)) from error
    return tuple(checked)


def _set_time(path: Path, entry: zipfile.ZipInfo) -> None:
    """Set the modification time to that of the zip entry, the substitute for a missing date; it is local time."""
    with suppress(ValueError, OverflowError, OSError):  # there is no thirteenth month
        packed_at = datetime(*entry.date_time).timestamp()
        os.utime(path, (packed_at, packed_at))


def _copy_plain_files(data_dir: Path, folder: Path, leave_out: Callable[[SkippedFile], None]) -> None:
    for path, problem in xml_files(data_dir):
        relative = path.relative_to(data_dir)
        if problem:
            leave_out(SkippedFile(relative.as_posix(), problem))
            continue
        target = folder / relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            shutil.copystat(path, target)
        except OSError as error:
            raise _os_error(error, path) from error


def _checked_entries(
    opened: zipfile.ZipFile,
    name: str,
    with_pictures: bool,
    place: Callable[[PurePosixPath], PurePosixPath | None],
    limit_bytes: int,
) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Map target paths to the wanted entries of a zip; raises if any entry is unsafe."""
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise SourceMalformed("archive_too_many_entries", file=name, count=len(entries), limit=MAX_ENTRIES)
    checked: list[tuple[PurePosixPath, zipfile.ZipInfo]] = []
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        is_picture, problem = is_packed_picture(path), _entry_problem(entry, path)
        if problem and not (is_picture and problem == "name"):  # one picture with a bad name does not spoil the rest
            raise SourceMalformed("archive_unsafe", file=name, entry=entry.filename, reason=problem)
        if entry.is_dir() or problem or not (path.suffix.lower() == ".xml" or (with_pictures and is_picture)):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise SourceMalformed("archive_encrypted", file=name, entry=entry.filename)
        if entry.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * entry.compress_size):
            raise SourceMalformed("archive_bomb", file=name, entry=entry.filename, size_bytes=entry.file_size)
        checked.append((path, entry))
    _refuse_together(checked, name, limit_bytes)
    placed = [(place(path), entry) for path, entry in checked]
    return {path: entry for path, entry in placed if path is not None}


def _refuse_together(checked: list[tuple[PurePosixPath, zipfile.ZipInfo]], name: str, limit_bytes: int) -> None:
    """Refuse duplicate names and too large totals."""
    # On Windows and macOS `A.xml` and `a.xml` are one file: the second would silently overwrite the first.
    seen: set[str] = set()
    for path, _ in checked:
        if path.suffix.lower() == ".xml" and str(path).lower() in seen:
            raise SourceMalformed("archive_unsafe", file=name, entry=str(path), reason="same_name_twice")
        seen.add(str(path).lower())
    # Reading stops at the size that an entry claims, so the claims can be added up.
    total = sum(entry.file_size for _, entry in checked)
    if total > limit_bytes:
        raise SourceMalformed("archive_too_large", file=name, size_bytes=total, limit_bytes=limit_bytes)


def _entry_problem(entry: zipfile.ZipInfo, path: PurePosixPath) -> str:
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return "outside"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "link"
    return "" if all(map(is_portable, path.parts)) else "name"


def _os_error(error: OSError, path: Path) -> SyncError:
    if error.errno in DISK_FULL:
        return ImportFailed("disk_full", path=str(path))
    return SourceMissing("file_unreadable", path=str(path), reason=reason_of(error))
