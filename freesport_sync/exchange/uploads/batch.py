"""One batch of files that 1C uploads: the only place that knows and changes where each file is (EXCHANGE-5)."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.uploads.signatures import is_complete
from freesport_sync.exchange.uploads.uploaded_file import FileStatus, UploadedFile
from freesport_sync.sources.commerceml.picture_files import is_packed_picture

NOTES_SUFFIX = ".asked"
"""Of the file beside the folder of a batch that tells the next server which imports were asked for."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who uploads files.

    Args:
        user: of the exchange; empty if an earlier server received the files.
        address: of the client.
        login: timestamp of the login session, in seconds since 1970.
    """

    user: str = ""
    address: str = ""
    login: int = 0

    @property
    def operator(self) -> str:
        """The operator of the runs, as the history shows it."""
        return f"1C {self.user}@{self.address}" if self.user else "1C"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Sizes in bytes.

    Args:
        fragment: of one request.
        file: of a file, all its fragments together.
        batch: of all files of a batch as they are on the disk.
        unpacked: of all files of a batch, the archives unpacked.
        files: maximum number in a batch.
    """

    fragment: int
    file: int
    batch: int
    unpacked: int
    files: int = 200_000


class UploadBatch:
    """The files that one client uploads between two `init`.

    Files come on the thread of the server while imports read and mark them on theirs, so readers take a copy of the
    files in one step.

    Args:
        folder: of its own; created with the first file.
        limits: maximum sizes.
        sender: who uploads it.
    """

    def __init__(self, folder: Path, limits: UploadLimits, sender: Sender = Sender()) -> None:
        self.folder = folder
        self.limits = limits
        self.sender = sender
        self.used_at = time.monotonic()
        """When the last fragment came or the last import ended, in monotonic seconds."""
        self.arrived_at = 0.0
        """When the last fragment came, in seconds since 1970; batches are ordered by it."""
        self.is_closed = False
        """The server no longer handles it: its client must begin another one."""
        self.has_failed = False
        """An import of it has failed: it is retried only when 1C asks, and the files are kept for inspection."""
        self.size_bytes = 0
        self._files: dict[PurePosixPath, UploadedFile] = {}
        self._replaced: list[UploadedFile] = []
        """Exports that were sent again after an import was asked for; also those of a batch that was removed."""
        self._lock = threading.RLock()
        self.is_receiving = False
        self._open_imports = 0

    # --- what is there ---

    @property
    def files(self) -> tuple[UploadedFile, ...]:
        """All files as they are now."""
        return tuple(self._files.values())

    @property
    def exports(self) -> tuple[UploadedFile, ...]:
        """Every export that was ever uploaded, including those that another file has replaced."""
        return tuple(file for file in (*self._replaced, *self.files) if file.is_export)

    @property
    def waiting(self) -> tuple[UploadedFile, ...]:
        """Exports whose import was not asked for yet, sorted by name."""
        found = (file for file in self.files if file.is_export and file.status is FileStatus.RECEIVED)
        return tuple(sorted(found, key=lambda file: file.path))

    @property
    def waiting_xml(self) -> tuple[UploadedFile, ...]:
        """The waiting XML files, without archives."""
        return tuple(file for file in self.waiting if file.is_xml)

    @property
    def archives(self) -> tuple[UploadedFile, ...]:
        """The archives that are not unpacked yet."""
        return tuple(file for file in self.files if file.is_archive)

    @property
    def new_pictures(self) -> tuple[UploadedFile, ...]:
        """Pictures that no import has read yet; records of an earlier batch may name them."""
        files = (file for file in self.files if file.status is FileStatus.RECEIVED)
        return tuple(file for file in files if is_packed_picture(file.path))

    def size_of(self, path: PurePosixPath) -> int:
        """Bytes of a file on the disk; 0 if there is none."""
        file = self._files.get(path)
        return 0 if file is None else file.size_bytes

    def received_of(self, path: PurePosixPath) -> int:
        """Offset in bytes at which the next fragment of a file continues; 0 if it begins a new file."""
        file = self._files.get(path)
        return file.size_bytes if file is not None and file.status is FileStatus.RECEIVED else 0

    def find(self, path: PurePosixPath) -> tuple[UploadedFile, ...]:
        """The files of this name, ignoring case."""
        return tuple(file for file in self.files if str(file.path).lower() == str(path).lower())

    def free_name(self, path: PurePosixPath, taken: Collection[str]) -> PurePosixPath:
        """A name like `path` that no file has.

        Args:
            path: the name that is taken.
            taken: further names that are taken, in lower case.
        """
        used = {str(file.path).lower() for file in self.files}.union(taken)
        names = (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in count(1))
        return next(name for name in names if str(name).lower() not in used)

    # --- receiving ---

    def require_room_for(self, path: PurePosixPath) -> None:
        """Refuse one file too many.

        Raises:
            ExchangeRefused: the batch is full and does not have this file.
        """
        if path not in self._files and len(self._files) >= self.limits.files:
            raise ExchangeRefused("exchange_too_many_files", limit=self.limits.files)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Mark the batch as in use while the block receives a fragment."""
        self.is_receiving = True
        try:
            yield
        finally:
            self.is_receiving = False

    def received(self, path: PurePosixPath, size_bytes: int) -> None:
        """Record a complete fragment; the file has this size now."""
        self.add(path, size_bytes)
        self.used_at, self.arrived_at = time.monotonic(), time.time()

    def add(self, path: PurePosixPath, size_bytes: int) -> None:
        """Record a file that is on the disk, or its new size."""
        with self._lock:
            file = self._files.get(path)
            if file is None or file.status is not FileStatus.RECEIVED:
                self.discard(path)
                file = UploadedFile(path)
            self.size_bytes += size_bytes - file.size_bytes
            file.size_bytes = size_bytes
            self._files[path] = file

    def discard(self, path: PurePosixPath) -> None:
        """Forget a file that is no longer on the disk, or about to be replaced."""
        with self._lock:
            file = self._files.pop(path, None)
            if file is not None:
                self.size_bytes -= file.size_bytes
                if file.is_export and file.status is not FileStatus.RECEIVED:
                    self._replaced.append(file)

    def set_aside(self, path: PurePosixPath) -> None:
        """Rename a file that is not imported yet, because another file of its name has arrived."""
        free = self.free_name(path, ())
        (self.folder / path).rename(self.folder / free)
        with self._lock:
            file = self._files.pop(path)
            file.path = free
            self._files[free] = file

    def unpacked(self, archive: UploadedFile) -> None:
        """Remove an archive whose files are all in the batch."""
        (self.folder / archive.path).unlink()
        with self._lock:
            self.size_bytes -= archive.size_bytes
            archive.size_bytes = 0
        self.mark([archive], FileStatus.UNPACKED)

    # --- importing ---

    def named(self, path: PurePosixPath | None) -> tuple[UploadedFile, ...]:
        """The XML files that a request to import refers to.

        Args:
            path: a file; an archive stands for every file that is not in the shop yet, which may be none; None: every
                file whose import was not asked for.

        Raises:
            ExchangeRefused: there is no such file.
        """
        if path is None:
            return self.waiting_xml
        known = self.find(path)
        found: tuple[UploadedFile, ...] = ()
        if path.suffix.lower() == ".xml":
            found = known
        elif path.suffix.lower() == ".zip":
            missing = (file for file in self.files if file.is_xml and file.status is not FileStatus.IMPORTED)
            found = tuple(sorted(missing, key=lambda file: file.path))
        if not found and not any(file.status is FileStatus.UNPACKED for file in known):
            raise ExchangeRefused("exchange_file_missing", file=path.name)
        return found

    def is_asked_for(self, path: PurePosixPath) -> bool:
        """Whether the import of a file, or of everything in its archive, was asked for and nothing has come since."""
        try:
            return not self.archives and all(file.status is not FileStatus.RECEIVED for file in self.named(path))
        except ExchangeRefused:
            return False

    def is_complete(self) -> bool:
        """Whether everything that waits seems to have been received to its end."""
        return all(is_complete(self.folder / file.path) for file in self.waiting)

    def mark(self, files: Iterable[UploadedFile], status: FileStatus) -> None:
        """Change the status of files; a fragment of one of them now begins a new file.

        Exports that leave RECEIVED are noted on the disk: the next server must not import them when idle, which would
        bring back yesterday's stocks.
        """
        marked = list(files)
        asked_for = [file for file in marked if file.is_xml and file.status is FileStatus.RECEIVED]
        for file in marked:
            file.status = status
        if asked_for:
            with suppress(OSError), self.notes.open("a", encoding="utf-8") as notes:
                notes.writelines(f"{file.path}\n" for file in asked_for)

    def imported(self, files: Mapping[UploadedFile, bool], run_folder: Path) -> None:
        """Record that files are in the shop.

        Args:
            files: each file -> whether it declares itself a full export.
            run_folder: with the files of the run.
        """
        for file, is_full_export in files.items():
            file.is_full_export, file.run_folder = is_full_export, run_folder
        self.mark(files, FileStatus.IMPORTED)

    def import_queued(self) -> None:
        """Mark the batch as in use until `import_ended` has been called as often."""
        with self._lock:
            self._open_imports += 1

    def import_ended(self) -> None:
        """Record that an import has ended, in whatever way."""
        with self._lock:
            self._open_imports -= 1
        self.used_at = time.monotonic()

    # --- its end ---

    @property
    def notes(self) -> Path:
        """See `NOTES_SUFFIX`."""
        return self.folder.with_name(f"{self.folder.name}{NOTES_SUFFIX}")

    @property
    def is_importing(self) -> bool:
        """Whether its files are being imported, or wait for other imports to end."""
        return self._open_imports > 0

    def is_in_use(self, idle_s: float) -> bool:
        """Whether it is being received or imported, or was within the last `idle_s` seconds."""
        return self.is_receiving or self.is_importing or time.monotonic() - self.used_at < idle_s

    def remove(self) -> None:
        """Delete the files; those that were imported are also in the folders of their runs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.notes.unlink(missing_ok=True)
        with self._lock:
            for file in self.waiting:
                file.status = FileStatus.ABANDONED
            self._replaced += [file for file in self.files if file.is_export]
            self._files.clear()
            self.size_bytes = 0
