"""The outcome of a run, whatever its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from freesport_sync.core.issues import Severity
from freesport_sync.errors import SyncError


class RunStatus(StrEnum):
    """The state of a run; finer than the shop's own states, to which `database.shop.sessions` maps it."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Its process died without closing it; the next run does that."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to the records of one entity."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Left out by a rule, with an issue that says why."""
    failed: int = 0
    """Could not be imported at all, with an issue of severity error."""
    hidden: int = 0
    """Of the updated ones: rows that an undo hides from buyers, most of them created by the import it undoes."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.skipped + other.skipped,
            self.failed + other.failed,
            self.hidden + other.hidden,
        )

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.unchanged

    @property
    def total(self) -> int:
        return self.accepted + self.skipped + self.failed


@dataclass(frozen=True, slots=True)
class UpdatedRows:
    """Rows of one of the shop's tables that a run has updated: how many, and the ids of the first of them."""

    count: int
    first_ids: tuple[int, ...]


CREATED = "created"
"""The field of a change that is a new object."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a dry run would change."""

    entity: str
    onec_id: str
    name: str
    field: str
    old_value: str | None
    new_value: str | None

    @property
    def is_creation(self) -> bool:
        """Whether the object is new."""
        return self.field == CREATED


def shown(value: object) -> str | None:
    """A value of a field as the list of changes shows it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of the export, as the history shows it."""

    kind: str
    path: str
    size_bytes: int
    created_at: datetime | None
    """`ДатаФормирования`: local time of the 1C server, without a zone."""


@dataclass(frozen=True, slots=True)
class IssueTotal:
    """How often one kind of row issue occurred."""

    severity: Severity
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended, for the rows that record it.

    Args:
        status: not running.
        counts: of committed records, by entity.
        updated: the shop's rows that were updated, by entity.
        issue_totals: of all its row issues.
        error: why it did not complete.
    """

    status: RunStatus
    counts: Mapping[str, Counts]
    updated: Mapping[str, UpdatedRows]
    issue_totals: tuple[IssueTotal, ...]
    error: SyncError | None

    def count(self, entity: str) -> Counts:
        return self.counts.get(entity, Counts())


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a task that needs no run: it changes nothing that the history or an undo would have to know.

    Args:
        counts: by entity.
    """

    counts: Mapping[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of a run, for the window, the terminal and the history."""

    run_id: int
    kind: str
    """What was done, in the task's own word: `catalog`, `backup`."""
    status: RunStatus
    is_dry_run: bool
    started_at: datetime
    duration_s: float
    counts: dict[str, Counts] = field(default_factory=dict)
    """By entity."""
    issue_totals: tuple[IssueTotal, ...] = ()
    files: tuple[ExportFile, ...] = ()
    undone_id: int = 0
    """The run that this one undoes; 0: none."""

    @property
    def has_row_errors(self) -> bool:
        return any(total.severity is Severity.ERROR for total in self.issue_totals)
