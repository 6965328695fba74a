"""Controls runs and tasks of other processes: cancels them, and closes what dead ones have left open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own import alive, jobs
from freesport_sync.database.own.alive import true_status
from freesport_sync.database.own.lock import find_holders, take_lock, try_lock
from freesport_sync.database.own.notices import notify
from freesport_sync.database.own.runs import DeadRun, close_interrupted_runs, close_running, open_locks
from freesport_sync.database.own.schema import current_revision, runs, tasks
from freesport_sync.database.own.task_list import has_tasks
from freesport_sync.database.server.engine import transaction
from freesport_sync.database.shop.sessions import StaleSession, close_stale_sessions, refuse_foreign_session
from freesport_sync.database.shop.tables import import_sessions
from freesport_sync.errors import ConfigError


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A running run that has been asked to stop, and the first who asked."""

    run_id: int
    operator: str
    host: str
    stage: str
    requested_by: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What dead importers had left open."""

    runs: tuple[DeadRun, ...]
    sessions: tuple[StaleSession, ...]


def request_cancel(connection: sa.Connection, run_id: int, by: str) -> CancelRequest:
    """Ask a run to stop, on whichever computer it runs; it notices with its next heartbeat.

    Args:
        connection: any, in autocommit.
        run_id: the run.
        by: who requests it.

    Raises:
        ConfigError: there is no such run, it has ended, or its program is dead.
    """
    revision = current_revision(connection)
    if any(holder.run_id == run_id for holder in find_holders(connection)):
        at, requester = runs.c.cancel_requested_at, runs.c.cancel_requested_by
        values = {at: sa.func.coalesce(at, sa.func.clock_timestamp())}
        records_requester = revision is not None and revision >= "0003"  # an older program may be running
        if records_requester:
            values[requester] = sa.func.coalesce(requester, by)
        found = (runs.c.operator, runs.c.host, runs.c.stage)
        row = connection.execute(
            runs.update()
            .where(runs.c.id == run_id, runs.c.status == RunStatus.RUNNING.value)
            .values(values)
            .returning(*found, requester if records_requester else sa.literal(by), at)
        ).first()
        if row is not None:
            return CancelRequest(run_id, *row)
    raise _not_running(connection, run_id)


def _not_running(connection: sa.Connection, run_id: int) -> ConfigError:
    c = runs.c
    query = sa.select(true_status.label("status"), c.finished_at, c.operator, c.host).where(c.id == run_id)
    run = None if current_revision(connection) is None else connection.execute(query).first()
    if run is None:
        return ConfigError("run_not_found", run_id=run_id)
    if run.finished_at is None:  # its lock is free
        return ConfigError("run_dead", run_id=run_id, operator=run.operator, host=run.host)
    finished = run.finished_at.isoformat(timespec="seconds")
    return ConfigError("run_not_running", run_id=run_id, status=run.status, finished=finished)


def cancel_task(connection: sa.Connection, task_id: int, by: str) -> TaskStatus:
    """Cancel a task that waits, or ask the one who runs it to stop.

    Args:
        connection: any, in autocommit.
        task_id: the task.
        by: who requests it.

    Returns:
        Its status now: a running one goes on until its process has heard of it.

    Raises:
        ConfigError: there is no such task, or it has ended.
    """
    with transaction(connection):
        row = None
        if has_tasks(connection):
            query = sa.select(_true_status, tasks.c.job_id).where(tasks.c.id == task_id)
            row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise ConfigError("task_not_found", task_id=task_id)
        if TaskStatus(row.status).is_final:
            raise ConfigError("task_not_open", task_id=task_id, status=row.status)
        values: dict[str, object] = _cancelled_by(tasks, by)
        if row.status == TaskStatus.PENDING.value:
            values |= {"status": TaskStatus.CANCELLED.value, "finished_at": sa.func.clock_timestamp()}
            jobs.drop(connection, [row.job_id])
        else:
            its_run = runs.c.task_id == task_id, runs.c.status == RunStatus.RUNNING.value
            connection.execute(runs.update().where(*its_run).values(_cancelled_by(runs, by)))
        changed = tasks.update().where(tasks.c.id == task_id).values(values).returning(tasks.c.status)
        status = TaskStatus(connection.execute(changed).scalar_one())
        notify(connection)
    return status


_true_status = sa.case((alive.is_lost_task, TaskStatus.FAILED.value), else_=tasks.c.status).label("status")
"""A dead task of a queue would come back, so it can still be cancelled."""


def _cancelled_by(table: sa.Table, by: str) -> dict[str, object]:
    """The first who asks is remembered."""
    at, requester = table.c.cancel_requested_at, table.c.cancel_requested_by
    return {at.name: sa.func.coalesce(at, sa.func.clock_timestamp()), requester.name: sa.func.coalesce(requester, by)}


def change_priority(connection: sa.Connection, task_id: int, priority: int) -> None:
    """Let a task that waits come sooner or later.

    Raises:
        ConfigError: there is no such task, or it does not wait.
    """
    with transaction(connection):
        query = tasks.update().where(tasks.c.id == task_id, tasks.c.status == TaskStatus.PENDING.value)
        row = None
        if has_tasks(connection):
            row = connection.execute(query.values(priority=priority).returning(tasks.c.job_id)).first()
        if row is None:
            raise ConfigError("task_not_waiting", task_id=task_id)
        jobs.prioritise(connection, row.job_id, priority)
        notify(connection)


def unlock_stale(connection: sa.Connection, interrupted: str, stale: str) -> Unlocked:
    """Close what is provably dead, as `close_dead`, unless anybody imports, the shop itself included.

    Raises:
        LockHeld: an import is running; nothing is closed.
    """
    take_lock(connection, SHOP_LOCK)
    if _has_sessions(connection):
        refuse_foreign_session(connection)
    return close_dead(connection, interrupted, stale)


def close_dead(connection: sa.Connection, interrupted: str, stale: str) -> Unlocked:
    """Close the rows of runs and importers that are provably dead; no connection is terminated.

    Args:
        connection: takes the shop's lock until it is closed, which proves that no run holds it. Runs of other locks
            are left alone while their lock is held.
        interrupted: the sentence for sessions of our own runs.
        stale: the sentence for sessions of other importers, silent for more than two hours.

    Raises:
        LockHeld: a task of the shop is running; nothing is closed.
    """
    take_lock(connection, SHOP_LOCK)
    revision, has_sessions = current_revision(connection), _has_sessions(connection)
    with transaction(connection):
        closed = Unlocked(
            () if revision is None else _close_dead_runs(connection, has_locks=revision >= "0008"),
            close_stale_sessions(connection, interrupted, stale) if has_sessions else (),
        )
        if closed != Unlocked((), ()):
            notify(connection)
    return closed


def _has_sessions(connection: sa.Connection) -> bool:
    return bool(connection.scalar(sa.select(sa.func.to_regclass(import_sessions.name).is_not(None))))


def _close_dead_runs(connection: sa.Connection, *, has_locks: bool) -> tuple[DeadRun, ...]:
    """Close the dead runs of all free locks; before there were lock names all runs had the shop's."""
    if not has_locks:
        return close_running(connection)
    locks = [lock for lock in open_locks(connection) if lock == SHOP_LOCK or try_lock(connection, lock)]
    closed = [run for lock in locks for run in close_interrupted_runs(connection, lock)]
    return tuple(sorted(closed, key=lambda run: run.id))
