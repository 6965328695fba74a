"""Reads tasks for lists and details."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from freesport_sync.core.history import Page
from freesport_sync.core.task_list import AwaitedHolder, Task, TaskQuery, TaskStatus
from freesport_sync.database.own import alive
from freesport_sync.database.own.schema import current_revision, runs, tasks, workers
from freesport_sync.database.own.stored_values import counts_of, object_of

FIRST_REVISION = "0009"
"""The migration that has made the tables."""

_error_code = sa.case((alive.is_lost_task, "interrupted"), else_=tasks.c.error_code)
_finished_at = sa.case((alive.is_lost_task, alive.last_sign_of_task), else_=tasks.c.finished_at)
_run_id = sa.select(sa.func.max(runs.c.id)).where(runs.c.task_id == tasks.c.id).scalar_subquery()
_is_running = tasks.c.status == TaskStatus.RUNNING.value
_has_worker = sa.exists().where(
    sa.not_(alive.is_dead_worker), workers.c.stopping_at.is_(None), tasks.c.queue == sa.any_(workers.c.queues)
)
_silent_run = sa.exists().where(runs.c.task_id == tasks.c.id, alive.is_silent)
_silent_worker = sa.exists().where(workers.c.id == tasks.c.worker_id, alive.is_silent_worker)
_signs_of_life = (alive.is_dead_worker, alive.is_silent_worker)
_COLUMNS = (
    *(column for column in tasks.c if column.name not in ("status", "error_code", "finished_at")),
    alive.true_task_status.label("status"),
    _error_code.label("error_code"),
    _finished_at.label("finished_at"),
    _run_id.label("run_id"),
    _has_worker.label("has_worker"),
    sa.and_(_is_running, sa.or_(_silent_run, _silent_worker)).label("is_silent"),
)


def has_tasks(connection: sa.Connection) -> bool:
    """Whether the database has tables for tasks; False before the first run of this version."""
    revision = current_revision(connection)
    return revision is not None and revision >= FIRST_REVISION


def read_tasks(connection: sa.Connection, query: TaskQuery, offset: int, limit: int) -> Page[Task]:
    """Read a page of tasks, the newest first; empty if there are no tables for them yet.

    Args:
        connection: any, in autocommit.
        query: which tasks.
        offset: of the first row.
        limit: rows of the page.
    """
    if not has_tasks(connection):
        return Page(0, offset, ())
    total, ids = _found(connection, _conditions(query), offset, limit)
    # Whole lines are computed for the page only.
    rows = connection.execute(sa.select(*_COLUMNS).where(tasks.c.id.in_(ids)).order_by(tasks.c.id.desc()))
    return Page(total, offset, tuple(map(_task, rows)))


def _found(
    connection: sa.Connection, wanted: list[sa.ColumnElement[bool]], offset: int, limit: int
) -> tuple[int, list[int]]:
    """How many tasks there are, and the ids of a page."""
    if wanted:
        found = sa.select(tasks.c.id).where(*wanted).cte("found")  # is looked for once, because it is used twice
        everything, newest = sa.select(sa.func.count()).select_from(found), found.c.id
    else:
        everything, newest = sa.select(sa.func.count()).select_from(tasks), tasks.c.id
    page = sa.select(newest).order_by(newest.desc()).offset(offset).limit(limit)
    row = connection.execute(sa.select(everything.scalar_subquery(), sa.func.array(page.scalar_subquery()))).one()
    return row[0], row[1]


def read_task(connection: sa.Connection, task_id: int) -> Task | None:
    """One task, or None."""
    if not has_tasks(connection):
        return None
    row = connection.execute(sa.select(*_COLUMNS).where(tasks.c.id == task_id)).first()
    return None if row is None else _task(row)


def read_marks(connection: sa.Connection) -> list[object]:
    """Values that change whenever a task or a worker does; cheap even if 10,000 tasks wait."""
    c = tasks.c
    ends = connection.execute(sa.select(sa.func.min(c.id), sa.func.max(c.id))).one()
    # What can become of those that wait, summed up: each single change changes a sum.
    has_holder = sa.func.jsonb_typeof(c.waiting_for) == "object"
    waiting = sa.select(
        sa.func.count(), sa.func.sum(c.priority), sa.func.sum(c.attempt), sa.func.count().filter(has_holder)
    ).where(c.status == TaskStatus.PENDING.value)
    moving = sa.select(
        sa.func.array_agg(
            sa.func.concat_ws(":", c.id, c.stage, c.done, c.percent, c.cancel_requested_at, alive.is_dead_task)
        )
    ).where(_is_running)
    of_worker = sa.func.concat_ws(":", workers.c.id, workers.c.stopping_at, *_signs_of_life)
    working = sa.select(sa.func.array_agg(of_worker))
    return [
        *ends,
        *connection.execute(waiting).one(),
        *(connection.scalar(moving) or ()),
        *(connection.scalar(working) or ()),
    ]


def _conditions(query: TaskQuery) -> list[sa.ColumnElement[bool]]:
    c = tasks.c
    conditions: list[sa.ColumnElement[bool]] = []
    if query.statuses:
        conditions.append(sa.or_(*map(_has_status, query.statuses)))
    if query.types:
        conditions.append(c.type.in_(sorted(query.types)))
    if query.schedule_id is not None:
        conditions.append(c.schedule_id == query.schedule_id)
    if query.text:
        # One text instead of five is twice as fast; nothing that can be typed into the field contains the separator.
        everything = sa.func.concat_ws("\n", c.operator, c.host, c.kind, c.error_code, c.id)
        conditions.append(everything.icontains(query.text, autoescape=True))
    return conditions


def _has_status(status: TaskStatus) -> sa.ColumnElement[bool]:
    """Whether a task has a status; said so that the index of open tasks is used, and only few are asked for life."""
    is_stored = tasks.c.status == status.value
    match status:
        case TaskStatus.RUNNING:
            return sa.and_(is_stored, sa.not_(alive.is_dead_task))
        case TaskStatus.PENDING | TaskStatus.FAILED:
            return sa.or_(is_stored, sa.and_(alive.is_dead_task, alive.true_task_status == status.value))
        case _:
            return is_stored


def _task(row: Any) -> Task:
    return Task(
        id=row.id,
        uid=row.uid,
        type=row.type,
        version=row.version,
        kind=row.kind,
        is_dry_run=row.is_dry_run,
        request=object_of(row.request),
        status=TaskStatus(row.status),
        priority=row.priority,
        operator=row.operator,
        trigger=row.trigger,
        host=row.host,
        attempt=row.attempt,
        crashes=row.crashes,
        waiting_for=_holder(row.waiting_for),
        has_worker=row.has_worker,
        is_silent=row.is_silent,
        stage=row.stage,
        done=row.done,
        total=row.total,
        percent=row.percent,
        run_after=row.run_after,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel_requested_by=None if row.cancel_requested_at is None else row.cancel_requested_by or "",
        counts=counts_of(row.counts),
        error_code=row.error_code,
        error_params=object_of(row.error_params),
        run_id=row.run_id,
        schedule_id=row.schedule_id,
    )


def _holder(stored: Any) -> AwaitedHolder | None:
    holder = object_of(stored)
    if not holder:
        return None
    operator, host, run_id = (holder.get(name) for name in ("operator", "host", "run_id"))
    return AwaitedHolder(str(operator or ""), str(host or ""), run_id if type(run_id) is int else None)
