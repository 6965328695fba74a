"""The history: our runs and the import sessions of the shop's own importer as one list, and queries for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, Self, TypeVar

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import (
    Counts,
    ExportFile,
    FieldChange,
    IssueTotal,
    RunStatus,
)
from freesport_sync.core.task_list import Task
from freesport_sync.errors import SyncError

T = TypeVar("T")


class EntrySource(StrEnum):
    """Who wrote an entry."""

    RUN = "run"
    """One of our runs."""
    SHOP = "shop"
    """An import session of the shop's own importer."""


class EntryKey(NamedTuple):
    """Identifies an entry; as text `12` for run 12, `shop:12` for import session 12 of the shop's own importer."""

    source: EntrySource
    id: int

    def __str__(self) -> str:
        return str(self.id) if self.source is EntrySource.RUN else f"{self.source.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key that was written by `str`.

        Raises:
            ValueError: the text is no key.
        """
        prefix, _, number = text.rpartition(":")
        return cls(EntrySource(prefix) if prefix else EntrySource.RUN, int(number))


class EntryStatus(StrEnum):
    """What became of an entry."""

    RUNNING = "running"
    COMPLETED = "completed"
    REMARKS = "remarks"
    """Completed, with warnings or errors about single records."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    STUCK = "stuck"
    """Still open, but its heartbeat has stopped."""

    @property
    def as_run_status(self) -> RunStatus:
        """The same without the distinctions that only the history makes."""
        coarser = {EntryStatus.REMARKS: RunStatus.COMPLETED, EntryStatus.STUCK: RunStatus.RUNNING}
        return coarser.get(self) or RunStatus(self.value)


class HistorySort(StrEnum):
    """What the history can be sorted by."""

    STARTED = "started"
    DURATION = "duration"
    STATUS = "status"
    KIND = "kind"
    OPERATOR = "operator"
    HOST = "host"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which entries, in which order.

    Args:
        statuses: empty: all.
        kinds: values of `ImportKind` and `ImportType`; empty: all.
        since: started at this time or later.
        text: in the operator, host, source, error or number.
        sort: among equals the newest comes first.
        is_descending: order of `sort`.
    """

    statuses: frozenset[EntryStatus] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: datetime | None = None
    text: str = ""
    sort: HistorySort = HistorySort.STARTED
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history."""

    key: EntryKey
    kind: str
    is_dry_run: bool
    status: EntryStatus
    stage: str
    operator: str
    host: str
    trigger: str
    """A `core.tasks.Trigger`, or the value of a newer program."""
    started_at: datetime
    finished_at: datetime | None
    """Of a run whose process died: its last heartbeat."""
    duration_s: float
    """So far if it is running, by the server's clock."""
    counts: Mapping[str, Counts]
    """Empty until it has ended."""
    errors: int
    warnings: int
    done: int
    """Of the current stage; 0 of 0 if that is not known."""
    total: int
    undone_id: int = 0
    """The run that this one undoes; 0: none, or everything since a backup that the operator named."""
    undone_by: int | None = None
    """The run that has undone this one."""
    issue_totals: tuple[IssueTotal, ...] = ()
    """Of a run, with notes; the shop's own importer counts only errors and warnings."""
    error_code: str | None = None
    error_params: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    """The folder, file or backup that it read."""
    task_id: int | None = None
    """The task that the run was a try of; None: the shop's own importer, or the task was removed."""

    @property
    def error(self) -> SyncError | None:
        """What ended a run; the shop's own importer has only a message, see `HistoryDetails.error_message`."""
        if self.status is EntryStatus.INTERRUPTED:
            return SyncError("interrupted", run_id=self.key.id)
        return None if self.error_code is None else SyncError(self.error_code, **self.error_params)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a long list.

    Args:
        total: rows of the whole list.
        offset: of the first row here.
        rows: in order.
    """

    total: int
    offset: int
    rows: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How far a run got with one stage."""

    stage: str
    started_at: datetime
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How often one kind of row issue occurred in a run, and how many of them the history keeps."""

    severity: Severity
    code: str
    count: int
    stored: int


@dataclass(frozen=True, slots=True)
class HistoryDetails:
    """Everything about one entry except its long lists.

    Args:
        entry: its line of the history.
        request: of a run, as it was stored.
        files: that the run read.
        stages: in the order they began.
        issue_counts: of the run, the gravest first.
        changes: how many changes a dry run listed.
        report: of the shop's import session, line by line.
        error_message: of the shop's own importer.
        details: the counts of the shop's own importer.
        already_undone_by: for the dry run of an undo: the run that has since undone the same run.
        task: of a run, as the queue sees it now.
    """

    entry: HistoryEntry
    request: dict[str, Any] = field(default_factory=dict)
    files: tuple[ExportFile, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    issue_counts: tuple[IssueCount, ...] = ()
    changes: int = 0
    report: str = ""
    error_message: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    already_undone_by: int | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class EntryIssues:
    """All row issues of an entry.

    Args:
        entry: its line of the history.
        counts: the gravest first.
        issues: errors first, those of one kind together; read from the database while they are iterated over.
    """

    entry: HistoryEntry
    counts: tuple[IssueCount, ...]
    issues: Iterator[RowIssue]


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """Which row issues of a run.

    Args:
        run_id: of the run.
        codes: empty: all.
        text: in the object's name, article, id, value or file.
    """

    run_id: int
    codes: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which of the changes that a dry run listed.

    Args:
        run_id: of the run.
        entity: None: all.
        text: in the object's name, id, field or values.
    """

    run_id: int
    entity: str | None = None
    text: str = ""


IssuePage = Page[RowIssue]
ChangePage = Page[FieldChange]
