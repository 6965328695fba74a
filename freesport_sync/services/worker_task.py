"""The worker that Windows Task Scheduler keeps running; elsewhere systemd does, and is not switched from here."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from freesport_sync.services.background_command import background_command
from freesport_sync.services.task_scheduler import SCHTASKS, TaskScheduler
from freesport_sync.services.windows_task import ServiceTask, task_name, windows_user


class WorkerTask:
    """Whether tasks run on this computer also while no window is open.

    Args:
        home: of the program's state, as on the command line; each has a worker of its own.
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
        self._scheduler = TaskScheduler("worker_task_refused", program, is_available)
        self.is_available = is_available

    @property
    def task(self) -> str:
        """The name in Task Scheduler."""
        return task_name("worker", self._home)

    def is_on(self) -> bool:
        """Whether Windows keeps a worker running.

        Raises:
            ConfigError: Task Scheduler cannot be asked.
        """
        return bool(self._scheduler.definition(self.task))

    def switch(self, is_on: bool) -> None:
        """Keep a worker running from now on, or no more; what it runs then waits for another one.

        Raises:
            ConfigError: Task Scheduler refused.
        """
        if is_on:
            command = background_command(self._home, "--work")
            task = ServiceTask(command, datetime.now(), windows_user(), self._about)
            self._scheduler.create(self.task, task.to_xml())
            self._scheduler.start(self.task)
        elif self.is_on():
            self._scheduler.stop(self.task)
            self._scheduler.delete(self.task)
