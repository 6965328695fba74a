"""The results of commands; both outputs show each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.history import EntryIssues, HistoryDetails, HistoryEntry, Page
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import FieldChange
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Task, TaskStatus, Worker
from freesport_sync.errors import NothingNew

if TYPE_CHECKING:
    from pathlib import Path

    from freesport_sync.core.backup import Backup
    from freesport_sync.core.freshness import Freshness
    from freesport_sync.database.own.remote_control import CancelRequest, Unlocked
    from freesport_sync.i18n.guide import Chapter
    from freesport_sync.services.remote_export import PinnedHostKey
    from freesport_sync.services.support import SupportPackage
    from freesport_sync.services.system_service import ServiceDefinition
    from freesport_sync.settings.listing import ListedSetting


@dataclass(frozen=True, slots=True)
class EntryList:
    """The latest entries of the history, newest first."""

    entries: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry of the history with the first of its row issues and changes."""

    details: HistoryDetails
    issues: tuple[RowIssue, ...] = ()
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueList:
    """All row issues of an entry; they are read from the database while they are shown."""

    found: EntryIssues


@dataclass(frozen=True, slots=True)
class IssuesSaved:
    """All row issues of an entry are in a CSV file.

    Args:
        found: the entry and how many issues of each kind it has.
        count: issues in the file.
        file: None: the issues went to stdout, where nothing else may be printed.
    """

    found: EntryIssues
    count: int
    file: Path | None


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A run was asked to stop."""

    request: CancelRequest


@dataclass(frozen=True, slots=True)
class FreshnessShown:
    """How old each kind of data is."""

    freshness: Freshness


@dataclass(frozen=True, slots=True)
class StaleClosed:
    """Runs and import sessions of dead programs were closed; perhaps there were none."""

    closed: Unlocked


@dataclass(frozen=True, slots=True)
class BackupList:
    """The backups of the database, newest first."""

    backups: tuple[Backup, ...]


@dataclass(frozen=True, slots=True)
class HostKeyPinned:
    """The key of the SSH host is on record."""

    key: PinnedHostKey


@dataclass(frozen=True, slots=True)
class ExchangePasswordSet:
    """1C has a new password for the exchange."""

    user: str


@dataclass(frozen=True, slots=True)
class ScheduleShown:
    """When the import starts every day: `03:30`; None: it does not."""

    at: str | None


@dataclass(frozen=True, slots=True)
class ServicePrinted:
    """How a system is told to run a service.

    Args:
        service: the unit or the task.
        file: that it was written to; None: it goes to stdout.
    """

    service: ServiceDefinition
    file: Path | None


@dataclass(frozen=True, slots=True)
class SettingList:
    """Every setting.

    Args:
        settings: in the order of the documentation.
        file: the settings file; it may be missing.
        bootstrap: what became of the bootstrap file; empty: there is none.
        bootstrap_places: where it is looked for.
    """

    settings: tuple[ListedSetting, ...]
    file: Path
    bootstrap: tuple[CheckItem, ...]
    bootstrap_places: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TopicList:
    """The chapters of the guide, in its order."""

    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, slots=True)
class TopicShown:
    """A chapter of the guide, or all that it says of an error code.

    Args:
        name: of the chapter, or the code.
        title: of the chapter.
        text: Markdown.
    """

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SupportPackageShown:
    """What a support package would hold."""

    package: SupportPackage


@dataclass(frozen=True, slots=True)
class SupportPackageSaved:
    """A support package is saved.

    Args:
        file: None: the operator did not want it.
        size_bytes: of the zip.
    """

    file: Path | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """There was nothing to import."""

    reason: NothingNew


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """A task waits.

    Args:
        task: as the queue sees it.
        is_new: False: an equal one was already waiting.
    """

    task: Task
    is_new: bool


@dataclass(frozen=True, slots=True)
class TaskList:
    """The latest tasks, newest first."""

    page: Page[Task]


@dataclass(frozen=True, slots=True)
class TaskShown:
    """One task and its runs, the first one first."""

    task: Task
    runs: tuple[HistoryEntry, ...]


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """A task that somebody waits for, as it is now."""

    task: Task


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """A task is cancelled, or was asked to stop if it is still running."""

    task_id: int
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class TaskPrioritised:
    """A task that waits has another priority."""

    task_id: int
    priority: int


@dataclass(frozen=True, slots=True)
class TasksRemoved:
    """The tasks that ended more than `hours` ago are forgotten."""

    count: int
    hours: int


@dataclass(frozen=True, slots=True)
class WorkerList:
    """The processes that run queued tasks, the living ones first."""

    workers: tuple[Worker, ...]


@dataclass(frozen=True, slots=True)
class ScheduleList:
    """The schedules of the database.

    Args:
        schedules: what starts next comes first.
        has_worker: a worker lives that starts what they say.
    """

    schedules: tuple[Schedule, ...]
    has_worker: bool


@dataclass(frozen=True, slots=True)
class ScheduleSaved:
    """A schedule is stored, or switched on or off.

    Args:
        schedule: as it is now.
        has_worker: a worker lives that starts what it says.
    """

    schedule: Schedule
    has_worker: bool


@dataclass(frozen=True, slots=True)
class ScheduleRemoved:
    """A schedule is gone."""

    schedule: Schedule


Result: TypeAlias = (
    CheckItem
    | EntryList
    | EntryShown
    | IssueList
    | IssuesSaved
    | CancelRequested
    | StaleClosed
    | FreshnessShown
    | BackupList
    | HostKeyPinned
    | ExchangePasswordSet
    | ScheduleShown
    | ScheduleList
    | ScheduleSaved
    | ScheduleRemoved
    | ServicePrinted
    | SettingList
    | SupportPackageShown
    | SupportPackageSaved
    | TopicList
    | TopicShown
    | TaskSubmitted
    | TaskList
    | TaskShown
    | TaskChanged
    | TaskCancelled
    | TaskPrioritised
    | TasksRemoved
    | WorkerList
    | NothingToDo
)
