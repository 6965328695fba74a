"""`--schedules`, `--add-schedule`, `--switch-schedule`, `--remove-schedule`: what workers start when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.requests import as_asked
from freesport_sync.cli.results import ScheduleList, ScheduleRemoved, ScheduleSaved
from freesport_sync.core.schedules import USUAL_GRACE_S, Schedule
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from freesport_sync.application import Application


def schedules(invocation: Invocation) -> int:
    """List the schedules; what starts next comes first."""
    application = invocation.open_application()
    invocation.output.show(ScheduleList(application.schedules.list(), _has_worker(application)))
    return ExitCode.DONE


def add_schedule(invocation: Invocation) -> int:
    """Store a new schedule and say when it will start something."""
    options, application = invocation.options, invocation.open_application()
    request = as_asked(invocation.tasks.submissions[options.add_schedule], options, application)
    schedule = Schedule(
        name=options.name or invocation.texts.kind(request.kind),
        cron=options.cron,
        zone=options.zone or application.schedules.local_zone,
        grace_s=USUAL_GRACE_S if options.grace is None else options.grace * 60,
        created_by=invocation.operator,
    )
    schedule = application.schedules.starting(schedule, Submission(request, invocation.header))
    invocation.output.show(ScheduleSaved(application.schedules.save(schedule), _has_worker(application)))
    return ExitCode.DONE


def switch_schedule(invocation: Invocation) -> int:
    """Let a schedule start something, or not."""
    schedule_id, is_enabled = invocation.options.switch_schedule
    application = invocation.open_application()
    schedule = application.schedules.switch(schedule_id, is_enabled)
    invocation.output.show(ScheduleSaved(schedule, _has_worker(application)))
    return ExitCode.DONE


def remove_schedule(invocation: Invocation) -> int:
    """Delete a schedule."""
    removed = invocation.open_application().schedules.remove(invocation.options.remove_schedule)
    invocation.output.show(ScheduleRemoved(removed))
    return ExitCode.DONE


def _has_worker(application: Application) -> bool:
    return any(worker.is_alive and not worker.is_stopping for worker in application.queue.workers())
