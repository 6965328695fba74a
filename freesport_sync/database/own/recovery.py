"""Takes tasks back from processes that have died (RUN-13)."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own import alive
from freesport_sync.database.own.notices import notify
from freesport_sync.database.own.schema import tasks
from freesport_sync.database.own.tasks import call


def recover_dead_tasks(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[int, ...]:
    """End the tasks whose process has died, or let them wait for another one; returns their ids.

    A task that was in no queue has failed. One that has brought down `MAX_CRASHES` processes has failed too.
    """
    is_last = alive.is_last_crash
    code = sa.case((tasks.c.queue == "", "interrupted"), else_="task_interrupted")
    dead = sa.select(tasks.c.id).where(alive.is_dead_task, *where).with_for_update(skip_locked=True)
    rows = connection.execute(
        tasks.update()
        .where(tasks.c.id.in_(dead))
        .values(
            status=sa.case(
                (tasks.c.cancel_requested_at.is_not(None), TaskStatus.CANCELLED.value),
                (is_last, TaskStatus.FAILED.value),
                else_=TaskStatus.PENDING.value,
            ),
            finished_at=sa.case((sa.or_(is_last, tasks.c.cancel_requested_at.is_not(None)), alive.last_sign_of_task)),
            dedupe_key=None,
            crashes=tasks.c.crashes + 1,
            claim=None,
            worker_id=None,
            error_code=code,
            error_params={},
        )
        .returning(tasks.c.id, tasks.c.uid, tasks.c.queue, tasks.c.priority, tasks.c.status)
    ).all()
    for row in rows:
        if row.status == TaskStatus.PENDING.value:
            call(connection, row.id, row.uid, row.queue, row.priority, None)
    if rows:
        notify(connection)
    return tuple(row.id for row in rows)
