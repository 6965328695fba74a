"""The stream of events that a run sends to whoever watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import (
    Entity,
    RunKind,
    RunReport,
    Stage,
)
from freesport_sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The lock is held and the run has a number."""

    run_id: int
    kind: RunKind
    operator: str
    database: str
    is_dry_run: bool
    undone_id: int = 0
    """See `RunRequest`."""


@dataclass(frozen=True, slots=True)
class FilesPulled:
    """What was fetched from the server.

    Args:
        server: `user@host:port`.
        folder: where the files lie here.
        fetched: new or changed files.
        fetched_bytes: their size together.
        unchanged: files that were here already.
        unfinished: files that 1C may still be writing, or that changed meanwhile; left for the next time, with a
            reason code each.
        left_out: files that are never fetched, with a reason code each.
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
    """What became of the imported files on the server.

    Args:
        folder: of the server, where they were moved to.
        moved: how many.
        kept: those that stay where they are, with a reason code each.
    """

    folder: str
    moved: int
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExportFound:
    """What the plan found in the export folder.

    Args:
        files: files that will be read.
        size_bytes: their size together.
        created_at: newest `ДатаФормирования`, local time of the 1C server.
        age_s: how long ago that was by this machine's clock; None where the export carries no date.
        skipped: files of the folder that this run leaves alone, with a reason code each.
    """

    files: int
    size_bytes: int
    created_at: datetime | None
    age_s: float | None
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage has come.

    Args:
        stage: the stage.
        done: units done: bytes while pulling and staging, rows while merging.
        total: units in all; 0 where it is not known yet.
        rate: units per second since the stage began.
        eta_s: seconds to go; None while it cannot be told.
        entity: what is being merged, where that is known.
    """

    stage: Stage
    done: int
    total: int
    rate: float
    eta_s: float | None
    entity: Entity | None = None


@dataclass(frozen=True, slots=True)
class IssuesFound:
    """Row issues, in the order they were met."""

    issues: tuple[RowIssue, ...]


@dataclass(frozen=True, slots=True)
class MergeRepeated:
    """The merge met a deadlock or a lock it could not get, and starts again from staging."""

    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup is complete and has been read back.

    Args:
        backup_id: its name.
        file: the archive.
        rows: how many it holds.
        size_bytes: of the archive.
    """

    backup_id: str
    file: str
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BackupFound:
    """What will be restored.

    Args:
        backup_id: its name.
        made_at: when, by the server's clock.
        runs: numbers of the imports that are undone.
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
    """Why the program could not do what it was asked for, as a value.

    Args:
        code: of the `SyncError`.
        params: of the same, as text.
        exit_code: see `errors.ExitCode`.
    """

    code: str
    params: dict[str, str]
    exit_code: int

    @classmethod
    def of(cls, error: SyncError) -> Failure:
        """The failure that an error describes."""
        return cls(error.code, {name: str(value) for name, value in error.params.items()}, int(error.exit_code))

    @property
    def error(self) -> SyncError:
        """An error to show to the operator."""
        return SyncError(self.code, **self.params)


class Reporter(Protocol):
    """Receives the events of a run, on the run's own thread; must return quickly."""

    def __call__(self, event: Event) -> None: ...
