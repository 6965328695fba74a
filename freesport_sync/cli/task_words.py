"""How the queue sees a task, in words, for both outputs."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

from freesport_sync.core.task_list import AwaitedHolder, Task, TaskStatus
from freesport_sync.i18n.texts import Texts


def kind_of(task: Task, texts: Texts) -> str:
    """What is done."""
    undone_id = task.request.get("undone_id")
    return texts.kind(task.kind, task.is_dry_run, undone_id if isinstance(undone_id, int) else 0)


def state_of(task: Task, texts: Texts) -> str:
    """What has become of a task, and what it waits for."""
    match task.status:
        case TaskStatus.PENDING:
            return _waiting(task, texts)
        case TaskStatus.RUNNING:
            return _running(task, texts)
        case TaskStatus.CANCELLED:
            return texts("cli.task_cancelled_by", by=task.cancel_requested_by)
        case _:
            return texts(f"task_status.{task.status.value}")


def missing_worker(task: Task, texts: Texts) -> str:
    """Where to start a worker if none can take a task that waits; empty: there is one."""
    if task.status is not TaskStatus.PENDING or task.has_worker:
        return ""
    if not task.host:
        return texts("cli.task_no_worker")
    return texts(
        "cli.task_no_worker_here" if task.host == socket.gethostname() else "cli.task_no_worker_on", host=task.host
    )


def _waiting(task: Task, texts: Texts) -> str:
    later = task.run_after if task.run_after is not None and task.run_after > datetime.now(UTC) else None
    at = None if later is None else texts.moment(later)
    if task.error is not None and task.attempt:
        again = texts("cli.task_tried", attempt=task.attempt, error=texts.error(task.error).sentence, at=at)
        return again if at else f"{again} {texts('cli.task_waits')}"
    if at:
        return texts("cli.task_waits_until", at=at)
    if task.waiting_for is not None:
        return _waiting_for(task.waiting_for, texts)
    return texts("cli.task_waits" if task.has_worker else "cli.task_waits_alone")


def _waiting_for(holder: AwaitedHolder, texts: Texts) -> str:
    who = {"operator": holder.operator, "host": holder.host, "run_id": holder.run_id}
    return texts("cli.task_waits_for_run" if holder.run_id else "cli.task_waits_for_other", **who)


def _running(task: Task, texts: Texts) -> str:
    if task.cancel_requested_by is not None:
        return texts("cli.task_stops", by=task.cancel_requested_by)
    if task.is_silent:
        return texts("cli.task_silent", host=task.host)
    stage = texts.word("stage", task.stage) if task.stage else ""
    return texts("cli.task_runs", stage=stage, percent=task.percent)
