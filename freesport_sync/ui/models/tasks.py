"""The columns of tasks and of the workers that run them, and their states in words."""

from __future__ import annotations

from datetime import UTC, datetime

from freesport_sync.core.task_list import Priority, Task, TaskStatus, Worker
from freesport_sync.errors import SyncError
from freesport_sync.i18n import task_words
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.texts import UiTexts


def task_columns(texts: UiTexts) -> list[Column[Task]]:
    """All columns of the list of tasks."""

    def title(name: str) -> str:
        return texts(f"tasks.column_{name}")

    return [
        Column("status", title("status"), lambda one: texts(f"task_status.{one.status.value}"), 14),
        Column("kind", title("kind"), lambda one: task_words.kind_of(one, texts), 17),
        Column("state", title("state"), lambda one: state_of(texts, one), 34),
        Column("created", title("created"), lambda one: texts.moment(one.created_at), 14),
        Column("operator", title("operator"), lambda one: one.operator or "—", 15),
        Column("host", title("host"), lambda one: one.host or texts("tasks.any_host"), 10),
        Column("trigger", title("trigger"), lambda one: texts.word("trigger", one.trigger), 17),
        Column("priority", title("priority"), lambda one: priority_of(texts, one.priority), 11),
        Column("number", title("number"), lambda one: texts.number(one.id), 6, is_number=True),
    ]


def worker_columns(texts: UiTexts) -> list[Column[Worker]]:
    """All columns of the list of workers."""

    def title(name: str) -> str:
        return texts(f"workers.column_{name}")

    return [
        Column("status", title("status"), lambda one: texts(f"workers.{worker_badge(one)[2]}"), 14),
        Column("host", title("host"), lambda one: one.host, 14),
        Column("tasks", title("tasks"), lambda one: ", ".join(f"№ {n}" for n in one.task_ids) or "—", 20),
        Column("queues", title("queues"), lambda one: queues_of(texts, one), 34),
        Column("jobs", title("jobs"), lambda one: texts.number(one.jobs), 8, is_number=True),
        Column("started", title("started"), lambda one: texts.moment(one.started_at), 14),
        Column("heard", title("heard"), lambda one: texts.age(max(_age_s(one.heartbeat_at), 0)), 14),
        Column("version", title("version"), lambda one: one.program_version, 8),
        Column("process", title("process"), lambda one: str(one.process_id), 8, is_number=True),
    ]


def priority_of(texts: UiTexts, priority: int) -> str:
    """A priority in a word."""
    level = max((one for one in Priority if one <= priority), default=Priority.SCHEDULE)
    return texts(f"task_priority.{level.name.lower()}")


def task_badge(task: Task) -> tuple[str, str]:
    """Tone and icon of a task's status; a warning if somebody has to look after it."""
    is_left_alone = task.lacks_worker and not task.is_early(datetime.now(UTC))
    if is_left_alone or (task.status is TaskStatus.RUNNING and task.is_silent):
        return "warn", "stuck"
    return {
        TaskStatus.PENDING: ("neutral", "waiting"),
        TaskStatus.RUNNING: ("busy", "running"),
        TaskStatus.COMPLETED: ("good", "completed"),
        TaskStatus.FAILED: ("bad", "failed"),
        TaskStatus.CANCELLED: ("neutral", "cancelled"),
    }[task.status]


def worker_badge(worker: Worker) -> tuple[str, str, str]:
    """Tone, icon and word of a worker's state."""
    if not worker.is_alive:
        return "bad", "interrupted", "dead"
    if worker.is_silent:
        return "warn", "stuck", "silent"
    if worker.is_stopping:
        return "neutral", "stop", "stopping"
    return ("busy", "running", "busy") if worker.task_ids else ("good", "completed", "idle")


def queues_of(texts: UiTexts, worker: Worker) -> str:
    """What a worker runs, without versions and hosts."""
    types = dict.fromkeys(queue.partition("/")[0] for queue in worker.queues)
    return ", ".join(texts.word("task_type", one) for one in types) or "—"


def state_of(texts: UiTexts, task: Task) -> str:
    """How a task stands, in a few words; of one that has ended, what it has changed or why it failed."""
    match task.status:
        case TaskStatus.COMPLETED:
            return texts.changed(task.counts, task.is_dry_run, task.kind) or texts("tasks.unchanged")
        case TaskStatus.FAILED:
            return "—" if task.error is None else texts.error(error_of(texts, task)).what
        case _:
            return task_words.state_of(task, texts)


def error_of(texts: UiTexts, task: Task) -> SyncError:
    """Why a task failed, with the words of its kind."""
    error = task.error
    assert error is not None, task.id
    return texts.of_run(error, task.kind, task.is_dry_run)


def _age_s(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()
