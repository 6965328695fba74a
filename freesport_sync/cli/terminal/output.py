"""What the command line prints for people; for scripts see `cli.json_output`."""

from __future__ import annotations

from types import TracebackType
from typing import Self, assert_never

from rich.markup import escape

from freesport_sync.cli.results import (
    BackupList,
    CancelRequested,
    EntryList,
    EntryShown,
    ExchangePasswordSet,
    FreshnessShown,
    HostKeyPinned,
    IssueList,
    IssuesSaved,
    NothingToDo,
    Result,
    ScheduleList,
    ScheduleRemoved,
    ScheduleSaved,
    ScheduleShown,
    ServicePrinted,
    SettingList,
    StaleClosed,
    SupportPackageSaved,
    SupportPackageShown,
    TaskCancelled,
    TaskChanged,
    TaskList,
    TaskPrioritised,
    TaskShown,
    TasksRemoved,
    TaskSubmitted,
    TopicList,
    TopicShown,
    WorkerList,
)
from freesport_sync.cli.terminal import answers, guide, history, schedules, tasks
from freesport_sync.cli.terminal.backups import backup_line, show_backups
from freesport_sync.cli.terminal.exchange import exchange_lines
from freesport_sync.cli.terminal.files import file_lines
from freesport_sync.cli.terminal.progress import StageBars
from freesport_sync.cli.terminal.run_totals import show_report
from freesport_sync.cli.terminal.screen import Screen
from freesport_sync.cli.terminal.worker import worker_line
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.events import (
    BackupFound,
    BackupMade,
    Event,
    ExportFound,
    FilesArchived,
    FilesPulled,
    IssuesFound,
    MergeRepeated,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.exchange import ExchangeEvent, ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.worker_events import (
    TaskLeft,
    TaskTaken,
    WorkerEvent,
    WorkerInTrouble,
    WorkerReady,
    WorkerStopping,
)
from freesport_sync.errors import SyncError
from freesport_sync.i18n.texts import Texts


class TerminalOutput:
    """Prints live bars on a terminal and plain lines in a pipe; errors go to stderr.

    Args:
        texts: in the operator's language.
    """

    def __init__(self, texts: Texts) -> None:
        self._screen = Screen(texts)
        self._bars = StageBars(self._screen)
        self._run: RunStarted | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()

    def event(self, event: Event | ExchangeEvent | WorkerEvent) -> None:
        """Show an event of a run, of the exchange or of a worker."""
        screen, texts = self._screen, self._screen.texts
        match event:
            case RunStarted():
                self._run = event
                names = {"run_id": event.run_id, "operator": event.operator, "database": event.database}
                screen.line(texts(texts.key_of_kind("cli.started", event), undone_id=event.undone_id, **names))
            case FilesPulled() | FilesArchived() | ExportFound():
                for line in file_lines(event, texts):
                    screen.line(line)
            case Progress():
                self._bars.show(event)
            case IssuesFound():
                pass  # the totals are shown at the end; there may be a hundred thousand issues
            case BackupFound() | BackupMade():
                screen.line(backup_line(event, texts))
            case MergeRepeated():
                screen.line(texts("cli.merge_repeated", attempt=event.attempt, reason=event.reason))
            case RunFinished():
                self._bars.stop()
                show_report(screen, event.report)
            case ExchangeStarted() | RequestHandled() | ImportNotRequested():
                for line in exchange_lines(event, texts):
                    screen.out.print(escape(line), highlight=False, soft_wrap=True)
            case WorkerReady() | TaskTaken() | TaskLeft() | WorkerInTrouble() | WorkerStopping():
                screen.line(worker_line(event, texts))
            case _:
                assert_never(event)

    def error(self, error: SyncError) -> None:
        """Show an error, in the words of the run that it has ended."""
        texts = self._screen.texts
        if self._run is not None:
            error = texts.of_run(error, self._run.kind, self._run.is_dry_run)
        self._screen.error(texts.error(error))

    def show(self, result: Result) -> None:
        """Show a result."""
        screen = self._screen
        match result:
            case CheckItem():
                answers.show_check(screen, result)
            case EntryList():
                history.show_entries(screen, result)
            case EntryShown():
                history.show_entry(screen, result)
            case IssueList():
                history.show_issues(screen, result)
            case IssuesSaved():
                history.show_issues_saved(screen, result)
            case CancelRequested():
                answers.show_cancel_requested(screen, result)
            case StaleClosed():
                answers.show_stale_closed(screen, result)
            case FreshnessShown():
                answers.show_freshness(screen, result)
            case BackupList():
                show_backups(screen, result)
            case HostKeyPinned():
                answers.show_host_key_pinned(screen, result)
            case ExchangePasswordSet():
                screen.line(screen.texts("cli.exchange_password_set", user=result.user))
            case ScheduleShown():
                key = "cli.schedule_off" if result.at is None else "cli.schedule_on"
                screen.line(screen.texts(key, at=result.at))
            case ScheduleList():
                schedules.show_schedules(screen, result)
            case ScheduleSaved():
                schedules.show_schedule_saved(screen, result)
            case ScheduleRemoved():
                schedules.show_schedule_removed(screen, result)
            case ServicePrinted():
                answers.show_service(screen, result)
            case SettingList():
                answers.show_settings(screen, result)
            case TopicList():
                guide.show_topics(screen, result)
            case TopicShown():
                guide.show_topic(screen, result)
            case SupportPackageShown():
                answers.show_support_package(screen, result)
            case SupportPackageSaved():
                answers.show_support_package_saved(screen, result)
            case TaskSubmitted():
                tasks.show_submitted(screen, result)
            case TaskList():
                tasks.show_tasks(screen, result)
            case TaskShown():
                tasks.show_task(screen, result)
            case TaskChanged():
                tasks.show_change(screen, self._bars, result.task)
            case TaskCancelled():
                tasks.show_task_cancelled(screen, result)
            case TaskPrioritised():
                screen.line(screen.texts("cli.task_prioritised", task_id=result.task_id, priority=result.priority))
            case TasksRemoved():
                screen.line(screen.texts("cli.tasks_removed", count=result.count, hours=result.hours))
            case WorkerList():
                tasks.show_workers(screen, result)
            case NothingToDo():
                screen.line(screen.texts.error(result.reason).what)
            case _:
                assert_never(result)
