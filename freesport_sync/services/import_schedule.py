"""The daily import, which Windows Task Scheduler starts; elsewhere systemd does, and is not switched from here."""

from __future__ import annotations

import re
import sys
from datetime import datetime, time, timedelta
from pathlib import Path

from freesport_sync.errors import ConfigError
from freesport_sync.services.background_command import background_command
from freesport_sync.services.task_scheduler import SCHTASKS, TaskScheduler
from freesport_sync.services.windows_task import DailyTask, task_name, windows_user

SYSTEMD_TIMER = "freesport-sync-import.timer"
"""Comes with the packages for Linux."""
_START = re.compile(r"<StartBoundary>[^<]*T(\d\d):(\d\d)")


class ImportSchedule:
    """Whether and when the import runs every day.

    Args:
        home: of the program's state, as on the command line; each has a task of its own.
        about: what Task Scheduler shows.
        program: the system's own; another one in tests.
        is_available: whether this system has it.
    """

    def __init__(
        self,
        home: Path | None,
        about: str,
        program: str = SCHTASKS,
        is_available: bool = sys.platform == "win32",
    ) -> None:
        self._home = home
        self._about = about
        self._scheduler = TaskScheduler("schedule_refused", program, is_available)
        self.is_available = is_available

    @property
    def task(self) -> str:
        """The name in Task Scheduler."""
        return task_name("import", self._home)

    def read(self) -> time | None:
        """When it starts every day; None: it does not.

        Raises:
            ConfigError: Task Scheduler cannot be asked.
        """
        self._require()
        found = _START.search(self._scheduler.definition(self.task))
        return time(int(found[1]), int(found[2])) if found else None

    def switch_on(self, at: time) -> None:
        """Start the import every day from the next `at` on, a local time; replaces an earlier schedule.

        Raises:
            ConfigError: Task Scheduler refused.
        """
        self._require()
        command = background_command(self._home, "--run", "--scheduled")
        task = DailyTask(command, first_start(at, datetime.now()), windows_user(), self._about)
        self._scheduler.create(self.task, task.to_xml())

    def switch_off(self) -> None:
        """Start it no more; nothing happens if it is off.

        Raises:
            ConfigError: Task Scheduler refused.
        """
        if self.read() is not None:
            self._scheduler.delete(self.task)

    def _require(self) -> None:
        if not self.is_available:
            raise ConfigError("schedule_elsewhere", timer=SYSTEMD_TIMER)


def first_start(at: time, now: datetime) -> datetime:
    """The next time that it is `at` o'clock; both local."""
    today = datetime.combine(now, at)
    return today if today > now else today + timedelta(days=1)
