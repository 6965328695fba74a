"""Whether an open run is still alive: PostgreSQL knows who holds our locks."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.own.schema import runs
from freesport_sync.database.server.sql_files import sql

DEAD_AFTER_S = 3
"""A run beats once a second and releases its lock only at its end, so one without the lock is dead; the grace period
covers the time between the last statement of a run and the end of its connection."""
SILENT_AFTER_S = 10
"""A run that holds the lock and does not beat: its computer or network may be gone, which the server notices later."""


def _has_not_beaten(seconds: int) -> sa.ColumnElement[bool]:
    return runs.c.heartbeat_at < sa.func.clock_timestamp() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)


_holder = sql("own/holders").bindparams(key1=KEY1).columns(sa.column("pid", sa.Integer)).subquery()
_is_open = runs.c.status == RunStatus.RUNNING.value

is_dead: sa.ColumnElement[bool] = sa.and_(
    _is_open, _has_not_beaten(DEAD_AFTER_S), runs.c.backend_id.not_in(sa.select(_holder.c.pid))
)
is_silent: sa.ColumnElement[bool] = sa.and_(_is_open, _has_not_beaten(SILENT_AFTER_S))

true_status: sa.ColumnElement[str] = sa.case((is_dead, RunStatus.INTERRUPTED.value), else_=runs.c.status)
"""The status, with dead runs counted as interrupted, as the next run will mark them."""
