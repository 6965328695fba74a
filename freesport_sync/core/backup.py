"""What a backup is, and which of them are kept."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FORMAT = 1
"""Of the archive; a program that knows less refuses it."""

_ID = re.compile(r"\d{8}-\d{6}-\d{1,12}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class SavedTable:
    """One table of a backup.

    Args:
        name: of the table.
        columns: in the order of the file.
        rows: how many.
        size_bytes: of the rows in COPY text format.
        sha256: of the same, in hexadecimal.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description inside an archive.

    Args:
        backup_id: its name.
        run_id: the run that made it; every run with this or a larger number came after its snapshot.
        made_at: by the database server's clock.
        database: identifies the database and its server; a backup is restored into no other.
        label: `user@host/database`, for people.
        server_version: of PostgreSQL.
        fingerprint: sha256 over tables, columns and types.
        operator: who asked for it.
        host: where it was made.
        program_version: of this program.
        tables: in the order in which they were read.
        format: of the archive.
    """

    backup_id: str
    run_id: int
    made_at: datetime
    database: str
    label: str
    server_version: str
    fingerprint: str
    operator: str
    host: str
    program_version: str
    tables: tuple[SavedTable, ...]
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


@dataclass(frozen=True, slots=True)
class Backup:
    """An archive in the folder of backups.

    Args:
        backup_id: its name.
        size_bytes: of the file.
        manifest: None where the archive is damaged.
    """

    backup_id: str
    size_bytes: int
    manifest: Manifest | None


def new_backup_id(made_at: datetime, run_id: int, database: str) -> str:
    """An id that sorts by time; unique within a database, and almost always between databases."""
    return f"{made_at:%Y%m%d-%H%M%S}-{run_id}-{zlib.crc32(database.encode()) & 0xFFFF:04x}"


def is_backup_id(text: str) -> bool:
    """Whether a text has the form of a backup's name, and so is no path."""
    return _ID.fullmatch(text) is not None


def is_backed_up(backups: Sequence[Backup], now: datetime, hours: int) -> bool:
    """Whether one of them was made in the last `hours`.

    A backup from the future, made while a clock was wrong, must not pass for a recent one until that time.
    """
    made = [one.manifest.made_at for one in backups if one.manifest is not None]
    return any(abs(now - at) < timedelta(hours=hours) for at in made)


def expired(
    backups: Sequence[Backup], newest: Manifest, keep_count: int, keep_days: int, without_effect: Collection[int]
) -> list[Backup]:
    """The backups of a database to delete: old and not among the newest, or made by runs that wrote nothing.

    Args:
        backups: those of the folder; damaged ones and those of other databases are left alone.
        newest: the one just made, which its run needs.
        keep_count: how many of the newest stay, 1 or more.
        keep_days: younger ones stay.
        without_effect: numbers of runs that failed, or were cancelled or interrupted.
    """
    own = [(one.manifest, one) for one in backups if one.manifest is not None]
    own = [(made, one) for made, one in own if made.database == newest.database and made.run_id <= newest.run_id]
    useless = [one for made, one in own if made.run_id in without_effect]
    useful = sorted((pair for pair in own if pair[0].run_id not in without_effect), key=lambda pair: -pair[0].run_id)
    oldest = newest.made_at - timedelta(days=keep_days)
    return useless + [one for made, one in useful[keep_count:] if made.made_at < oldest]
