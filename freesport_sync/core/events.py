"""The events that a run reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import RunReport
from freesport_sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run holds its lock and has a number."""

    run_id: int
    kind: str
    operator: str
    database: str
    is_dry_run: bool
    undone_id: int = 0
    """The run that this one undoes; 0: none."""


@dataclass(frozen=True, slots=True)
class FilesPulled:
    """The files of the SSH host have been fetched.

    Args:
        server: `user@host:port`.
        folder: local folder with the files.
        fetched: number of new or changed files.
        fetched_bytes: their total size.
        unchanged: number of files that were already in the local folder.
        unfinished: path and reason code of files that 1C may still be writing, or that changed while they were
            fetched; the next pull tries them again.
        left_out: path and reason code of files that are never fetched.
    """

    server: str
    folder: str
    fetched: int
    fetched_bytes: int
    unchanged: int
    unfinished: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FilesArchived:
    """The imported files have been archived on the SSH host.

    Args:
        folder: remote folder that they were moved to.
        moved: number of files moved.
        kept: path and reason code of files that could not be moved.
    """

    folder: str
    moved: int
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExportFound:
    """The plan has found the export.

    Args:
        files: number of files to read.
        size_bytes: their total size.
        created_at: newest `ДатаФормирования`, in local time of the 1C host; None: the export carries no date.
        age_s: time since then by the clock of this computer.
        skipped: path and reason code of files that this run ignores.
    """

    files: int
    size_bytes: int
    created_at: datetime | None
    age_s: float | None
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage has advanced.

    Args:
        stage: the stage.
        done: units done: bytes while pulling and staging, rows while merging.
        total: units in total; 0: not known yet.
        rate: units per second since the stage began.
        eta_s: estimated seconds to go; None: unknown.
        entity: what is being merged; None: unknown.
    """

    stage: str
    done: int
    total: int
    rate: float
    eta_s: float | None
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class IssuesFound:
    """Row issues, in the order in which they were found."""

    issues: tuple[RowIssue, ...]


@dataclass(frozen=True, slots=True)
class MergeRepeated:
    """The merge ran into a deadlock or a lock timeout and starts again from staging."""

    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup is complete and verified.

    Args:
        backup_id: its name.
        file: path of the archive.
        rows: number of rows in it.
        size_bytes: size of the archive.
    """

    backup_id: str
    file: str
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BackupFound:
    """The backup that is about to be restored.

    Args:
        backup_id: its name.
        made_at: when it was made, by the clock of the database.
        runs: numbers of the imports that this undoes.
    """

    backup_id: str
    made_at: datetime
    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over."""

    report: RunReport


Event = (
    RunStarted
    | FilesPulled
    | FilesArchived
    | ExportFound
    | Progress
    | IssuesFound
    | MergeRepeated
    | BackupMade
    | BackupFound
    | RunFinished
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that has ended a command, as a value.

    Args:
        code: of the `SyncError`.
        params: its parameters as text.
        exit_code: see `errors.ExitCode`.
    """

    code: str
    params: dict[str, str]
    exit_code: int

    @classmethod
    def of(cls, error: SyncError) -> Failure:
        """An error as a value."""
        return cls(error.code, {name: str(value) for name, value in error.params.items()}, int(error.exit_code))

    @property
    def error(self) -> SyncError:
        """The error again, for its text; its class is lost."""
        return SyncError(self.code, **self.params)


class Reporter(Protocol):
    """Receives the events of a run on the thread of the run; must return quickly."""

    def __call__(self, event: Event) -> None: ...
