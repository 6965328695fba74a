"""The history for both fronts: entries, their details and long lists, tasks, and what is going on right now.

Connections are kept between questions, and questions may come from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Self, TypeVar

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.freshness import DataKind, Freshness
from freesport_sync.core.history import (
    ChangePage,
    ChangeQuery,
    EntryIssues,
    EntryKey,
    EntrySource,
    HistoryDetails,
    HistoryEntry,
    HistoryQuery,
    IssuePage,
    IssueQuery,
    Page,
)
from freesport_sync.core.run import FieldChange
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Task, TaskQuery, Worker
from freesport_sync.database.own import (
    database_status,
    history_details,
    history_list,
    history_pages,
    schedules,
    task_list,
    workers,
)
from freesport_sync.database.own.freshness import read_freshness
from freesport_sync.database.permissions import read_rights
from freesport_sync.database.server.engine import (
    Connection,
    as_sync_error,
    connect,
    translated_errors,
)
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.errors import ConfigError, ConnectionFailed, SyncError
from freesport_sync.runs.context import Target
from freesport_sync.services.database import Database

POLL_S = 2.0
"""How often to poll without a notification: the shop's own importer and a dead process send none."""
RIGHTS_S = 5.0
"""How often the rights of the login are read."""
SHORTEST_PAUSE_S = 0.3
"""Between two polls, however many notifications arrive."""
RETRY_S = (1.0, 2.0, 5.0)
"""Pauses before connecting again; the last one repeats."""

NO_LIMITS: Mapping[DataKind, int] = MappingProxyType({})

T = TypeVar("T")


class History:
    """Reads the history and watches the database; use it as a context manager, or close it.

    It connects when the first question is asked. When the connection is lost, the next question connects again.

    Args:
        database: whose history it is; a private server runs until the history is closed.
        limits: kind of data -> the age in hours that is tolerated.
    """

    def __init__(self, database: Database, limits: Mapping[DataKind, int] = NO_LIMITS) -> None:
        self._database = database
        self._limits = limits
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._target: Target | None = None
        self._idle: list[Connection] = []
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect; nothing can be asked afterwards."""
        with self._lock:
            self._is_closed = True
            self._leave()

    def freshness(self) -> Freshness:
        """How old each kind of data is; not to be asked every second."""
        return self._ask(lambda connection: read_freshness(connection, self._limits))

    def entries(self, query: HistoryQuery, offset: int, limit: int) -> Page[HistoryEntry]:
        """A page of the history."""
        return self._ask(lambda connection: history_list.read_entries(connection, query, offset, limit))

    def details(self, key: EntryKey) -> HistoryDetails:
        """Everything about one entry except its long lists.

        Raises:
            ConfigError: there is no such entry.
        """
        return _existing(key, self._ask(lambda connection: history_details.read_details(connection, key)))

    def issues(self, query: IssueQuery, offset: int, limit: int) -> IssuePage:
        """A page of the row issues of a run."""
        return self._ask(lambda connection: history_pages.read_issue_page(connection, query, offset, limit))

    @contextmanager
    def all_issues(self, key: EntryKey) -> Iterator[EntryIssues]:
        """All row issues of an entry; they can be iterated over while the block lasts.

        Raises:
            ConfigError: there is no such entry.
        """
        with self._connection() as connection:
            yield _existing(key, history_details.read_entry_issues(connection, key))

    def changes(self, query: ChangeQuery, offset: int, limit: int) -> ChangePage:
        """A page of the changes that a dry run has listed."""
        return self._ask(lambda connection: history_pages.read_change_page(connection, query, offset, limit))

    def all_changes(self, run_id: int) -> tuple[FieldChange, ...]:
        """All changes that a dry run has listed."""
        return self._ask(lambda connection: history_pages.read_changes(connection, run_id))

    def tasks(self, query: TaskQuery, offset: int, limit: int) -> Page[Task]:
        """A page of tasks, the newest first."""
        return self._ask(lambda connection: task_list.read_tasks(connection, query, offset, limit))

    def task(self, task_id: int) -> Task | None:
        """One task, or None."""
        return self._ask(lambda connection: task_list.read_task(connection, task_id))

    def runs_of_task(self, task_id: int) -> tuple[HistoryEntry, ...]:
        """The runs of a task, one for each try that held its lock, the first one first."""
        return self._ask(lambda connection: history_list.read_runs_of_task(connection, task_id))

    def workers(self) -> tuple[Worker, ...]:
        """The processes that run tasks, also those that died lately."""
        return self._ask(workers.read_workers)

    def schedules(self) -> tuple[Schedule, ...]:
        """What workers start when; what starts next comes first."""
        return self._ask(schedules.read_schedules)

    def watch(self, report: Callable[[DatabaseStatus | SyncError], None], stop: threading.Event) -> None:
        """Report the state of the database, now and on every change, or that it is lost, until `stop` is set.

        Args:
            report: called on this thread.
            stop: noticed within 0.1 s.
        """
        failures = 0
        while not stop.is_set():
            try:
                with self._connection() as connection:
                    database_status.listen(connection)
                    last: DatabaseStatus | None = None
                    asked_at = float("-inf")
                    while not stop.is_set():
                        if time.monotonic() - asked_at >= RIGHTS_S:  # the administrator may have given more
                            rights, asked_at = read_rights(connection, self._creation), time.monotonic()
                        status = database_status.read_database_status(connection, self._label, rights)
                        if status != last or failures:
                            report(status)
                        last, failures = status, 0
                        stop.wait(SHORTEST_PAUSE_S)
                        _wait(connection, stop)
            except Exception as error:  # it must go on reporting, whatever happens
                report(as_sync_error(error))
                stop.wait(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1

    def _ask(self, question: Callable[[Connection], T]) -> T:
        try:
            with self._connection() as connection:
                return question(connection)
        except ConnectionFailed:
            if self._is_closed:
                raise
        # A kept connection may have died long ago: try once more on a new one.
        with self._connection() as connection:
            return question(connection)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            with translated_errors():
                yield connection
        except BaseException as error:
            connection.close()
            if isinstance(error, ConnectionFailed):
                self._forget_target()
            raise
        with self._lock:
            if self._is_closed:
                connection.close()
            else:
                self._idle.append(connection)

    def _take(self) -> Connection:
        with self._lock:
            if self._is_closed:
                raise ConnectionFailed("connection_lost", reason="closed")
            if self._idle:
                return self._idle.pop()
            if self._target is None:
                self._target = self._stack.enter_context(self._database.target())
            target = self._target
        try:
            with translated_errors():  # it may be lost between the login and the first statement
                return connect(target.url, "freesport_sync")
        except ConnectionFailed:
            self._forget_target()
            raise

    def _forget_target(self) -> None:
        """The private server may have died; the next question starts it again, or reads a changed password."""
        with self._lock:
            self._leave()

    def _leave(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        self._target = None
        self._stack.close()

    @property
    def _label(self) -> str:
        target = self._target
        return target.label if target else ""

    @property
    def _creation(self) -> TableCreation:
        target = self._target
        return TableCreation.NEVER if target is None else target.creation


def _existing(key: EntryKey, found: T | None) -> T:
    if found is None:
        raise ConfigError("run_not_found", run_id=key.id if key.source is EntrySource.RUN else str(key))
    return found


def _wait(connection: Connection, stop: threading.Event) -> None:
    deadline = time.monotonic() + POLL_S
    while not stop.is_set() and time.monotonic() < deadline:
        if database_status.wait_for_notice(connection, 0.1):
            return
