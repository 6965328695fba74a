"""What 1C uploads, file by file and piece by piece, until it is imported."""

from __future__ import annotations

import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.http.requests import file_path
from freesport_sync.exchange.uploads.fragment import Fragment, is_whole, require_space
from freesport_sync.sources.commerceml.archive import unpack
from freesport_sync.sources.commerceml.discovery import FileKind, recognise
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.sources.commerceml.picture_files import is_packed_picture

_NEWEST = "newest"
"""File beside the portions: when what was imported last has come."""
REFERENCE_BOOKS = frozenset(kind for kind in FileKind if kind.is_reference_book) - {FileKind.CONTRAGENTS}


@dataclass(frozen=True, slots=True)
class UploadLimits:
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


class UploadBatch:
    """The files of one portion of an exchange.

    Args:
        folder: of its own; created with the first file.
        limits: of the sizes.
    """

    def __init__(self, folder: Path, limits: UploadLimits) -> None:
        self.folder = folder
        self.limits = limits
        self.used_at = time.monotonic()
        """When the last piece came, or the last import ended."""
        self.arrived_at = 0.0
        """When the last piece came, in seconds since 1970: the order in which portions were sent."""
        self.is_busy = False
        """A file is on its way."""
        self.has_failed = False
        """An import of it did not succeed: somebody may want to look at the files."""
        self.has_new_pictures = False
        """Pictures have come that no import has seen: perhaps they belong to an earlier portion."""
        self.size_bytes = 0
        self._sizes: dict[PurePosixPath, int] = {}
        """ImportQueue read it on their thread while files come on another: so they read copies, made in one step."""
        self._counting = threading.Lock()
        """An archive may be unpacked meanwhile."""
        self._asked_for: set[PurePosixPath] = set()
        self._imported: set[PurePosixPath] = set()
        self._unpacked: set[str] = set()
        """Archives, in lower case."""

    @property
    def waiting(self) -> tuple[PurePosixPath, ...]:
        """XML files and archives that nobody has asked to import."""
        return tuple(sorted(path for path in self._at_the_top(".xml", ".zip") if path not in self._asked_for))

    @property
    def waiting_xml(self) -> tuple[PurePosixPath, ...]:
        """Those that are no archives."""
        return tuple(path for path in self.waiting if path.suffix.lower() == ".xml")

    def incoming(self, path: PurePosixPath, announced: int | None) -> Fragment:
        """Begin to append to a file.

        A file that an import has been asked for begins anew; so does one whose piece begins as a whole file does, see
        `pieces.begins_anew`.

        Args:
            path: see `calls.file_path`.
            announced: bytes that are to come; None: nobody knows.

        Raises:
            ExchangeRefused: that would be too much, or the disk is full.
        """
        size = 0 if path in self._asked_for else self._sizes.get(path, 0)
        if path not in self._sizes and len(self._sizes) >= self.limits.files:
            raise ExchangeRefused("exchange_too_many_files", limit=self.limits.files)
        incoming = Fragment(self, path, size)
        incoming.require(announced or 0)
        return incoming

    def received(self, path: PurePosixPath, size: int) -> None:
        """A piece is complete; the file has this size now."""
        self._asked_for.discard(path)
        self._imported.discard(path)
        self._take(path, size)
        self.has_new_pictures |= is_packed_picture(path)
        self.used_at, self.arrived_at = time.monotonic(), time.time()

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
            require_space(self.folder)

        for path in self._at_the_top(".zip"):
            room = max(1, self.limits.unpacked - self.size_bytes + self.size_of(path))
            arrived_at, taken = self.arrived_at, set[str]()

            def place(entry: PurePosixPath, taken: set[str] = taken) -> PurePosixPath | None:
                return self._place(entry, taken)

            for entry in unpack(self.folder / path, self.folder, keep_going, True, place, room):
                self.received(entry, (self.folder / entry).stat().st_size)
            (self.folder / path).unlink()
            self.begun_anew(path)
            self._unpacked.add(str(path).lower())
            self.arrived_at = arrived_at

    def _place(self, entry: PurePosixPath, taken: set[str]) -> PurePosixPath | None:
        """Where an entry of an archive goes; None: nowhere.

        1C calls the files of every portion the same. What an archive before it has brought under that name, and nobody
        has imported yet, goes on waiting under another one; so does the second file of a name in one archive. A picture
        whose name some system cannot have is left out: its record is told that it is missing.

        Args:
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
                path = self._free_name(path, taken)
            elif (known := self._known(path)) is not None and known not in self._asked_for:
                self.set_aside(known)
            taken.add(str(path).lower())
        return path

    def set_aside(self, path: PurePosixPath) -> None:
        """Give a file another name: a new one takes its place, and nobody has imported it yet."""
        free = self._free_name(path, ())
        (self.folder / path).rename(self.folder / free)
        self._sizes[free] = self._sizes.pop(path)

    def _free_name(self, path: PurePosixPath, taken: Collection[str]) -> PurePosixPath:
        used = {str(known).lower() for known in tuple(self._sizes)}.union(taken)
        names = (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in count(1))
        return next(name for name in names if str(name).lower() not in used)

    def _known(self, path: PurePosixPath) -> PurePosixPath | None:
        """The file of this name, in whatever case it was written."""
        return next((known for known in tuple(self._sizes) if str(known).lower() == str(path).lower()), None)

    def named(self, path: PurePosixPath | None) -> tuple[PurePosixPath, ...]:
        """The XML files that a name means.

        Args:
            path: a file; an archive means all that are not imported yet, which may be none; None: all that were not
                asked for yet.

        Raises:
            ExchangeRefused: there is no such file.
        """
        if path is None:
            return self.waiting_xml
        found: tuple[PurePosixPath, ...] = ()
        if path.suffix.lower() == ".zip":
            found = tuple(sorted(xml for xml in self._at_the_top(".xml") if xml not in self._imported))
        elif path.suffix.lower() == ".xml":
            found = tuple(known for known in tuple(self._sizes) if str(known).lower() == str(path).lower())
        if not found and str(path).lower() not in self._unpacked:
            raise ExchangeRefused("exchange_file_missing", file=path.name)
        return found

    def covers(self, path: PurePosixPath) -> bool:
        """Whether nothing has come of a file, or of what is in an archive, since an import was asked for."""
        try:
            return all(known in self._asked_for for known in self.named(path)) and not self._at_the_top(".zip")
        except ExchangeRefused:
            return False

    def has_records(self) -> bool:
        """Whether something waits that is more than pictures; an archive that cannot be read may be."""
        return bool(self.waiting_xml) or any(_may_have_xml(self.folder / path) for path in self._at_the_top(".zip"))

    def is_whole(self) -> bool:
        """Whether all that waits has come to its end, as far as it shows."""
        return all(is_whole(self.folder / path) for path in self.waiting)

    @property
    def is_overtaken(self) -> bool:
        """Whether something that has come after this portion is in the shop: what it says is older."""
        try:
            return float(self.folder.with_name(_NEWEST).read_text("ascii")) > self.arrived_at
        except (OSError, ValueError):
            return False

    def imported(self, paths: Iterable[PurePosixPath]) -> None:
        """These files are in the shop."""
        self._imported.update(paths)
        if not self.is_overtaken:
            with suppress(OSError):
                self.folder.with_name(_NEWEST).write_text(str(self.arrived_at), "ascii")

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
                status = path.stat()
                self._take(PurePosixPath(path.relative_to(self.folder).as_posix()), status.st_size)
                self.arrived_at = max(self.arrived_at, status.st_mtime)
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
        self.has_new_pictures = False
        self.size_bytes = 0


def _may_have_xml(archive: Path) -> bool:
    try:
        with zipfile.ZipFile(archive) as opened:
            return any(name.lower().endswith(".xml") for name in opened.namelist())
    except Exception:  # zipfile raises all kinds of errors for what is no archive
        return True
