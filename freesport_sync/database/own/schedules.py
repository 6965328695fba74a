"""Rows of schedules: edited, read, and advanced when a start has come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.printable import printable
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own import alive
from freesport_sync.database.own.notices import notify
from freesport_sync.database.own.schema import schedules, tasks
from freesport_sync.database.own.stored_values import object_of
from freesport_sync.errors import ConfigError
from freesport_sync.rules.schedules import DueStart, first_start

MOST_SCHEDULES = 200
_now = sa.func.clock_timestamp()
_submitted = tasks.alias()
_last_task_id = (
    sa.select(sa.func.max(_submitted.c.id)).where(_submitted.c.schedule_id == schedules.c.id).scalar_subquery()
)
_is_open = tasks.c.status.in_((TaskStatus.PENDING.value, TaskStatus.RUNNING.value))


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose next start has come; its row is locked.

    Args:
        schedule: without what it has submitted last.
        now: by the clock of the database.
        has_open_task: a task that it has submitted waits or runs.
    """

    schedule: Schedule
    now: datetime
    has_open_task: bool


def read_schedules(connection: sa.Connection) -> tuple[Schedule, ...]:
    """All schedules; what starts next comes first, what is switched off last."""
    query = _joined().order_by(schedules.c.next_at.asc().nulls_last(), schedules.c.name, schedules.c.id)
    return tuple(map(_with_last_task, connection.execute(query)))


def read_schedule(connection: sa.Connection, schedule_id: int) -> Schedule:
    """One schedule.

    Raises:
        ConfigError: there is no such schedule.
    """
    row = connection.execute(_joined().where(schedules.c.id == schedule_id)).first()
    if row is None:
        raise ConfigError("schedule_not_found", schedule_id=schedule_id)
    return _with_last_task(row)


def store(connection: sa.Connection, schedule: Schedule) -> int:
    """Insert a schedule, or change the one with its id; inside a transaction of the caller.

    Returns:
        Its id.

    Raises:
        ConfigError: it cannot be understood, never starts anything, is gone meanwhile, or there are too many.
    """
    now: datetime = connection.execute(sa.select(_now)).scalar_one()
    start = first_start(schedule, now)
    values = {
        "name": printable(schedule.name),
        "cron": " ".join(schedule.cron.split()),
        "zone": schedule.zone,
        "request": dict(schedule.request),
        "host": schedule.host,
        "is_enabled": schedule.is_enabled,
        "grace_s": schedule.grace_s,
        "next_at": start if schedule.is_enabled else None,
        "note": None,
    }
    notify(connection)
    if schedule.id:
        changed = connection.execute(schedules.update().where(schedules.c.id == schedule.id).values(values))
        if not changed.rowcount:
            raise ConfigError("schedule_not_found", schedule_id=schedule.id)
        return schedule.id
    if connection.execute(sa.select(sa.func.count()).select_from(schedules)).scalar_one() >= MOST_SCHEDULES:
        raise ConfigError("schedules_too_many", most=MOST_SCHEDULES)
    values |= {"created_by": schedule.created_by, "created_at": _now}
    return int(connection.execute(schedules.insert().values(values).returning(schedules.c.id)).scalar_one())


def switch_off(connection: sa.Connection, schedule_id: int) -> None:
    """Let a schedule start nothing any more, also one that this program does not understand."""
    values = {"is_enabled": False, "next_at": None, "note": None}
    connection.execute(schedules.update().where(schedules.c.id == schedule_id).values(values))
    notify(connection)


def remove(connection: sa.Connection, schedule_id: int) -> None:
    """Delete a schedule; what it has submitted stays.

    Raises:
        ConfigError: there is no such schedule.
    """
    if not connection.execute(schedules.delete().where(schedules.c.id == schedule_id)).rowcount:
        raise ConfigError("schedule_not_found", schedule_id=schedule_id)
    notify(connection)


def lock_due(connection: sa.Connection, but_not: Collection[tuple[int, datetime]]) -> Due | None:
    """Lock a schedule whose next start has come and that nobody else is looking at; inside a transaction.

    Args:
        connection: any.
        but_not: id and next start of those to be left to others.

    Returns:
        None: there is none.
    """
    c = schedules.c
    others = sa.tuple_(c.id, c.next_at).not_in(list(but_not)) if but_not else sa.true()
    row = connection.execute(
        sa.select(schedules, _now.label("now"))
        .where(c.is_enabled, c.next_at <= _now, others)
        .order_by(c.next_at, c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=schedules)
    ).first()
    if row is None:
        return None
    is_open = sa.exists().where(tasks.c.schedule_id == row.id, _is_open)
    return Due(_schedule(row), row.now, bool(connection.scalar(sa.select(is_open))))


def has_submitted(connection: sa.Connection, schedule_id: int, due_at: datetime) -> bool:
    """Whether there is a task for a start already: the clock of the database has gone back since."""
    found = sa.exists().where(tasks.c.schedule_id == schedule_id, tasks.c.due_at == due_at)
    return bool(connection.scalar(sa.select(found)))


def advance(connection: sa.Connection, schedule_id: int, start: DueStart) -> None:
    """Note what has become of a start, and wait for the next one; in the transaction that submits its task."""
    reason = None if start.skip_reason is None else start.skip_reason.value
    values = {"next_at": start.next_at, "last_due_at": start.due_at, "note": reason}
    connection.execute(schedules.update().where(schedules.c.id == schedule_id).values(values))
    notify(connection)


def _joined() -> sa.Select[Any]:
    last = schedules.outerjoin(tasks, tasks.c.id == _last_task_id)
    of_task = tasks.c.id.label("task_id"), alive.true_task_status.label("task_status")
    return sa.select(schedules, *of_task).select_from(last)


def _with_last_task(row: Any) -> Schedule:
    if row.task_id is None:
        return _schedule(row)
    return replace(_schedule(row), last_task_id=row.task_id, last_status=TaskStatus(row.task_status))


def _schedule(row: Any) -> Schedule:
    return Schedule(
        name=row.name,
        cron=row.cron,
        zone=row.zone,
        request=object_of(row.request),
        host=row.host,
        is_enabled=row.is_enabled,
        grace_s=row.grace_s,
        id=row.id,
        next_at=row.next_at,
        last_due_at=row.last_due_at,
        note=row.note,
        created_by=row.created_by,
    )
