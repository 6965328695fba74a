"""A piece of a file that 1C sends: kept whole or not at all, and told from the beginning of a file that comes again."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from freesport_sync.errors import ExchangeRefused, SyncError, reason_of
from freesport_sync.os_support import DISK_FULL, make_private
from freesport_sync.rules.catalog.pictures import PICTURE_SUFFIXES
from freesport_sync.sources.commerceml.faults import ROOT_TAG

if TYPE_CHECKING:
    from freesport_sync.exchange.uploads.batch import UploadBatch

MB = 1024**2
SPARE_BYTES = 200 * MB
"""What must stay free on the disk."""
_XML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?<\?xml")
_PICTURE_START = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP", re.DOTALL)
_ZIP_START, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_END_BYTES = 200


class Fragment:
    """A piece of a file that is being received: all of it is kept, or nothing.

    Args:
        portion: that it belongs to.
        path: of the file.
        size: of what is there of it already.
    """

    def __init__(self, portion: UploadBatch, path: PurePosixPath, size: int) -> None:
        self._portion = portion
        self._path = path
        self._start = size
        self._written = 0
        self._file: int | None = None

    def require(self, more: int) -> None:
        """Refuse what would be too much.

        Args:
            more: bytes that are to come.

        Raises:
            ExchangeRefused: a limit would be passed.
        """
        limits, fragment = self._portion.limits, self._written + more
        others = self._portion.size_bytes - self._portion.size_of(self._path)
        for name, size, limit in (
            ("exchange_fragment_too_large", fragment, limits.fragment),
            ("exchange_file_too_large", self._start + fragment, limits.file),
            ("exchange_portion_too_large", others + self._start + fragment, limits.portion),
        ):
            if size > limit:
                raise ExchangeRefused(name, file=self._path.name, limit_bytes=limit)

    def write(self, data: bytes | bytearray) -> None:
        """Append data.

        Raises:
            ExchangeRefused: a limit is passed, or the disk is full or broken.
        """
        self.require(len(data))
        try:
            if self._file is None:
                self._open(data)
            view = memoryview(data)
            while view and self._file is not None:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise refusal_of(error) from error
        self._written += len(data)

    def _open(self, data: bytes | bytearray) -> None:
        target = self._portion.folder / self._path
        make_private(target.parent)
        require_space(target.parent)
        if self._start and begins_anew(target, data):
            self._start = 0
            if is_whole(target) and not _begins_with(target, data):
                self._portion.set_aside(self._path)
        if not self._start:
            target.unlink(missing_ok=True)  # a run may still read the old one, by a name of its own
            self._portion.begun_anew(self._path)
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = os.open(target, flags, 0o600)
        if os.fstat(self._file).st_size < self._start:  # somebody has tidied up: the file would begin with zeros
            self._start = 0
            self._portion.begun_anew(self._path)
            raise ExchangeRefused("exchange_file_missing", file=self._path.name)
        os.lseek(self._file, self._start, os.SEEK_SET)

    def finish(self, data: bytes | bytearray) -> None:
        """Append the last data, and keep all that came.

        Raises:
            ExchangeRefused: as `write`; or nothing came at all.
        """
        if not self._written and not data:  # somebody between 1C and us has lost it
            raise ExchangeRefused("exchange_body_missing", file=self._path.name)
        self.write(data)
        self._close()
        self._portion.received(self._path, self._start + self._written)

    def roll_back(self) -> None:
        """Forget what came: the file is as it was before."""
        if self._file is None:
            return
        with suppress(OSError):
            os.ftruncate(self._file, self._start)
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def begins_anew(path: Path, data: bytes | bytearray) -> bool:
    """Whether a piece is the beginning of a file, and not what follows on what is there of it.

    Somebody between 1C and us has sent a request twice, or it is the file of the next portion.
    """
    start, suffix = bytes(data[:16]), path.suffix.lower()
    if suffix == ".xml":
        return _XML_START.match(start) is not None
    if suffix in PICTURE_SUFFIXES:
        return _PICTURE_START.match(start) is not None
    return suffix == ".zip" and start.startswith(_ZIP_START) and is_whole(path)  # a later piece may begin so, too


def is_whole(path: Path) -> bool:
    """Whether an XML file or an archive ends as a complete one does."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        end = file.read()
    if path.suffix.lower() == ".zip":
        return _ZIP_END in end
    return any(end.rstrip().endswith(f"</{ROOT_TAG}>".encode(encoding)) for encoding in ("utf-8", "cp1251"))


def _begins_with(path: Path, data: bytes | bytearray) -> bool:
    with path.open("rb") as file:
        return file.read(len(data)) == data


def require_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise ExchangeRefused("exchange_disk_full")


def refusal_of(error: OSError) -> SyncError:
    if error.errno in DISK_FULL:
        return ExchangeRefused("exchange_disk_full")
    return ExchangeRefused("exchange_disk_broken", reason=reason_of(error))
