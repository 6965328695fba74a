"""How the queue sees a task, in words, for both fronts."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from freesport_sync.core.printable import printable
from freesport_sync.core.task_list import AwaitedHolder, Task, TaskStatus
from freesport_sync.i18n.texts import Texts


def kind_of(task: Task, texts: Texts) -> str:
    """What is done."""
    undone_id = task.request.get("undone_id")
    return printable(texts.kind(task.kind, task.is_dry_run, undone_id if isinstance(undone_id, int) else 0))


def state_of(task: Task, texts: Texts) -> str:
    """What has become of a task, and what it waits for."""
    match task.status:
        case TaskStatus.PENDING:
            return _waiting(task, texts)
        case TaskStatus.RUNNING:
            return _running(task, texts)
        case TaskStatus.CANCELLED:
            return texts("task.cancelled", by=task.cancel_requested_by)
        case _:
            return texts(f"task_status.{task.status.value}")


def missing_worker(task: Task, texts: Texts) -> str:
    """Where to start a worker if none can take a task that waits, as commands; empty: there is one."""
    if not task.lacks_worker:
        return ""
    if not task.host:
        return texts("cli.task_no_worker")
    return texts(
        "cli.task_no_worker_here" if task.host == socket.gethostname() else "cli.task_no_worker_on", host=task.host
    )


def _waiting(task: Task, texts: Texts) -> str:
    is_early = task.is_early(datetime.now(UTC))
    at = texts.moment(task.run_after) if is_early and task.run_after is not None else ""
    if task.error is not None and task.attempt:
        error = texts.error(texts.of_run(task.error, task.kind, task.is_dry_run)).sentence
        then = texts("task.next_try", at=at) if at else _awaited(task, texts)
        return texts("task.tried", attempt=task.attempt, error=error, then=then)
    return texts("task.waits_until", at=at) if at else _awaited(task, texts)


def _awaited(task: Task, texts: Texts) -> str:
    """Whom a task waits for, whose time has come."""
    if task.waiting_for is not None:
        return _holder(task.waiting_for, texts)
    return texts("task.waits_for_worker" if task.lacks_worker else "task.waits")


def _holder(holder: AwaitedHolder, texts: Texts) -> str:
    who = {"operator": holder.operator, "host": holder.host, "run_id": holder.run_id}
    return texts("task.waits_for_run" if holder.run_id else "task.waits_for_other", **who)


def _running(task: Task, texts: Texts) -> str:
    if task.is_silent:
        return texts("task.silent", host=task.host)
    if task.cancel_requested_by is not None:
        return texts("task.stops", by=task.cancel_requested_by)
    stage = texts.stage(task.stage, task.kind) if task.stage else ""
    return texts("task.runs", stage=stage, percent=task.percent)
