"""What a backup is, and which of them are kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FORMAT = 1
"""Of the archive; a program that knows less refuses it."""

_ID = re.compile(r"\d{8}-\d{6}-\d{1,12}")


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
    """What an archive says of itself.

    Args:
        backup_id: its name.
        run_id: the run that has made it; every run with this number or a larger one came after its snapshot.
        made_at: by the server's clock.
        database: which database of which server, so that no other one takes it.
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


def new_backup_id(made_at: datetime, run_id: int) -> str:
    """Sorts by time, and no two runs of a database have the same."""
    return f"{made_at:%Y%m%d-%H%M%S}-{run_id}"


def is_backup_id(text: str) -> bool:
    """Whether this can be the name of a backup, and nothing else: no path."""
    return _ID.fullmatch(text) is not None


def superfluous(
    backups: Sequence[Backup], database: str, now: datetime, keep_count: int, keep_days: int, needed: Collection[int]
) -> list[Backup]:
    """The backups of a database that may go: neither among the newest nor young.

    Args:
        backups: those of the folder; of other databases and damaged ones are left alone.
        database: see `Manifest`.
        now: by the server's clock.
        keep_count: so many of the newest stay, 1 or more.
        keep_days: younger ones stay.
        needed: numbers of runs whose backups stay.
    """
    own = [(one.manifest, one) for one in backups if one.manifest is not None and one.manifest.database == database]
    own.sort(key=lambda pair: pair[0].run_id, reverse=True)
    oldest = now - timedelta(days=keep_days)
    return [one for made, one in own[keep_count:] if made.made_at < oldest and made.run_id not in needed]
