"""Describes tasks of Windows Task Scheduler in its XML."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from freesport_sync.os_support import user_and_host
from freesport_sync.settings.paths import home_mark

ENCODING = "utf-16"
"""Of the file, with a byte order mark: schtasks reads no other."""
DECLARED_ENCODING = ' encoding="UTF-16"'
RESTART_EVERY = "PT5M"
"""How often Windows looks whether a service still runs."""


@dataclass(frozen=True, slots=True)
class DailyTask:
    """A program that Windows starts every day.

    Args:
        command: the program and its arguments.
        first: the first time, local; the others follow at the same time of day.
        user: `COMPUTER\\user` or `DOMAIN\\user`, in whose session it runs.
        about: shown in Task Scheduler.
    """

    command: Sequence[str]
    first: datetime
    user: str
    about: str

    def to_xml(self) -> str:
        """The definition for `schtasks /Create /XML`.

        It runs while the user is logged in, perhaps with a locked screen: only then passwords in the Credential Manager
        and network drives are there, and neither a password nor administrator rights are needed for the task. If the
        computer was off at that time, it runs when the user is back. While one is running, no second one starts.
        """
        trigger = _DAILY.format(first=_moment(self.first))
        return _task_xml(self.command, self.user, self.about, trigger, time_limit="PT12H", priority=7)


@dataclass(frozen=True, slots=True)
class ServiceTask:
    """A program that Windows keeps running while the user is logged in.

    Args:
        command: the program and its arguments.
        first: when Windows begins to look whether it runs, local.
        user: `COMPUTER\\user` or `DOMAIN\\user`, in whose session it runs.
        about: shown in Task Scheduler.
    """

    command: Sequence[str]
    first: datetime
    user: str
    about: str

    def to_xml(self) -> str:
        """The definition for `schtasks /Create /XML`.

        It starts when the user logs in, and within five minutes after it has ended for whatever reason: the restart
        that Task Scheduler offers takes no notice of exit codes. The trigger of the logon names the user, because only
        an administrator may have one for everybody.
        """
        triggers = _KEPT_RUNNING.format(first=_moment(self.first), user=_escape(self.user), every=RESTART_EVERY)
        return _task_xml(self.command, self.user, self.about, triggers, time_limit="PT0S", priority=5)


def task_name(what: str, home: Path | None) -> str:
    """The name of a task in Task Scheduler, which all users of a computer share; the installer knows it, too.

    Args:
        what: it does: `import`.
        home: of the program's state, as on the command line; each has tasks of its own.
    """
    user = os.environ.get("USERNAME") or user_and_host().partition("@")[0]
    return f"FREESPORT Sync {what} ({user}{home_mark(home, ' ')})"


def windows_user() -> str:
    """Whoever runs this program, as Windows calls him: `DOMAIN\\user`."""
    domain, user = (os.environ.get(name, "") for name in ("USERDOMAIN", "USERNAME"))
    return f"{domain}\\{user}".lstrip("\\")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def _escape(value: str) -> str:
    return escape(value, quote=False)


def _task_xml(command: Sequence[str], user: str, about: str, triggers: str, time_limit: str, priority: int) -> str:
    program, *arguments = command
    words = {"about": about, "user": user, "program": program, "arguments": subprocess.list2cmdline(arguments)}
    escaped = {name: _escape(value) for name, value in words.items()}
    return _TEMPLATE.format(triggers=triggers, time_limit=time_limit, priority=priority, **escaped)


_DAILY = """\
    <CalendarTrigger>
      <StartBoundary>{first}</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
"""
_KEPT_RUNNING = """\
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
    <TimeTrigger>
      <Repetition>
        <Interval>{every}</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <StartBoundary>{first}</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
"""
_TEMPLATE = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>FREESPORT Sync</Author>
    <Description>{about}</Description>
  </RegistrationInfo>
  <Triggers>
{triggers}  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>{time_limit}</ExecutionTimeLimit>
    <Priority>{priority}</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
