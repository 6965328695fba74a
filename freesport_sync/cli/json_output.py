"""What the command line prints for scripts: one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

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
from freesport_sync.cli.streams import is_unicode
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.events import Event, Failure, RunFinished
from freesport_sync.core.exchange import ExchangeEvent, ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.history import EntrySource, HistoryEntry, IssueCount
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.json_values import to_json
from freesport_sync.core.run import RunReport, RunStatus
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Task
from freesport_sync.core.wire import SENTENCES, Message, encode, messages_of
from freesport_sync.core.worker_events import (
    TaskLeft,
    TaskTaken,
    WorkerEvent,
    WorkerInTrouble,
    WorkerReady,
    WorkerStopping,
)
from freesport_sync.errors import SyncError
from freesport_sync.i18n.schedule_words import what_starts
from freesport_sync.i18n.task_words import missing_worker, state_of
from freesport_sync.i18n.texts import Texts

Line = dict[str, Any]
_RUN_FIELDS = (
    *("kind", "operator", "host", "trigger", "is_dry_run", "stage", "started_at", "finished_at", "counts", "errors"),
    *("warnings", "issue_totals", "error_code", "error_params", "undone_id", "undone_by", "task_id"),
)


class JsonOutput:
    """Prints events in the wire format with sentences for people, and results in the same style.

    Args:
        texts: in the operator's language.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._failed: RunReport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def event(self, event: Event | ExchangeEvent | WorkerEvent) -> None:
        """Print an event of a run, of the exchange or of a worker."""
        match event:
            case ExchangeStarted() | RequestHandled() | ImportNotRequested():
                self._print_failed()  # of an import: the answer to 1C has reported its error
                _print(encode(event))
            case RunFinished() if event.report.status is not RunStatus.COMPLETED:
                self._failed = event.report  # the result comes last, after the error
            case WorkerReady() | TaskTaken() | TaskLeft() | WorkerInTrouble() | WorkerStopping():
                _print(self._line(event))
            case _:
                for message in messages_of(event):
                    _print(self._line(message))

    def error(self, error: SyncError) -> None:
        """Print an error, then the result of the run that it has ended."""
        _print(encode(Failure.of(error)) | asdict(self._texts.error(error)))
        self._print_failed()

    def show(self, result: Result) -> None:
        """Print a result."""
        for line in self._lines(result):
            _print(line)

    def _lines(self, result: Result) -> Iterable[Line]:
        match result:
            case CheckItem():
                return [self._line(result)]
            case EntryList():
                return map(_entry, result.entries)
            case EntryShown():
                return self._shown(result)
            case IssueList():
                return self._issues(result)
            case IssuesSaved():
                return [{"event": "issues_saved", "count": result.count, "file": to_json(result.file)}]
            case CancelRequested():
                return _each("cancel_requested", [result.request])
            case StaleClosed():
                return _each("unlocked", [result.closed])
            case FreshnessShown():
                return self._freshness(result)
            case BackupList():
                return _each("backup", result.backups)
            case HostKeyPinned():
                return _each("host_key_pinned", [result.key])
            case ExchangePasswordSet():
                return _each("exchange_password_set", [result])
            case ScheduleShown():
                return _each("import_schedule", [result])
            case ScheduleList():
                return map(self._schedule, result.schedules)
            case ScheduleSaved():
                return [self._schedule(result.schedule)]
            case ScheduleRemoved():
                return [{"event": "schedule_removed", "id": result.schedule.id, "name": result.schedule.name}]
            case ServicePrinted():
                service = result.service
                file = to_json(result.file)
                return [{"event": "service", "name": service.name, "text": service.text, "file": file}]
            case SettingList():
                return self._settings(result)
            case TopicList():
                return [{"event": "topic", "name": one.name, "title": one.title} for one in result.chapters]
            case TopicShown():
                return _each("topic", [result])
            case SupportPackageShown():
                return _package(result)
            case SupportPackageSaved():
                return _each("support_package_saved", [result])
            case TaskSubmitted() | TaskList() | TaskShown() | TaskChanged():
                return self._tasks(result)
            case TaskCancelled():
                return _each("task_cancelled", [result])
            case TaskPrioritised():
                return _each("task_prioritised", [result])
            case TasksRemoved():
                return _each("tasks_removed", [result])
            case WorkerList():
                return _each("worker", result.workers)
            case NothingToDo():
                return [self._nothing(result)]

    def _shown(self, result: EntryShown) -> Iterator[Line]:
        details = result.details
        yield _entry(details.entry)
        if details.task is not None:
            yield self._task(details.task)
        yield from _each("file", details.files)
        yield from _each("issue_count", details.issue_counts)
        yield from map(self._line, result.issues)
        yield from _each("change", result.changes)
        if details.entry.key.source is EntrySource.SHOP:
            yield {"event": "report", "text": details.report, "error": details.error_message}

    def _issues(self, result: IssueList) -> Iterator[Line]:
        counts: Iterable[IssueCount] = result.found.counts
        yield from _each("issue_count", counts)
        yield from map(self._line, result.found.issues)

    def _freshness(self, result: FreshnessShown) -> Iterator[Line]:
        now = result.freshness.read_at
        for one in result.freshness.data:
            line: Line = {"event": "freshness", "kind": one.kind.value, "limit_h": one.limit_h}
            complaint, age_s = one.complaint(now), one.age_s(now)
            last = {"key": None, "imported_at": None, "created_at": None}
            if one.last is not None:
                last = {name: to_json(getattr(one.last, name)) for name in last} | {"key": str(one.last.key)}
            text = "" if complaint is None else self._texts.error(complaint).what
            yield line | last | {"age_s": age_s, "is_overdue": complaint is not None, "text": text}

    def _settings(self, result: SettingList) -> Iterator[Line]:
        for one, line in zip(result.settings, _each("setting", result.settings), strict=True):
            yield line | {"meaning": self._texts(f"settings.{one.key}")}
        yield from map(self._line, result.bootstrap)

    def _tasks(self, result: TaskSubmitted | TaskList | TaskShown | TaskChanged) -> Iterator[Line]:
        match result:
            case TaskSubmitted():
                yield self._submitted(result)
            case TaskList():
                yield from map(self._task, result.page.rows)
                yield {"event": "tasks", "shown": len(result.page.rows), "total": result.page.total}
            case TaskChanged():
                yield self._task(result.task)
            case TaskShown():
                yield self._task(result.task)
                yield from map(_entry, result.runs)

    def _submitted(self, result: TaskSubmitted) -> Line:
        task = result.task
        values: Line = to_json({name: getattr(task, name) for name in ("uid", "host", "run_after", "has_worker")})
        text = missing_worker(task, self._texts)
        return {"event": "task_submitted", "task_id": task.id, "is_new": result.is_new, **values, "text": text}

    def _task(self, task: Task) -> Line:
        return {"event": "task", **to_json(task), "text": state_of(task, self._texts)}

    def _schedule(self, schedule: Schedule) -> Line:
        return {"event": "schedule", **to_json(schedule), "text": what_starts(schedule, self._texts)}

    def _nothing(self, result: NothingToDo) -> Line:
        params: Line = to_json(result.reason.params)
        return {"event": "nothing_new", **params, "text": self._texts.error(result.reason).what}

    def _line(self, message: Message) -> Line:
        """The message with its sentences."""
        line = encode(message)
        match message:
            case RowIssue():
                what, hint = self._texts.issue(message)
                return line | {"what": what, "hint": hint}
            case CheckItem():
                return line | {"text": self._texts.check(message.code, message.params)}
            case TaskLeft() | WorkerInTrouble() if message.failure is not None:
                said = asdict(self._texts.error(message.failure.error))
                # Its code is in `failure` already, and nothing else may be added.
                return line | {name: text for name, text in said.items() if name in SENTENCES}
        return line

    def _print_failed(self) -> None:
        failed, self._failed = self._failed, None  # at once: the exchange imports and answers on two threads
        if failed is not None:
            _print(encode(failed))


def _entry(entry: HistoryEntry) -> Line:
    """A line `run`; its names are older than those of the history."""
    line: Line = to_json(entry)
    key = {"id": entry.key.id, "source": entry.key.source.value, "key": str(entry.key)}
    status = {"status": entry.status.as_run_status.value, "data_dir": entry.data}
    return {"event": "run", **key, **status, **{name: line[name] for name in _RUN_FIELDS}}


def _package(result: SupportPackageShown) -> Iterator[Line]:
    for one in result.package.files:
        yield {"event": "support_file", "name": one.name, "size_bytes": len(one.content), "text": one.about}
    for text in result.package.missing:
        yield {"event": "support_missing", "text": text}


def _each(name: str, rows: Iterable[object]) -> Iterator[Line]:
    for row in rows:
        yield {"event": name, **to_json(row)}


def _print(line: Line) -> None:
    print(f"{json.dumps(line, ensure_ascii=not is_unicode(sys.stdout))}\n", end="", flush=True)
