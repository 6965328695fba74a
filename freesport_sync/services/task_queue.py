"""Tasks of all computers that work on a database: submitted, listed, cancelled."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.history import HistoryEntry, Page
from freesport_sync.core.task_list import Submitted, Task, TaskQuery, TaskStatus, Worker
from freesport_sync.core.tasks import Submission, Trigger
from freesport_sync.database.own import database_status, remote_control, task_list, tasks, workers
from freesport_sync.database.own.history_list import read_runs_of_task
from freesport_sync.database.own.lock import prepare_own_schema_alone
from freesport_sync.database.own.tasks import NewTask
from freesport_sync.database.server.engine import Connection, transaction
from freesport_sync.errors import ConfigError
from freesport_sync.runs.requests import decode
from freesport_sync.services.database import Database
from freesport_sync.tasks.registry import Registry
from freesport_sync.tasks.waiting import new_task

POLL_S = 2.0
"""How often a task is looked at without a notification: a dead process sends none."""


class TaskQueue:
    """The tasks of one database, whichever computers run them.

    Args:
        database: that they work on.
        registry: what can be run.
    """

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    def submit(
        self, submission: Submission[Any], run_after: datetime | None = None, priority: int | None = None
    ) -> Submitted:
        """Let a task wait for a worker; if an equal one waits already, that one is enough.

        Args:
            submission: what is to be run, and who asks for it.
            run_after: not before this time, with a zone; None: as soon as possible.
            priority: higher comes first; None: the usual one of its trigger.

        Raises:
            SyncError: it cannot work, as far as this computer can see.
            LockHeld: our tables have to be upgraded first, and something is running.
            SchemaMismatch: our tables cannot be made, or are newer than this program.
        """
        self._registry.of(submission.request).refuse_here(submission.request)
        return self._submit(new_task(self._registry, submission, run_after, priority))

    def repeat(self, task_id: int, operator: str, trigger: Trigger) -> Submitted:
        """Submit what a past task was asked for again, on the computer that has its files; one that waits is enough.

        Args:
            task_id: the past task.
            operator: who asks now.
            trigger: from where.

        Raises:
            ConfigError: there is no such task, it is running, or this program does not know what it was asked for.
            SyncError: its files are no longer here.
        """
        past = self.task(task_id)
        if past.status is TaskStatus.PENDING:
            return Submitted(task_id, False)
        if past.status is TaskStatus.RUNNING:
            raise ConfigError("task_still_open", task_id=task_id, task_status=past.status.value)
        stored = decode(self._registry, past.request)
        submission = replace(stored, header=replace(stored.header, operator=operator, trigger=trigger))
        if past.host == socket.gethostname():
            self._registry.of(submission.request).refuse_here(submission.request)
        return self._submit(new_task(self._registry, submission, host=past.host))

    def _submit(self, new: NewTask) -> Submitted:
        with self._database.connection() as connection:
            prepare_own_schema_alone(connection)
            with transaction(connection):
                return tasks.submit(connection, new)

    def task(self, task_id: int) -> Task:
        """One task.

        Raises:
            ConfigError: there is no such task.
        """
        with self._database.connection() as connection:
            found = task_list.read_task(connection, task_id)
        if found is None:
            raise ConfigError("task_not_found", task_id=task_id)
        return found

    def follow(self, task_id: int, cancel: CancelToken) -> Iterator[Task]:
        """A task now and after each change, until it has ended.

        Raises:
            ConfigError: there is no such task, or no longer.
            Cancelled: by `cancel`, which ends nothing but the watching.
            ConnectionFailed: the database is gone.
        """
        with self._database.connection() as connection:
            database_status.listen(connection)
            shown: Task | None = None
            while True:
                task = task_list.read_task(connection, task_id)
                if task is None:
                    raise ConfigError("task_not_found", task_id=task_id)
                if task != shown:
                    yield task
                if task.status.is_final:
                    return
                shown = task
                _wait_for_change(connection, cancel)

    def runs(self, task_id: int) -> tuple[HistoryEntry, ...]:
        """The runs of a task, one for each try that held its lock, the first one first."""
        with self._database.connection() as connection:
            return read_runs_of_task(connection, task_id)

    def tasks(self, query: TaskQuery, offset: int, limit: int) -> Page[Task]:
        """A page of tasks, the newest first."""
        with self._database.connection() as connection:
            return task_list.read_tasks(connection, query, offset, limit)

    def workers(self) -> tuple[Worker, ...]:
        """The processes that run tasks, also those that died lately."""
        with self._database.connection() as connection:
            return workers.read_workers(connection)

    def cancel(self, task_id: int, by: str) -> TaskStatus:
        """Cancel a task; see `database.own.remote_control.cancel_task`."""
        with self._database.connection() as connection:
            return remote_control.cancel_task(connection, task_id, by)

    def remove_ended(self, hours: int) -> int:
        """Forget the tasks that ended more than `hours` ago; see `database.own.tasks.remove_ended`."""
        with self._database.connection() as connection:
            return tasks.remove_ended(connection, hours) if task_list.has_tasks(connection) else 0

    def change_priority(self, task_id: int, priority: int) -> None:
        """Let a waiting task come sooner or later; see `database.own.remote_control.change_priority`."""
        with self._database.connection() as connection:
            remote_control.change_priority(connection, task_id, priority)


def _wait_for_change(connection: Connection, cancel: CancelToken) -> None:
    deadline = time.monotonic() + POLL_S
    while time.monotonic() < deadline:
        cancel.check()
        if database_status.wait_for_notice(connection, 0.1):
            return
