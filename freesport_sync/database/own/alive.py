"""Whether open runs and workers are still alive: PostgreSQL knows who holds our locks."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.own.schema import runs, tasks, workers
from freesport_sync.database.server.sql_files import sql
from freesport_sync.rules.retries import MAX_CRASHES

DEAD_AFTER_S = 3
"""A run beats once a second and releases its lock only at its end, so one without the lock is dead; the grace period
covers the time between the last statement of a run and the end of its connection."""
WORKER_DEAD_AFTER_S = 6
"""A worker beats every two seconds; if the connection with its lock is lost it has the time to make another."""
SILENT_AFTER_S = 10
"""A run that holds the lock and does not beat: its computer or network may be gone, which the server notices later."""


WORKER_KEY1 = 1179865943
"""First key of the lock that a worker holds as long as it lives: "FSSW"; the second is made of its id."""


def _has_not_beaten(seconds: int, table: sa.Table = runs) -> sa.ColumnElement[bool]:
    return table.c.heartbeat_at < sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def worker_key(worker_id: int) -> int:
    """The second key of the lock of a worker."""
    return worker_id % _KEYS


_KEYS = 2**31
"""How many second keys there are."""
_moment = sa.DateTime(timezone=True)


def holders(key1: int) -> sa.Subquery:
    """Who holds locks with this first key in this database: process, its start, and second key."""
    columns = (sa.column("pid", sa.Integer), sa.column("key2", sa.BigInteger), sa.column("backend_start", _moment))
    return sql("own/holders").bindparams(key1=key1).columns(*columns).subquery()


_holder, _worker_holder = holders(KEY1), holders(WORKER_KEY1)
_is_open = runs.c.status == RunStatus.RUNNING.value
# RUN-14: after a restart of PostgreSQL its processes soon have the same ids again, but are younger than the run.
# When one started is hidden (NULL) from those who may not look at other logins.
_has_lock = sa.exists().where(
    _holder.c.pid == runs.c.backend_id, sa.func.coalesce(_holder.c.backend_start <= runs.c.started_at, sa.true())
)

is_dead: sa.ColumnElement[bool] = sa.and_(_is_open, _has_not_beaten(DEAD_AFTER_S), sa.not_(_has_lock))
is_silent: sa.ColumnElement[bool] = sa.and_(_is_open, _has_not_beaten(SILENT_AFTER_S))

true_status: sa.ColumnElement[str] = sa.case((is_dead, RunStatus.INTERRUPTED.value), else_=runs.c.status)
"""The status, with dead runs counted as interrupted, as the next run will mark them."""

is_dead_worker: sa.ColumnElement[bool] = sa.and_(
    _has_not_beaten(WORKER_DEAD_AFTER_S, workers), (workers.c.id % _KEYS).not_in(sa.select(_worker_holder.c.key2))
)
is_silent_worker: sa.ColumnElement[bool] = _has_not_beaten(SILENT_AFTER_S, workers)

_is_living_run = sa.exists().where(runs.c.task_id == tasks.c.id, _is_open, sa.not_(is_dead))
_is_living_worker = sa.exists().where(workers.c.id == tasks.c.worker_id, sa.not_(is_dead_worker))
is_dead_task: sa.ColumnElement[bool] = sa.and_(
    tasks.c.status == TaskStatus.RUNNING.value,
    sa.not_(sa.case((tasks.c.queue == "", _is_living_run), else_=_is_living_worker)),
)
"""Without a queue it lives as long as its run, else as long as the worker that has claimed it."""
is_last_crash: sa.ColumnElement[bool] = sa.or_(tasks.c.queue == "", tasks.c.crashes + 1 >= MAX_CRASHES)
"""Whether a task fails if its process dies; else it waits again."""
is_lost_task: sa.ColumnElement[bool] = sa.and_(is_dead_task, is_last_crash)
true_task_status: sa.ColumnElement[str] = sa.case(
    (is_lost_task, TaskStatus.FAILED.value), (is_dead_task, TaskStatus.PENDING.value), else_=tasks.c.status
)
"""The status, with dead tasks counted as what becomes of them as soon as somebody mends them."""

_last_beat = sa.select(sa.func.max(runs.c.heartbeat_at)).where(runs.c.task_id == tasks.c.id).scalar_subquery()
_last_beat_of_worker = sa.select(workers.c.heartbeat_at).where(workers.c.id == tasks.c.worker_id).scalar_subquery()
last_sign_of_task: sa.ColumnElement[datetime] = sa.func.coalesce(
    sa.func.greatest(_last_beat, _last_beat_of_worker), sa.func.clock_timestamp()
)
"""When something was last heard of a task's process."""
