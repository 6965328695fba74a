"""`--submit`, `--retry-task`: let a task wait for a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.cli.commands.tasks import wait_for
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.requests import as_asked
from freesport_sync.cli.results import TaskSubmitted
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from freesport_sync.core.task_list import Submitted
    from freesport_sync.services.task_queue import TaskQueue


def submit(invocation: Invocation) -> int:
    """Submit a task and say its number; only with `--wait` is its end waited for."""
    options, application = invocation.options, invocation.open_application()
    request = as_asked(invocation.tasks.submissions[options.submit], options, application)
    submitted = application.queue.submit(Submission(request, invocation.header), options.at, options.priority)
    return _show(invocation, application.queue, submitted)


def retry_task(invocation: Invocation) -> int:
    """Submit what a past task was asked for again."""
    application, header = invocation.open_application(), invocation.header
    submitted = application.queue.repeat(invocation.options.retry_task, header.operator, header.trigger)
    return _show(invocation, application.queue, submitted)


def _show(invocation: Invocation, queue: TaskQueue, submitted: Submitted) -> int:
    invocation.output.show(TaskSubmitted(queue.task(submitted.id), submitted.is_new))
    return wait_for(queue, submitted.id, invocation) if invocation.options.wait else ExitCode.DONE
