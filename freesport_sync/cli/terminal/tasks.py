"""Tasks and workers on a terminal."""

from __future__ import annotations

from rich.markup import escape

from freesport_sync.cli.results import TaskCancelled, TaskList, TaskShown, TaskSubmitted, WorkerList
from freesport_sync.cli.terminal.progress import StageBars
from freesport_sync.cli.terminal.run_totals import show_counts, status_markup
from freesport_sync.cli.terminal.screen import Screen, local_time
from freesport_sync.core.events import Progress
from freesport_sync.core.printable import printable
from freesport_sync.core.task_list import Task, TaskStatus, Worker
from freesport_sync.i18n.task_words import kind_of, missing_worker, state_of
from freesport_sync.i18n.texts import Texts

_STYLE = {
    TaskStatus.PENDING: "cyan",
    TaskStatus.RUNNING: "cyan",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "bold red",
    TaskStatus.CANCELLED: "yellow",
}


def show_submitted(screen: Screen, result: TaskSubmitted) -> None:
    """Print the number of the task, where to look at it, and whether somebody will run it."""
    task, texts = result.task, screen.texts
    at = None if task.run_after is None else texts.moment(task.run_after)
    key = "cli.task_submitted" if result.is_new else "cli.task_waits_already"
    screen.line(texts(key, task_id=task.id, kind=kind_of(task, texts), at=at))
    screen.line(texts("cli.task_look", task_id=task.id))
    if warning := missing_worker(task, texts):
        screen.line(warning)


def show_tasks(screen: Screen, result: TaskList) -> None:
    """Print a table of tasks."""
    page, texts = result.page, screen.texts
    if not page.rows:
        screen.line(texts("cli.no_tasks"))
        return
    table = screen.table("number", "submitted", "kind", "state", "operator", "computer", "run")
    for task in page.rows:
        table.add_row(
            str(task.id),
            local_time(task.created_at),
            escape(kind_of(task, texts)),
            _state(task, texts),
            escape(printable(task.operator or texts.word("trigger", task.trigger))),
            escape(printable(task.host)),
            "" if task.run_id is None else str(task.run_id),
        )
    screen.out.print(table)
    if page.total > len(page.rows):
        screen.line(texts("cli.more_tasks", shown=len(page.rows), total=page.total))


def show_task(screen: Screen, result: TaskShown) -> None:
    """Print everything about a task."""
    task, texts = result.task, screen.texts
    screen.line(texts("cli.task_title", task_id=task.id, kind=kind_of(task, texts)))
    screen.out.print(f"{texts('cli.column_state')}: {_state(task, texts)}", highlight=False)
    for key, value in _facts(task, texts).items():
        if value:
            screen.line(f"{texts(f'cli.column_{key}')}: {printable(value)}")
    show_counts(screen, task.counts, task.kind)
    if task.error is not None:
        screen.error(texts.error(texts.of_run(task.error, task.kind, task.is_dry_run)))
    if result.runs:
        table = screen.table("run", "started", "duration", "status", "computer")
        for run in result.runs:
            duration = "" if run.finished_at is None else texts("cli.seconds", seconds=f"{run.duration_s:.1f}")
            status = status_markup(run.status.as_run_status.value, texts)
            table.add_row(str(run.key.id), local_time(run.started_at), duration, status, escape(printable(run.host)))
        screen.out.print(table)
        screen.line(texts("cli.task_run_look", run_id=result.runs[-1].key.id))
    if warning := missing_worker(task, texts):
        screen.line(warning)


def show_change(screen: Screen, bars: StageBars, task: Task) -> None:
    """Print what a task that somebody waits for is doing now."""
    if task.status is TaskStatus.RUNNING and task.stage and task.cancel_requested_by is None and not task.is_silent:
        bars.show(Progress(task.stage, task.done, task.total, 0.0, None))
    else:
        screen.line(state_of(task, screen.texts))


def show_task_cancelled(screen: Screen, result: TaskCancelled) -> None:
    """Print whether the task is cancelled already."""
    key = "cli.task_cancelled" if result.status is TaskStatus.CANCELLED else "cli.task_cancel_requested"
    screen.line(screen.texts(key, task_id=result.task_id))


def show_workers(screen: Screen, result: WorkerList) -> None:
    """Print a table of workers."""
    texts = screen.texts
    if not any(worker.is_alive for worker in result.workers):
        screen.line(texts("cli.no_workers"))
    if not result.workers:
        return
    table = screen.table("number", "computer", "process", "started", "state", "running_tasks", "version")
    for worker in result.workers:
        table.add_row(
            str(worker.id),
            escape(printable(worker.host)),
            str(worker.process_id),
            local_time(worker.started_at),
            _worker_state(worker, texts),
            ", ".join(map(str, worker.task_ids)),
            escape(printable(worker.program_version)),
        )
    screen.out.print(table)


def _state(task: Task, texts: Texts) -> str:
    return f"[{_STYLE[task.status]}]{escape(printable(state_of(task, texts)))}[/]"


def _facts(task: Task, texts: Texts) -> dict[str, str]:
    """Key of a title -> text; empty ones are left out."""
    moments = (task.created_at, task.run_after, task.started_at, task.finished_at)
    names = ("submitted", "not_before", "started", "finished")
    times = {name: "" if at is None else local_time(at) for name, at in zip(names, moments, strict=True)}
    tries = str(task.attempt) if task.attempt else ""
    return times | {
        "operator": task.operator,
        "trigger": texts.word("trigger", task.trigger),
        "computer": task.host,
        "priority": str(task.priority or ""),
        "tries": texts("cli.task_crashes", tries=tries, crashes=task.crashes) if task.crashes else tries,
    }


def _worker_state(worker: Worker, texts: Texts) -> str:
    if not worker.is_alive:
        return f"[bold red]{escape(texts('cli.worker_dead', at=local_time(worker.heartbeat_at)))}[/]"
    if worker.is_silent:
        return f"[bold yellow]{escape(texts('cli.worker_silent', at=local_time(worker.heartbeat_at)))}[/]"
    return escape(texts("cli.worker_stopping" if worker.is_stopping else "cli.worker_alive", jobs=worker.jobs))
