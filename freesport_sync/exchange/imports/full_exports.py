"""What became of the files of an export, portion by portion, while the server runs.

`deactivate` hides what a full export did not contain, so it must be certain that every part of it has come and has been
imported. Nothing of this is kept over a restart: then there is no certainty, and the export has to be sent again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.errors import ExchangeRefused
from freesport_sync.tasks.shop_import.run_folders import RunFolders

MAX_NOTES = 20_000
LONGEST_EXPORT_S = 24 * 3600


@dataclass(slots=True)
class Note:
    """One import of a file.

    Args:
        user: who sent the file.
        login: timestamp of the session.
        name: of the file.
        folder: with the files of the run.
        is_whole: the file says that it has the whole catalogue.
        is_done: it is in the shop.
    """

    user: str
    login: int
    name: str
    folder: Path | None = None
    is_whole: bool = False
    is_done: bool = False


class FullExportTracker:
    """The imports of the last exports.

    Args:
        folders: where the files of past runs lie.
    """

    def __init__(self, folders: RunFolders) -> None:
        self._folders = folders
        self._notes: deque[Note] = deque(maxlen=MAX_NOTES)
        self._logins: deque[tuple[str, int]] = deque(maxlen=MAX_NOTES)
        self._silent: set[tuple[str, int]] = set()
        """Logins after which nothing has come."""

    def log_in(self, user: str, login: int) -> None:
        """Somebody has got this timestamp."""
        self._logins.append((user, login))
        self._silent.add((user, login))
        if len(self._silent) > MAX_NOTES:
            self._silent.intersection_update(self._logins)

    def has_acted(self, user: str, login: int) -> None:
        """After this login a file came, or what it was for was asked for."""
        self._silent.discard((user, login))

    @contextmanager
    def noting(self, user: str, login: int, name: str) -> Iterator[Note]:
        """Note an import, however it ends."""
        note = Note(user, login, name)
        try:
            yield note
        finally:
            self._notes.append(note)

    def abandon(self, user: str, login: int, names: Iterable[str]) -> None:
        """These files came, and nobody will ask to import them any more."""
        self._notes.extend(Note(user, login, name) for name in names)

    def files_since(self, user: str, login: int) -> Mapping[str, Path]:
        """All files of the full export that began with a login: path below a folder -> file.

        Raises:
            ExchangeRefused: there was no such login, no full export since, or not all of it is in the shop; or 1C has
                logged in meanwhile and nothing has come: nobody knows what it was going to send.
        """
        if (user, login) not in self._logins or time.time() - login > LONGEST_EXPORT_S:
            raise ExchangeRefused("exchange_timestamp_invalid", timestamp=str(login))
        notes = [note for note in self._notes if note.user == user and note.login >= login]
        # Names tell nothing: every portion may have an `import.xml`, so one that failed is not mended by another.
        if failed := [note.name for note in notes if not note.is_done]:
            raise ExchangeRefused("exchange_export_incomplete", files=", ".join(failed[:5]))
        begun_at = min((note.login for note in notes if note.is_whole), default=None)
        if begun_at is None:
            raise ExchangeRefused("exchange_export_not_full")
        if any(silent[0] == user and silent[1] > begun_at for silent in self._silent):
            raise ExchangeRefused("exchange_export_broken_off")
        files: dict[str, Path] = {}
        seen: set[tuple[int, int]] = set()
        for number, note in enumerate(notes):
            if note.folder is None or not self._folders.has(note.folder):
                raise ExchangeRefused("exchange_export_incomplete", files=note.name)
            for path in note.folder.rglob("*.[xX][mM][lL]"):
                status = path.stat()  # one file may have been imported again, by another name of the same file
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    files[f"{number:05}/{path.relative_to(note.folder).as_posix()}"] = path
        return files
