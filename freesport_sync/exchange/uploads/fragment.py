"""One fragment of a file, as 1C sends it with one request: either all of it is kept, or nothing (EXCHANGE-6)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.disk import refusal_of, require_space
from freesport_sync.exchange.uploads.signatures import is_complete, starts_file, starts_with
from freesport_sync.os_support import make_private


class Fragment:
    """Appends to a file of a batch; leaving the block before `finish` undoes it.

    A fragment of a file whose import was asked for begins a new file; so does one that begins as a whole file does.

    Args:
        batch: that the file belongs to.
        path: relative to the folder of the batch.
        announced_bytes: length of the fragment, as the request announces it; None: unknown.

    Raises:
        ExchangeRefused: a limit would be exceeded.
    """

    def __init__(self, batch: UploadBatch, path: PurePosixPath, announced_bytes: int | None) -> None:
        self._batch = batch
        self._path = path
        self._start = batch.received_of(path)
        self._written = 0
        self._file: int | None = None
        batch.require_room_for(path)
        self._require(announced_bytes or 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.roll_back()

    def write(self, data: bytes | bytearray) -> None:
        """Append data.

        Raises:
            ExchangeRefused: a limit is exceeded, or the disk is full or broken.
        """
        self._require(len(data))
        try:
            if self._file is None:
                self._open(data)
            view = memoryview(data)
            while view and self._file is not None:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise refusal_of(error) from error
        self._written += len(data)

    def finish(self, data: bytes | bytearray) -> None:
        """Append the last data, and keep the whole fragment.

        Raises:
            ExchangeRefused: see `write`; or the whole fragment is empty.
        """
        if not self._written and not data:  # a proxy has dropped the body
            raise ExchangeRefused("exchange_body_missing", file=self._path.name)
        self.write(data)
        self._close()
        self._batch.received(self._path, self._start + self._written)

    def roll_back(self) -> None:
        """Undo an unfinished fragment: the file is as it was before."""
        if self._file is None:
            return
        with suppress(OSError):
            os.ftruncate(self._file, self._start)
        self._close()

    def _require(self, more: int) -> None:
        """Refuse `more` bytes if they exceed a limit."""
        limits, fragment = self._batch.limits, self._written + more
        others = self._batch.size_bytes - self._batch.size_of(self._path)
        for code, size, limit in (
            ("exchange_fragment_too_large", fragment, limits.fragment),
            ("exchange_file_too_large", self._start + fragment, limits.file),
            ("exchange_portion_too_large", others + self._start + fragment, limits.batch),
        ):
            if size > limit:
                raise ExchangeRefused(code, file=self._path.name, limit_bytes=limit)

    def _open(self, data: bytes | bytearray) -> None:
        target = self._batch.folder / self._path
        make_private(target.parent)
        require_space(target.parent)
        if self._start and starts_file(target, data):
            self._start = 0
            if is_complete(target) and not starts_with(target, data):
                self._batch.set_aside(self._path)
        if not self._start:
            target.unlink(missing_ok=True)  # a run may still read the old file, through a link of its own
            self._batch.discard(self._path)
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._file = os.open(target, flags, 0o600)
        if os.fstat(self._file).st_size < self._start:  # it was removed: the new one would begin with zeros
            self._start = 0
            self._batch.discard(self._path)
            raise ExchangeRefused("exchange_file_missing", file=self._path.name)
        os.lseek(self._file, self._start, os.SEEK_SET)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
