"""Makes tasks that wait in a queue."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Any

from freesport_sync.core.task_list import Priority
from freesport_sync.core.tasks import Submission
from freesport_sync.database.own.tasks import NewTask
from freesport_sync.runs.requests import encode
from freesport_sync.tasks.registry import Registry


def new_task(
    registry: Registry,
    submission: Submission[Any],
    run_after: datetime | None = None,
    priority: int | None = None,
    schedule_id: int | None = None,
    due_at: datetime | None = None,
    host: str | None = None,
) -> NewTask:
    """The row of a task that waits; see `NewTask`.

    Args:
        registry: what can be run.
        submission: what is to be run, and who asks for it.
        run_after: not before this time; None: as soon as possible.
        priority: higher comes first; None: the usual one of its trigger.
        schedule_id: of the schedule that submits it.
        due_at: the start of that schedule.
        host: the computer with the files that the request names, if it needs any; None: this one.
    """
    request, header = submission.request, submission.header
    task_type = registry.of(request)
    host = socket.gethostname() if host is None else host
    return NewTask(
        type=task_type.name,
        version=task_type.version,
        kind=str(request.kind),
        request=encode(task_type, submission),
        is_dry_run=header.is_dry_run,
        lock_key=task_type.lock.key,
        operator=header.operator,
        trigger=header.trigger.value,
        queue=task_type.queue(request, host),
        priority=Priority.of(header.trigger) if priority is None else priority,
        host=host if task_type.is_local(request) else "",
        run_after=run_after,
        schedule_id=schedule_id,
        due_at=due_at,
    )
