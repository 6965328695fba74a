"""What one worker at a time does for all: mends what dead processes and lost messages have left behind."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own import alive
from freesport_sync.database.own.jobs import jobs, status_text
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.own.schema import runs, tasks, workers
from freesport_sync.database.own.tasks import call

SETTLING_S = 15
"""After a start of the server nobody counts as dead for so long: the first to reconnect sees only old heartbeats."""
FROZEN_AFTER_S = 60
"""A worker that holds its lock and does not beat for so long is stopped, or its computer is gone."""
CALLS_AT_ONCE = 1000

_now = sa.func.clock_timestamp()
_ALONE = 0
"""Second key of the lock of whoever does this; ids of workers begin at 1."""


def is_my_turn(connection: sa.Connection) -> bool:
    """Whether nobody else does it now; until the end of the transaction."""
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(alive.WORKER_KEY1, _ALONE))))


def has_settled(connection: sa.Connection) -> bool:
    """Whether living processes have had the time to come back after a start of the server."""
    age = _now - sa.func.pg_postmaster_start_time()
    return bool(connection.scalar(sa.select(age > sa.func.make_interval(0, 0, 0, 0, 0, 0, SETTLING_S))))


def call_forgotten(connection: sa.Connection) -> int:
    """Call workers again to tasks whose job is gone, or was taken by a process that died; returns how many."""
    has_job = sa.exists().where(jobs.c.id == tasks.c.job_id, status_text == "todo")
    columns = (tasks.c.id, tasks.c.uid, tasks.c.queue, tasks.c.priority, tasks.c.run_after)
    query = (
        sa.select(*columns)
        .where(tasks.c.status == TaskStatus.PENDING.value, sa.not_(has_job))
        .order_by(tasks.c.id)
        .limit(CALLS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    forgotten = connection.execute(query).all()
    for row in forgotten:
        call(connection, *row)
    return len(forgotten)


def cut_frozen(connection: sa.Connection, after_s: float = FROZEN_AFTER_S) -> tuple[int, ...]:
    """Cut the connections of workers that hold their locks and have stopped beating; returns their ids.

    What they were writing is rolled back. Should they wake up, their claims no longer hold.
    """
    own, held = alive.holders(alive.WORKER_KEY1), alive.holders(KEY1)
    is_frozen = workers.c.heartbeat_at < _now - sa.func.make_interval(0, 0, 0, 0, 0, 0, after_s)
    found = sa.select(workers.c.id, workers.c.backend_id).where(is_frozen)
    frozen = connection.execute(found.where(workers.c.backend_id.in_(sa.select(own.c.pid)))).all()
    if not frozen:
        return ()
    ids = tuple(sorted(row.id for row in frozen))
    # Runs first: once their worker counts as dead, somebody else takes their tasks.
    its_runs = (
        sa.select(held.c.pid).join(runs, runs.c.backend_id == held.c.pid).join(tasks, tasks.c.id == runs.c.task_id)
    )
    its_runs = its_runs.where(runs.c.finished_at.is_(None), tasks.c.worker_id.in_(ids))
    for backend_id in (*connection.scalars(its_runs), *(row.backend_id for row in frozen)):
        connection.execute(sa.select(sa.func.pg_terminate_backend(backend_id)))
    return ids
