"""What 1C uploads, file by file and piece by piece, until it is imported."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath

from freesport_sync.commerceml.archive import unpack
from freesport_sync.commerceml.discovery import FileKind, recognise
from freesport_sync.commerceml.faults import ROOT_TAG
from freesport_sync.commerceml.folders import PICTURE_FOLDER
from freesport_sync.errors import ExchangeRefused, SyncError, reason_of
from freesport_sync.exchange.calls import file_path
from freesport_sync.os_support import DISK_FULL

MB = 1024**2
SPARE_BYTES = 200 * MB
"""What must stay free on the disk."""
MAX_UNUSED = 50
"""Portions that nobody has asked to import, or whose import failed; 1C sends them again."""
_XML_STARTS = (b"<?xml", b"\xef\xbb\xbf<?xml")
_END_BYTES = 200
_DAY_S = 86_400
REFERENCE_BOOKS = frozenset(kind for kind in FileKind if kind.is_reference_book) - {FileKind.CONTRAGENTS}


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes.

    Args:
        fragment: one request.
        file: all its fragments together.
        portion: all files of a portion, packed.
        unpacked: all files of a portion, unpacked.
        files: how many.
    """

    fragment: int
    file: int
    portion: int
    unpacked: int
    files: int = 200_000


class Portion:
    """The files of one portion of an exchange.

    Args:
        folder: of its own; created with the first file.
        limits: of the sizes.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self.used_at = time.monotonic()
        """When the last piece came, or the last import ended."""
        self.is_busy = False
        """A file is on its way."""
        self.has_failed = False
        """An import of it did not succeed: somebody may want to look at the files."""
        self.size_bytes = 0
        self._sizes: dict[PurePosixPath, int] = {}
        """Imports read it on their thread while files come on another: so they read copies, made in one step."""
        self._counting = threading.Lock()
        """An archive may be unpacked meanwhile."""
        self._asked_for: set[PurePosixPath] = set()

    @property
    def waiting(self) -> tuple[PurePosixPath, ...]:
        """XML files and archives that nobody has asked to import."""
        return tuple(sorted(path for path in self._at_the_top(".xml", ".zip") if path not in self._asked_for))

    @property
    def waiting_xml(self) -> tuple[PurePosixPath, ...]:
        """Those that are no archives."""
        return tuple(path for path in self.waiting if path.suffix.lower() == ".xml")

    def incoming(self, path: PurePosixPath, announced: int | None) -> Incoming:
        """Begin to append to a file.

        A file that an import has been asked for begins anew; so does an XML file whose piece begins as a whole one
        does: somebody between 1C and us has sent a request twice, or this is the file of the next portion.

        Args:
            path: see `calls.file_path`.
            announced: bytes that are to come; None: nobody knows.

        Raises:
            ExchangeRefused: that would be too much, or the disk is full.
        """
        size = 0 if path in self._asked_for else self._sizes.get(path, 0)
        if path not in self._sizes and len(self._sizes) >= self.limits.files:
            raise ExchangeRefused("exchange_too_many_files", limit=self.limits.files)
        incoming = Incoming(self, path, size)
        incoming.require(announced or 0)
        return incoming

    def received(self, path: PurePosixPath, size: int) -> None:
        """A piece is complete; the file has this size now."""
        self._asked_for.discard(path)
        self._take(path, size)
        self.used_at = time.monotonic()

    def begun_anew(self, path: PurePosixPath) -> None:
        """What was there of a file is gone."""
        with self._counting:
            self.size_bytes -= self._sizes.pop(path, 0)

    def _take(self, path: PurePosixPath, size: int) -> None:
        with self._counting:
            self.size_bytes += size - self._sizes.get(path, 0)
            self._sizes[path] = size

    def _at_the_top(self, *suffixes: str) -> list[PurePosixPath]:
        """Exports; what lies deeper are pictures, and logs of 1C's."""
        return [path for path in tuple(self._sizes) if len(path.parts) == 1 and path.suffix.lower() in suffixes]

    def size_of(self, path: PurePosixPath) -> int:
        """What is there of a file."""
        return self._sizes.get(path, 0)

    def unpacked(self, check: Callable[[], None]) -> None:
        """Unpack the archives that are not unpacked yet; they are removed then.

        Raises:
            SyncError: one is damaged, encrypted, unsafe, too large, or the disk is full; it stays as it is.
        """

        def keep_going() -> None:
            check()
            _require_space(self.folder)

        for path in self._at_the_top(".zip"):
            room = max(1, self.limits.unpacked - self.size_bytes + self.size_of(path))
            for entry in unpack(self.folder / path, self.folder, keep_going, True, self._place, room):
                self.received(entry, (self.folder / entry).stat().st_size)
            (self.folder / path).unlink()
            self.begun_anew(path)

    def _place(self, entry: PurePosixPath) -> PurePosixPath:
        """Where an entry of an archive goes.

        1C calls the files of every portion the same. What an archive before it has brought under that name, and nobody
        has imported yet, goes on waiting under another one.
        """
        path = file_path(str(entry))
        if path in self._sizes and path.suffix.lower() == ".xml" and path not in self._asked_for:
            self.set_aside(path)
        return path

    def set_aside(self, path: PurePosixPath) -> None:
        """Give a file another name: a new one takes its place, and nobody has imported it yet."""
        names = (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in count(1))
        free = next(name for name in names if name not in self._sizes)
        (self.folder / path).rename(self.folder / free)
        self._sizes[free] = self._sizes.pop(path)

    def named(self, path: PurePosixPath | None) -> tuple[PurePosixPath, ...]:
        """The XML files that a name means.

        Args:
            path: a file; an archive, or None, means all that were not asked for yet.

        Raises:
            ExchangeRefused: there is no such file.
        """
        if path is None or path.suffix.lower() == ".zip":
            found = self.waiting_xml
        else:
            found = tuple(known for known in tuple(self._sizes) if str(known).lower() == str(path).lower())
        if not found or (path is not None and path.suffix.lower() not in (".xml", ".zip")):
            raise ExchangeRefused("exchange_file_missing", file="" if path is None else path.name)
        return found

    def ask_for(self, paths: Iterable[PurePosixPath]) -> None:
        """These files are being imported, or have been; what comes of them now is a new file.

        The next server is told, too: it must not take them for files that nobody has asked for, and bring back the
        stocks of yesterday.
        """
        fresh = set(paths) - self._asked_for
        self._asked_for |= fresh
        with suppress(OSError), self._notes.open("a", encoding="utf-8") as file:
            file.writelines(f"{path}\n" for path in fresh)

    @property
    def _notes(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.asked")

    def find_files(self) -> bool:
        """Look what lies in the folder of an earlier server; returns whether anything is to be imported.

        1C sends a portion again whose import it had begun to ask for: what is left of that must not come after it.
        """
        with suppress(OSError):
            self._asked_for.update(map(PurePosixPath, self._notes.read_text("utf-8").splitlines()))
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self._take(PurePosixPath(path.relative_to(self.folder).as_posix()), path.stat().st_size)
        return bool(self.waiting) and not self._asked_for

    def pictures(self) -> tuple[PurePosixPath, ...]:
        """Everything below a folder of pictures."""
        return tuple(path for path in tuple(self._sizes) if path.parts[0].lower() == PICTURE_FOLDER)

    def books(self) -> tuple[PurePosixPath, ...]:
        """The files that goods, offers, prices and stocks refer to."""
        kinds = {path: recognise(path.name)[0] for path in tuple(self._sizes) if path.suffix.lower() == ".xml"}
        return tuple(path for path, kind in kinds.items() if kind is not None and kind in REFERENCE_BOOKS)

    def remove(self) -> None:
        """Forget everything; what was imported lies in the folders of its runs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._notes.unlink(missing_ok=True)
        self._sizes.clear()
        self.size_bytes = 0


class Incoming:
    """A piece of a file that is being received: all of it is kept, or nothing.

    Args:
        portion: that it belongs to.
        path: of the file.
        size: of what is there of it already.
    """

    def __init__(self, portion: Portion, path: PurePosixPath, size: int) -> None:
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
            raise _refusal(error) from error
        self._written += len(data)

    def _open(self, data: bytes | bytearray) -> None:
        target = self._portion.folder / self._path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_space(target.parent)
        if self._start and self._path.suffix.lower() == ".xml" and bytes(data[:8]).lstrip().startswith(_XML_STARTS):
            self._start = 0
            if _is_another_document(target, data):
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
            ExchangeRefused: as `write`.
        """
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


class Inbox:
    """The folder of portions; outside of everything that anybody serves.

    Args:
        folder: created when the first portion comes.
        limits: of each portion.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits

    def new_portion(self) -> Portion:
        """Room for a portion of its own.

        Raises:
            ExchangeRefused: the disk is full, or the folder cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _require_space(self._folder)
        except OSError as error:
            raise _refusal(error) from error
        return Portion(self._folder / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}", self._limits)

    def left_over(self) -> Iterator[Portion]:
        """The portions of an earlier server in which files wait that nobody has asked for."""
        for folder in self._folders():
            portion = Portion(folder, self._limits)
            if portion.find_files():
                yield portion

    def forget_old(self, keep_days: int, in_use: Collection[Path]) -> None:
        """Remove portions that were begun too many days ago, and the oldest where there are too many.

        Args:
            keep_days: how long they are kept.
            in_use: folders that stay.
        """
        oldest = time.time() - keep_days * _DAY_S
        for number, folder in enumerate(reversed([one for one in self._folders() if one not in in_use])):
            with suppress(OSError):
                if number >= MAX_UNUSED or folder.stat().st_mtime < oldest:
                    Portion(folder, self._limits).remove()

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []


def _is_another_document(path: Path, data: bytes | bytearray) -> bool:
    """Whether a file is a whole document, and not the one that begins with this data."""
    with path.open("rb") as file:
        is_same = file.read(len(data)) == data
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        end = file.read().rstrip()
    return not is_same and any(end.endswith(f"</{ROOT_TAG}>".encode(encoding)) for encoding in ("utf-8", "cp1251"))


def _require_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise ExchangeRefused("exchange_disk_full")


def _refusal(error: OSError) -> SyncError:
    if error.errno in DISK_FULL:
        return ExchangeRefused("exchange_disk_full")
    return ExchangeRefused("exchange_disk_broken", reason=reason_of(error))
