"""`--tasks`, `--task`, `--workers`, `--cancel-task`, `--prioritise-task`, `--cleanup-tasks`: what became of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import (
    TaskCancelled,
    TaskChanged,
    TaskList,
    TaskPrioritised,
    TaskShown,
    TasksRemoved,
    WorkerList,
)
from freesport_sync.core.task_list import Priority, TaskQuery, TaskStatus
from freesport_sync.errors import Cancelled, ExitCode

if TYPE_CHECKING:
    from freesport_sync.services.task_queue import TaskQueue


def tasks(invocation: Invocation) -> int:
    """List the latest tasks, newest first."""
    options = invocation.options
    query = TaskQuery(frozenset(options.status or ()), text=options.search or "", schedule_id=options.of_schedule)
    invocation.output.show(TaskList(invocation.open_application().queue.tasks(query, 0, options.tasks)))
    return ExitCode.DONE


def task(invocation: Invocation) -> int:
    """Show one task and its runs, with `--wait` once it has ended."""
    queue, task_id = invocation.open_application().queue, invocation.options.task
    if invocation.options.wait:
        return wait_for(queue, task_id, invocation)
    invocation.output.show(TaskShown(queue.task(task_id), queue.runs(task_id)))
    return ExitCode.DONE


def wait_for(queue: TaskQueue, task_id: int, invocation: Invocation) -> int:
    """Show what becomes of a task until it has ended; returns the exit code that says how.

    Raises:
        Cancelled: nobody wants to wait any longer, which leaves the task alone.
    """
    invocation.cancel.is_winding_up = True  # there is only a connection to close, and then the right thing to say
    try:
        with invocation.output as output:
            for current in queue.follow(task_id, invocation.cancel):
                if not current.status.is_final:
                    output.show(TaskChanged(current))
    except Cancelled as cancelled:
        raise Cancelled("wait_cancelled", task_id=task_id) from cancelled
    ended = TaskShown(queue.task(task_id), queue.runs(task_id))
    invocation.output.show(ended)
    return _exit_code(ended)


def _exit_code(ended: TaskShown) -> int:
    match ended.task.status:
        case TaskStatus.COMPLETED:
            return ExitCode.ROW_ERRORS if ended.runs and ended.runs[-1].errors else ExitCode.DONE
        case TaskStatus.CANCELLED:
            return ExitCode.CANCELLED
        case _:
            return ExitCode.IMPORT_FAILED


def workers(invocation: Invocation) -> int:
    """List the processes that run queued tasks."""
    invocation.output.show(WorkerList(invocation.open_application().queue.workers()))
    return ExitCode.DONE


def cancel_task(invocation: Invocation) -> int:
    """Cancel a task that waits, or ask the one who runs it to stop."""
    task_id = invocation.options.cancel_task
    status = invocation.open_application().queue.cancel(task_id, invocation.operator)
    invocation.output.show(TaskCancelled(task_id, status))
    return ExitCode.DONE


def prioritise_task(invocation: Invocation) -> int:
    """Let a task that waits come sooner, or later."""
    task_id, priority = invocation.options.prioritise_task, invocation.options.priority or Priority.ONEC
    invocation.open_application().queue.change_priority(task_id, priority)
    invocation.output.show(TaskPrioritised(task_id, int(priority)))
    return ExitCode.DONE


def cleanup_tasks(invocation: Invocation) -> int:
    """Forget the tasks that ended long ago."""
    hours = invocation.options.cleanup_tasks
    invocation.output.show(TasksRemoved(invocation.open_application().queue.remove_ended(hours), hours))
    return ExitCode.DONE
