"""Processes that run queued tasks: their rows, and the lock that proves that they live."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

import sqlalchemy as sa

from freesport_sync import __version__
from freesport_sync.core.task_list import TaskStatus, Worker
from freesport_sync.database.own import alive
from freesport_sync.database.own.notices import notify
from freesport_sync.database.own.schema import tasks, workers
from freesport_sync.database.own.task_list import has_tasks
from freesport_sync.database.server.engine import driver_connection, transaction

_now = sa.func.clock_timestamp()
FORGOTTEN_AFTER_H = 24
"""Rows of dead workers are shown so long."""


def register(connection: sa.Connection, queues: Sequence[str], jobs: int) -> int:
    """Insert the row of this process and take its lock, which it holds as long as the connection lives.

    Args:
        connection: kept open by the worker, in autocommit.
        queues: those it listens to.
        jobs: tasks that it runs at once.

    Returns:
        The id of the worker.
    """
    with transaction(connection):
        worker_id: int = connection.execute(
            workers.insert()
            .values(
                host=socket.gethostname(),
                process_id=os.getpid(),
                backend_id=driver_connection(connection).info.backend_pid,
                program_version=__version__,
                queues=list(queues),
                jobs=jobs,
                started_at=_now,
                heartbeat_at=_now,
            )
            .returning(workers.c.id)
        ).scalar_one()
        notify(connection)
    _take_lock(connection, worker_id)
    return worker_id


def take_over(connection: sa.Connection, worker_id: int) -> bool:
    """Go on with the row of this process after its connection was lost; returns False if the row is gone.

    Args:
        connection: a new one, kept open by the worker, in autocommit.
        worker_id: of this process; no other connection of it is in use any more.
    """
    backend_id = driver_connection(connection).info.backend_pid
    before = connection.scalar(sa.select(workers.c.backend_id).where(workers.c.id == worker_id))
    if before is None:
        return False
    # The server may not have noticed yet that the old connection is gone, and would keep the lock for it.
    is_ours = alive.holders(alive.WORKER_KEY1)
    old = sa.select(sa.func.pg_terminate_backend(is_ours.c.pid))
    connection.execute(old.where(is_ours.c.pid == before, is_ours.c.key2 == alive.worker_key(worker_id))).all()
    values = {"backend_id": backend_id, "heartbeat_at": _now}
    connection.execute(workers.update().where(workers.c.id == worker_id).values(values))
    _take_lock(connection, worker_id)
    return True


def _take_lock(connection: sa.Connection, worker_id: int) -> None:
    connection.execute(sa.select(sa.func.pg_advisory_lock(alive.WORKER_KEY1, alive.worker_key(worker_id))))


def beat(connection: sa.Connection, worker_id: int) -> None:
    """Write a sign of life."""
    connection.execute(workers.update().where(workers.c.id == worker_id).values(heartbeat_at=_now))


def stop_taking(connection: sa.Connection, worker_id: int) -> None:
    """Show that the worker takes no more tasks."""
    connection.execute(workers.update().where(workers.c.id == worker_id).values(stopping_at=_now))
    notify(connection)


def unregister(connection: sa.Connection, worker_id: int) -> None:
    """Remove the row of a worker that has ended in order."""
    connection.execute(workers.delete().where(workers.c.id == worker_id))
    notify(connection)


def forget_dead(connection: sa.Connection) -> None:
    """Delete rows of workers that died long ago and have no tasks any more."""
    oldest = _now - sa.func.make_interval(0, 0, 0, 0, FORGOTTEN_AFTER_H)
    has_tasks = sa.exists().where(tasks.c.worker_id == workers.c.id, tasks.c.status == TaskStatus.RUNNING.value)
    old = workers.c.heartbeat_at < oldest
    connection.execute(workers.delete().where(old, alive.is_dead_worker, sa.not_(has_tasks)))


def read_workers(connection: sa.Connection) -> tuple[Worker, ...]:
    """All workers, the living ones first; none if there is no table for them yet."""
    if not has_tasks(connection):
        return ()
    c = workers.c
    running = (
        sa.select(sa.func.array_agg(tasks.c.id))
        .where(tasks.c.worker_id == c.id, tasks.c.status == TaskStatus.RUNNING.value)
        .scalar_subquery()
    )
    signs = alive.is_dead_worker.label("is_dead"), alive.is_silent_worker.label("is_silent")
    query = sa.select(workers, *signs, running.label("task_ids")).order_by(alive.is_dead_worker, c.host, c.id)
    return tuple(
        Worker(
            id=row.id,
            host=row.host,
            process_id=row.process_id,
            program_version=row.program_version,
            queues=tuple(row.queues),
            jobs=row.jobs,
            started_at=row.started_at,
            heartbeat_at=row.heartbeat_at,
            is_alive=not row.is_dead,
            is_stopping=row.stopping_at is not None,
            is_silent=row.is_silent,
            task_ids=tuple(sorted(row.task_ids or ())),
        )
        for row in connection.execute(query)
    )
