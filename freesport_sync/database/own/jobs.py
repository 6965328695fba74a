"""The queue's rows, as `procrastinate` reads them: a job is nothing but a call to look at one task.

What a task is waiting for, and whether it still is, says its own row; a job too many does no harm, and a lost one is
made again by `tasks.call_forgotten`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from freesport_sync.database.metadata import SCHEMA

PERFORM = "freesport_sync.perform"
"""The name of the only task that procrastinate knows."""
UID = "uid"
"""Its argument: the task to look at."""
ANY_QUEUE = "procrastinate_any_queue_v1"
"""NOTIFY channel on which workers learn of jobs."""

jobs = sa.table(
    "procrastinate_jobs",
    *(sa.column(name) for name in ("id", "queue_name", "status", "priority", "scheduled_at", "args", "worker_id")),
    schema=SCHEMA,
)
_DEFER = sa.text(
    f"SELECT ({SCHEMA}.procrastinate_defer_jobs_v1(ARRAY[ROW("
    "CAST(:queue AS varchar), CAST(:name AS varchar), CAST(:priority AS integer), NULL, NULL, :arguments,"
    f" CAST(:not_before AS timestamptz))::{SCHEMA}.procrastinate_job_to_defer_v1]))[1]"
).bindparams(sa.bindparam("arguments", type_=JSONB))


def defer(connection: sa.Connection, queue: str, uid: UUID, priority: int, not_before: datetime | None) -> int:
    """Add a job; returns its id. Inside the transaction that makes the task wait."""
    values = {
        "queue": queue,
        "name": PERFORM,
        "priority": priority,
        "arguments": {UID: str(uid)},
        "not_before": not_before,
    }
    return int(connection.execute(_DEFER, values).scalar_one())


def settling(job_id: sa.BindParameter[int]) -> sa.CTE:
    """Removes a job that was taken, as a part of the statement that looks at its task."""
    return sa.delete(jobs).where(jobs.c.id == job_id).cte("settled")


def drop(connection: sa.Connection, job_ids: list[int]) -> None:
    """Remove jobs that nobody has taken yet."""
    connection.execute(sa.delete(jobs).where(jobs.c.id.in_(job_ids), status_text == "todo"))


def drop_abandoned(connection: sa.Connection) -> int:
    """Remove the jobs that were taken by workers which the queue has forgotten; returns how many there were.

    Their tasks, if they still wait, get other ones.
    """
    taken = status_text == "doing", jobs.c.worker_id.is_(None)
    return connection.execute(sa.delete(jobs).where(*taken)).rowcount


def prioritise(connection: sa.Connection, job_id: int, priority: int) -> None:
    """Change the priority of a job that nobody has taken yet."""
    connection.execute(sa.update(jobs).where(jobs.c.id == job_id, status_text == "todo").values(priority=priority))


status_text = sa.cast(jobs.c.status, sa.Text)
