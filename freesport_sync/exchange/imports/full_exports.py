"""Tracks whether all of a full export is in the shop (EXCHANGE-15).

`deactivate` hides what a full export did not contain, so every one of its files must have arrived and been imported.
Nothing survives a restart: after one, completeness is unknown and the export must be sent again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.uploaded_file import FileStatus
from freesport_sync.tasks.shop_import.run_folders import RunFolders

MAX_RECORDS = 20_000
"""How many batches, logins and lost files are remembered, of each."""
LONGEST_EXPORT_S = 24 * 3600
_COMPLETE = (FileStatus.IMPORTED, FileStatus.UNPACKED)


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file of an export that did not arrive as 1C sent it, or could not be imported when 1C asked.

    Args:
        user: who sent it.
        login: timestamp of the login session.
        name: of the file, or of the request that has failed.
    """

    user: str
    login: int
    name: str


class FullExportTracker:
    """Remembers the batches of the last exports; a batch knows the status of its files.

    Args:
        folders: with the files of past runs.
    """

    def __init__(self, folders: RunFolders) -> None:
        self._folders = folders
        self._batches: deque[UploadBatch] = deque(maxlen=MAX_RECORDS)
        self._lost: deque[LostFile] = deque(maxlen=MAX_RECORDS)
        self._logins: deque[tuple[str, int]] = deque(maxlen=MAX_RECORDS)
        self._inactive: set[tuple[str, int]] = set()
        """Logins after which 1C has neither sent nor asked for anything."""

    def record_login(self, user: str, login: int) -> None:
        """Record that a user was given the timestamp `login`."""
        self._logins.append((user, login))
        self._inactive.add((user, login))
        if len(self._inactive) > MAX_RECORDS:
            self._inactive.intersection_update(self._logins)

    def record_activity(self, user: str, login: int) -> None:
        """Record that 1C sent a file after this login, or asked for what it had logged in for."""
        self._inactive.discard((user, login))

    def record_batch(self, batch: UploadBatch) -> None:
        """Track the files of a batch, also after it has been removed."""
        while self._batches and _is_too_old(self._batches[0].sender.login):
            self._batches.popleft()
        self._batches.append(batch)

    def record_lost(self, user: str, login: int, names: Iterable[str]) -> None:
        """Record that these files are missing for good, whatever becomes of other files of their names."""
        self._lost.extend(LostFile(user, login, name) for name in names)

    def files_since(self, user: str, login: int) -> Mapping[str, Path]:
        """All files of the full export that began with a login.

        Returns:
            A unique path -> the file, in the order of the imports.

        Raises:
            ExchangeRefused: there was no such login, no full export since, or not all of it is in the shop; or 1C has
                logged in since and sent nothing, so what it was going to send is unknown.
        """
        if (user, login) not in self._logins or _is_too_old(login):
            raise ExchangeRefused("exchange_timestamp_invalid", timestamp=str(login))
        batches = [batch for batch in self._batches if batch.sender.user == user and batch.sender.login >= login]
        # Names prove nothing: every batch may have an `import.xml`, so the next one does not replace one that failed.
        missing = [lost.name for lost in self._lost if lost.user == user and lost.login >= login]
        missing += [file.path.name for batch in batches for file in batch.exports if file.status not in _COMPLETE]
        if missing:
            raise ExchangeRefused("exchange_export_incomplete", files=", ".join(missing[:5]))
        full = (batch.sender.login for batch in batches if any(file.is_full_export for file in batch.exports))
        began_at = min(full, default=None)
        if began_at is None:
            raise ExchangeRefused("exchange_export_not_full")
        if any(name == user and since > began_at for name, since in self._inactive):
            raise ExchangeRefused("exchange_export_broken_off")
        return self._files_of(batches)

    def _files_of(self, batches: Iterable[UploadBatch]) -> Mapping[str, Path]:
        imported = [file for batch in batches for file in batch.exports if file.run_folder is not None]
        if gone := [file.path.name for file in imported if file.run_folder and not self._folders.has(file.run_folder)]:
            raise ExchangeRefused("exchange_export_incomplete", files=", ".join(gone[:5]))
        files: dict[str, Path] = {}
        seen: set[tuple[int, int]] = set()
        # The names of the folders begin with the time of the import.
        for number, folder in enumerate(sorted({file.run_folder for file in imported if file.run_folder})):
            for path in folder.rglob("*.[xX][mM][lL]"):
                status = path.stat()  # another run may have imported the same file, by another link
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    files[f"{number:05}/{path.relative_to(folder).as_posix()}"] = path
        return files


def _is_too_old(login: int) -> bool:
    return time.time() - login > LONGEST_EXPORT_S
