"""Talks to Windows Task Scheduler, whose program is schtasks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import detached
from freesport_sync.services.windows_task import ENCODING

SCHTASKS = "schtasks"
LIMIT_S = 60


class TaskScheduler:
    """Makes, finds and removes tasks.

    Args:
        refusal: code of the error of what it refuses.
        program: the system's own; another one in tests.
        is_available: whether this system has it.
    """

    def __init__(self, refusal: str, program: str = SCHTASKS, is_available: bool = sys.platform == "win32") -> None:
        self._refusal = refusal
        self._program = program
        self.is_available = is_available

    def definition(self, task: str) -> str:
        """The XML of a task; empty: there is none.

        Raises:
            ConfigError: it cannot be asked.
        """
        done = self._run("/Query", task, "/XML")
        # Whatever is wrong, the exit code is 1, and the words are in the language of Windows: usually there is no task.
        return done.stdout if done.returncode == 0 else ""

    def create(self, task: str, xml: str) -> None:
        """Make a task, or replace it.

        Raises:
            ConfigError: it was refused.
        """
        with tempfile.TemporaryDirectory(prefix="freesport_sync-") as folder:
            file = Path(folder, "task.xml")
            file.write_text(xml, encoding=ENCODING, newline="\r\n")
            self._require("/Create", task, "/F", "/XML", str(file))

    def delete(self, task: str) -> None:
        """Remove a task.

        Raises:
            ConfigError: it was refused.
        """
        self._require("/Delete", task, "/F")

    def start(self, task: str) -> None:
        """Start a task now.

        Raises:
            ConfigError: it was refused.
        """
        self._require("/Run", task)

    def stop(self, task: str) -> None:
        """End the program of a task, if it runs, without asking it.

        Raises:
            ConfigError: it cannot be asked.
        """
        self._run("/End", task)

    def _require(self, command: str, task: str, *arguments: str) -> None:
        done = self._run(command, task, *arguments)
        if done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split()) or f"schtasks: {done.returncode}"
            raise ConfigError(self._refusal, task=task, said=said)

    def _run(self, command: str, task: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Its output is in the code page of consoles, which Python calls "oem" and only Windows has.
        encoding = "oem" if sys.platform == "win32" else "utf-8"
        try:
            return subprocess.run(
                [self._program, command, "/TN", task, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding=encoding,
                errors="replace",
                timeout=LIMIT_S,
                **detached(),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(self._refusal, task=task, said=str(error)) from error
