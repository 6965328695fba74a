"""Whether open runs and workers are still alive: PostgreSQL knows who holds our locks."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.own.schema import runs, tasks, workers
from freesport_sync.database.server.sql_files import sql

DEAD_AFTER_S = 3
"""A run beats once a second and releases its lock only at its end, so one without the lock is dead; the grace period
covers the time between the last statement of a run and the end of its connection."""
SILENT_AFTER_S = 10
"""A run that holds the lock and does not beat: its computer or network may be gone, which the server notices later."""


WORKER_KEY1 = 1179865943
"""First key of the lock that a worker holds as long as it lives: "FSSW"; the second is made of its id."""


def _has_not_beaten(seconds: int, table: sa.Table = runs) -> sa.ColumnElement[bool]:
    return table.c.heartbeat_at < sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _holders(key1: int) -> sa.Subquery:
    return sql("own/holders").bindparams(key1=key1).columns(sa.column("pid", sa.Integer)).subquery()


_holder, _worker_holder = _holders(KEY1), _holders(WORKER_KEY1)
_is_open = runs.c.status == RunStatus.RUNNING.value

is_dead: sa.ColumnElement[bool] = sa.and_(
    _is_open, _has_not_beaten(DEAD_AFTER_S), runs.c.backend_id.not_in(sa.select(_holder.c.pid))
)
is_silent: sa.ColumnElement[bool] = sa.and_(_is_open, _has_not_beaten(SILENT_AFTER_S))

true_status: sa.ColumnElement[str] = sa.case((is_dead, RunStatus.INTERRUPTED.value), else_=runs.c.status)
"""The status, with dead runs counted as interrupted, as the next run will mark them."""

is_dead_worker: sa.ColumnElement[bool] = sa.and_(
    _has_not_beaten(DEAD_AFTER_S, workers), workers.c.backend_id.not_in(sa.select(_worker_holder.c.pid))
)
is_silent_worker: sa.ColumnElement[bool] = _has_not_beaten(SILENT_AFTER_S, workers)

_is_living_run = sa.exists().where(runs.c.task_id == tasks.c.id, _is_open, sa.not_(is_dead))
_is_living_worker = sa.exists().where(workers.c.id == tasks.c.worker_id, sa.not_(is_dead_worker))
is_dead_task: sa.ColumnElement[bool] = sa.and_(
    tasks.c.status == TaskStatus.RUNNING.value,
    sa.not_(sa.case((tasks.c.queue == "", _is_living_run), else_=_is_living_worker)),
)
"""Without a queue it lives as long as its run, else as long as the worker that has claimed it."""
