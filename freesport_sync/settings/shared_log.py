"""A log file that several processes write to: windows, imports of the scheduler, the exchange.

The usual handler keeps its file open. On Windows nobody could then rename it, and the log would stop where it has to be
rotated; elsewhere the others would go on writing into the file that was renamed. So the file is open only for one entry
at a time, and a lock decides whose turn it is. An entry takes a tenth of a millisecond; there are few.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from freesport_sync.os_support import file_lock

MAX_BYTES = 5_000_000
"""Size at which a file is rotated."""
KEPT = 5
"""How many rotated files are kept."""
LONGEST_ENTRY = 100_000
"""The rest of an entry is cut off, in characters."""
LOCK_TIMEOUT_S = 1.0
"""After that an entry is written without a turn, so that a process that hangs stops no other."""


class SharedLog(logging.Handler):
    """Writes entries into a file and rotates it: `name`, then `name.1` to `name.5`, the oldest.

    An entry that cannot be written, because the disk is full for instance, is lost without a word.

    Args:
        file: in a folder that exists.
        first_line: makes the entry that each file begins with.
        max_bytes: size at which the file is rotated.
        kept: how many rotated files are kept.
    """

    def __init__(
        self, file: Path, first_line: Callable[[], logging.LogRecord], max_bytes: int = MAX_BYTES, kept: int = KEPT
    ) -> None:
        super().__init__()
        self._file = file
        self._lock_file = file.with_name(f"{file.name}.lock")
        self._first_line = first_line
        self._max_bytes = max_bytes
        self._kept = kept
        for own in (file, self._lock_file):
            with suppress(OSError):  # missing, or of another user
                if own.is_file():
                    own.chmod(0o600)  # a former version left it open to others: it names hosts and accounts

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry."""
        try:
            entry = self._encoded(record)
        except Exception:
            self.handleError(record)
            return
        with suppress(OSError):
            self._write(entry)

    def _write(self, entry: bytes) -> None:
        try:
            with file_lock(self._lock_file, LOCK_TIMEOUT_S):
                if self._size() + len(entry) > self._max_bytes:
                    self._rotate()
                self._append(entry)
        except TimeoutError:
            self._append(entry)

    def _append(self, entry: bytes) -> None:
        size = self._size()
        if size > 2 * self._max_bytes:  # somebody has opened the files, and they cannot be rotated
            return
        with open(self._file, "ab", buffering=0, opener=_private) as file:
            file.write(entry if size else self._encoded(self._first_line()) + entry)

    def _rotate(self) -> None:
        with suppress(OSError):  # somebody has opened one of them: the next entry tries again
            for number in range(self._kept, 0, -1):
                older = self._file if number == 1 else self._numbered(number - 1)
                if older.exists():
                    os.replace(older, self._numbered(number))

    def _numbered(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}")

    def _size(self) -> int:
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def _encoded(self, record: logging.LogRecord) -> bytes:
        entry = self.format(record)
        if len(entry) > LONGEST_ENTRY:
            entry = f"{entry[:LONGEST_ENTRY]}…"
        return f"{entry}\n".encode("utf-8", "backslashreplace")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
