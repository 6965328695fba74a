"""What the history tells: past runs of ours, import sessions of the shop's own importer, and how they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.permissions import Rights
from freesport_sync.core.run import Counts, ExportFile, FieldChange, IssueTotal

T = TypeVar("T")

REPAIR_DUE = "created_at_equal"
"""Code of the point of a check that advises a repair."""
FOREIGN_RULES = "shop_foreign_rules"
"""Code of the point of a check that tells of triggers and constraints which are not the shop's own."""
_BUSY = ("lock_held", "lock_held_unknown", "foreign_session")
_UNREACHABLE = (
    "ssh_host_",
    "ssh_unreachable",
    "ssh_handshake_",
    "ssh_lost",
    "ssh_silent",
    "ssh_login_",
    "host_key_",
    "probe_host_unknown",
    "probe_unreachable",
    "probe_silent",
    "probe_broken",
    "probe_gateway",
)


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of ours."""

    id: int
    kind: str
    operator: str
    host: str
    trigger: str
    """What has started it: a `core.run.Trigger`, or a word of a newer program."""
    is_dry_run: bool
    status: str
    stage: str
    started_at: datetime
    finished_at: datetime | None
    counts: dict[str, Counts]
    issue_totals: tuple[IssueTotal, ...]
    error_code: str | None
    error_params: dict[str, Any]
    data_dir: str
    undone_id: int
    """The run that this one takes back; 0: none, or whatever came after a backup that somebody has named."""
    undone_by: int | None
    """The run that has taken this one back."""


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How often one kind of row issue occurred in a run, and how many of them the history has."""

    severity: Severity
    code: str
    count: int
    stored: int


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One point of the check whether an import could run.

    Args:
        code: a key of the section `check` in the text files.
        is_ok: whether an import could run as far as this point goes.
        params: what the text names.
    """

    code: str
    is_ok: bool
    params: dict[str, object] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Whether it is enough to wait."""
        return self.code in _BUSY

    @property
    def is_advice(self) -> bool:
        """Whether an import could run, but something is to be mended."""
        return self.code in (REPAIR_DUE, FOREIGN_RULES)

    @property
    def is_unreachable(self) -> bool:
        """Whether a server is not to be had."""
        return self.code.startswith(_UNREACHABLE) and not self.is_ok


class EntrySource(StrEnum):
    """Who has written an entry."""

    RUN = "run"
    """Our program."""
    SHOP = "shop"
    """The shop's own importer."""


class EntryKey(NamedTuple):
    """Names one entry of the history."""

    source: EntrySource
    id: int


class EntryStatus(StrEnum):
    """How an entry of the history stands, as people are told."""

    RUNNING = "running"
    COMPLETED = "completed"
    REMARKS = "remarks"
    """Completed, with warnings or errors of single records."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    STUCK = "stuck"
    """Not closed, and without a sign of life."""


class HistorySort(StrEnum):
    """What a list of entries can be ordered by."""

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
        statuses: none means all.
        kinds: the words of `ImportKind` and `ImportType`; none means all.
        since: started at this moment or later.
        text: in the operator, host, folder, error or number.
        sort: newest first among equals.
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
    started_at: datetime
    finished_at: datetime | None
    duration_s: float
    """Of one that runs: so far, by the server's clock."""
    counts: Mapping[str, Counts]
    """Nothing of what has not ended."""
    errors: int
    warnings: int
    done: int
    """Of the stage it is in; 0 of 0 where that is not known."""
    total: int
    undone_id: int = 0
    """As of a `PastRun`."""
    undone_by: int | None = None
    """Likewise."""


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
    """How far a past run came with one stage."""

    stage: str
    started_at: datetime
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class HistoryDetails:
    """Everything about one entry but its long lists.

    Args:
        entry: its line of the history.
        run: ours; None for one of the shop's importer.
        request: the run's request as it was stored.
        files: that the run read.
        stages: in the order they began.
        issue_counts: of the run, the gravest first.
        changes: that a dry run has listed.
        report: the shop's report, line by line.
        error_message: what the shop's importer says went wrong.
        details: what the shop's importer has counted.
        forestalled_by: the run that has taken back already what this one has only looked at taking back.
    """

    entry: HistoryEntry
    run: PastRun | None = None
    request: dict[str, Any] = field(default_factory=dict)
    files: tuple[ExportFile, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    issue_counts: tuple[IssueCount, ...] = ()
    changes: int = 0
    report: str = ""
    error_message: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    forestalled_by: int | None = None


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """Which row issues of a run.

    Args:
        run_id: of the run.
        codes: none means all.
        text: in the object's name, article, id, value or file.
    """

    run_id: int
    codes: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which changes that a dry run has listed.

    Args:
        run_id: of the run.
        entity: None means all.
        text: in the object's name, id, field or values.
    """

    run_id: int
    entity: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class DataAge:
    """How fresh one kind of data in the shop is.

    Args:
        kind: of the export's files.
        imported_at: when it was last imported.
        created_at: `ДатаФормирования` of those files, local time of the 1C server.
    """

    kind: str
    imported_at: datetime
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the start page shows.

    Args:
        entries: the newest.
        ages: of the kinds of data that were ever imported.
    """

    entries: tuple[HistoryEntry, ...]
    ages: tuple[DataAge, ...]


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who is importing at the moment; of a program that is not ours only its address is known."""

    run_id: int | None
    operator: str
    host: str
    stage: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What is going on in the database.

    Args:
        database: for people.
        holder: who holds the import lock; None while nobody imports.
        newest: changes whenever the history does.
        rights: what the login may not do there.
    """

    database: str
    holder: LockHolder | None
    newest: tuple[object, ...]
    rights: Rights = field(default_factory=Rights)


IssuePage = Page[RowIssue]
ChangePage = Page[FieldChange]
EntryPage = Page[HistoryEntry]
