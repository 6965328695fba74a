"""`--schedule-import`, `--unschedule-import`: the daily import in Windows Task Scheduler."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import ScheduleShown
from freesport_sync.errors import ExitCode


def schedule_import(invocation: Invocation) -> int:
    """Start the import every day at the given time."""
    at = invocation.options.schedule_import
    invocation.open_application().import_schedule.switch_on(at)
    invocation.output.show(ScheduleShown(f"{at:%H:%M}"))
    return ExitCode.DONE


def unschedule_import(invocation: Invocation) -> int:
    """Start it no more."""
    invocation.open_application().import_schedule.switch_off()
    invocation.output.show(ScheduleShown(None))
    return ExitCode.DONE
