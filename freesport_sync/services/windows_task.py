"""Describes a task of Windows Task Scheduler in its XML."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

ENCODING = "utf-16"
"""Of the file, with a byte order mark: schtasks reads no other."""


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
        program, *arguments = self.command
        values = {
            "about": self.about,
            "first": f"{self.first:%Y-%m-%dT%H:%M:%S}",
            "user": self.user,
            "program": program,
            "arguments": subprocess.list2cmdline(arguments),
        }
        return _TEMPLATE.format(**{name: escape(value, quote=False) for name, value in values.items()})


_TEMPLATE = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>FREESPORT Sync</Author>
    <Description>{about}</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>{first}</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
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
    <ExecutionTimeLimit>PT12H</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
