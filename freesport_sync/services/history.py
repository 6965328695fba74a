"""What a window asks of the database while it is open: on connections that are kept, from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

from freesport_sync.core.history import (
    ChangePage,
    ChangeQuery,
    DatabaseStatus,
    EntryKey,
    EntryPage,
    HistoryDetails,
    HistoryQuery,
    IssuePage,
    IssueQuery,
    Overview,
)
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import FieldChange
from freesport_sync.database.own import history_details, history_list
from freesport_sync.database.own.history import read_field_changes, read_issues
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

POLL_S = 2.0
"""How often we look where nobody tells us: the shop's own importer does not, nor does a program that has died."""
RIGHTS_S = 5.0
"""How often we ask what the login may do."""
SHORTEST_PAUSE_S = 0.3
"""Between two looks, however much we are told."""
RETRY_S = (1.0, 2.0, 5.0)
"""Pauses before connecting again; the last one for ever."""

T = TypeVar("T")


class History:
    """Reads entries and their lists, and watches what goes on.

    The database is looked for with the first question; when it is lost, the next question looks for it again.

    Args:
        open_target: names the database and keeps it running (the private server) while it is open.
    """

    def __init__(self, open_target: Callable[[], AbstractContextManager[Target]]) -> None:
        self._open_target = open_target
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._target: Target | None = None
        self._idle: list[Connection] = []
        self._is_closed = False

    def close(self) -> None:
        """Leave the database; the service is of no further use."""
        with self._lock:
            self._is_closed = True
            self._leave()

    def overview(self, limit: int) -> Overview:
        """The newest entries and the age of the data."""
        return self._ask(lambda connection: history_details.read_overview(connection, limit))

    def entries(self, query: HistoryQuery, offset: int, limit: int) -> EntryPage:
        """A page of the history."""
        return self._ask(lambda connection: history_list.read_entries(connection, query, offset, limit))

    def details(self, key: EntryKey) -> HistoryDetails:
        """Everything about one entry but its long lists.

        Raises:
            ConfigError: there is no such entry.
        """
        details = self._ask(lambda connection: history_details.read_details(connection, key))
        if details is None:
            raise ConfigError("run_not_found", run_id=key.id)
        return details

    def issues(self, query: IssueQuery, offset: int, limit: int) -> IssuePage:
        """A page of the row issues of a run."""
        return self._ask(lambda connection: history_details.read_issue_page(connection, query, offset, limit))

    def changes(self, query: ChangeQuery, offset: int, limit: int) -> ChangePage:
        """A page of the changes that a dry run has listed."""
        return self._ask(lambda connection: history_details.read_change_page(connection, query, offset, limit))

    def all_changes(self, run_id: int) -> tuple[FieldChange, ...]:
        """All changes that a dry run has listed."""
        return self._ask(lambda connection: read_field_changes(connection, run_id, None))

    @contextmanager
    def all_issues(self, run_id: int) -> Iterator[Iterator[RowIssue]]:
        """All row issues of a run, read while they are asked for."""
        with self._connection() as connection:
            yield read_issues(connection, run_id)

    def watch(self, report: Callable[[DatabaseStatus | SyncError], None], stop: threading.Event) -> None:
        """Tell what goes on until `stop` is set: at once, when it changes, when the database is lost and found again.

        Args:
            report: called on this thread.
            stop: heard within a moment.
        """
        failures = 0
        while not stop.is_set():
            try:
                with self._connection() as connection:
                    history_details.listen(connection)
                    last: DatabaseStatus | None = None
                    asked_at = float("-inf")
                    while not stop.is_set():
                        if time.monotonic() - asked_at >= RIGHTS_S:  # the administrator may have given more
                            rights, asked_at = read_rights(connection, self._creation), time.monotonic()
                        database_status = history_details.read_database_status(connection, self._label, rights)
                        if database_status != last or failures:
                            report(database_status)
                        last, failures = database_status, 0
                        stop.wait(SHORTEST_PAUSE_S)
                        _wait(connection, stop)
            except Exception as error:  # whoever watches must not fall silent
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
        # A connection that was kept may have died long ago: once more on a new one.
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
                self._target = self._stack.enter_context(self._open_target())
            target = self._target
        try:
            with translated_errors():  # it may be lost between the login and the first statement
                return connect(target.url, "freesport_sync window")
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


def _wait(connection: Connection, stop: threading.Event) -> None:
    deadline = time.monotonic() + POLL_S
    while not stop.is_set() and time.monotonic() < deadline:
        if history_details.wait_for_notice(connection, 0.1):
            return
