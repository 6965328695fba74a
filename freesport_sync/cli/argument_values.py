"""Reads the values of arguments; what is wrong with one is said in the operator's language."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.errors import reason_of
from freesport_sync.i18n.texts import Texts
from freesport_sync.settings.paths import located

if TYPE_CHECKING:
    from freesport_sync.core.history import EntryKey
    from freesport_sync.core.task_list import TaskStatus

STDOUT = Path("-")
"""`--csv -`."""
LARGEST_NUMBER = 1_000_000_000
HIGHEST_PRIORITY = 100
LONGEST_WAIT = timedelta(days=366)
"""Until the start of a task."""
MOST_HOURS = 87_600
"""Ten years."""
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


class ArgumentValues:
    """Converts values for argparse; every method raises `ArgumentTypeError` for what it cannot read.

    Args:
        texts: in the operator's language.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def number(self, value: str) -> int:
        """A number from 1."""
        return self._number(value, 1, LARGEST_NUMBER)

    def entry_key(self, value: str) -> EntryKey:
        """An entry of the history: `12`, `shop:12`."""
        from freesport_sync.core.history import EntryKey, EntrySource  # not needed for --help

        self.number(value.removeprefix(f"{EntrySource.SHOP.value}:"))
        return EntryKey.parse(value)

    def time_of_day(self, value: str) -> time:
        """A time of the clock: `3:30`."""
        if not _TIME.fullmatch(value):
            raise argparse.ArgumentTypeError(self._texts("cli.not_a_time", value=value))
        hours, minutes = value.split(":")
        return time(int(hours), int(minutes))

    def moment(self, value: str) -> datetime:
        """When something is to start: `3:30` the next time, `2026-12-01T03:30`; by the clock of this computer."""
        now = datetime.now().astimezone()
        at = self._moment(value, now)
        if not now <= at <= now + LONGEST_WAIT:
            raise argparse.ArgumentTypeError(self._texts("cli.moment_not_soon", value=value))
        return at

    def switch(self, value: str) -> tuple[int, bool]:
        """What is to be switched, and whether on: `3=on`, `3=off`."""
        number, _, state = value.partition("=")
        if state not in ("on", "off"):
            raise argparse.ArgumentTypeError(self._texts("cli.not_a_switch", value=value))
        return self.number(number), state == "on"

    def priority(self, value: str) -> int:
        """How urgent a task is."""
        return self._number(value, 1, HIGHEST_PRIORITY)

    def hours(self, value: str) -> int:
        """Any number of hours."""
        return self._number(value, 0, MOST_HOURS)

    def task_status(self, value: str) -> TaskStatus:
        """A status of a task."""
        from freesport_sync.core.task_list import TaskStatus  # not needed for --help

        if value not in list(TaskStatus):
            text = self._texts("cli.not_a_choice", value=value, choices=", ".join(TaskStatus))
            raise argparse.ArgumentTypeError(text)
        return TaskStatus(value)

    def path(self, value: str) -> Path:
        """A file or folder of this computer, absolute; `-` stays as it is."""
        if not value:  # from an unset variable of a script; it would mean the current folder
            raise argparse.ArgumentTypeError(self._texts("cli.empty_path"))
        try:
            return STDOUT if value == str(STDOUT) else located(value, Path())
        except OSError as error:  # the current folder is gone
            raise argparse.ArgumentTypeError(reason_of(error)) from error

    def _moment(self, value: str, now: datetime) -> datetime:
        if _TIME.fullmatch(value):
            at = datetime.combine(now, self.time_of_day(value))
            if at < now.replace(tzinfo=None):
                at += timedelta(days=1)
            return at.astimezone()
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(self._texts("cli.not_a_moment", value=value)) from error
        try:
            return at.astimezone()
        except (ValueError, OverflowError, OSError) as error:  # the last years that can be written, on some systems
            raise argparse.ArgumentTypeError(self._texts("cli.moment_not_soon", value=value)) from error

    def _number(self, value: str, smallest: int, largest: int) -> int:
        if not value.isdecimal() or not smallest <= int(value) <= largest:
            text = self._texts("cli.not_a_number", value=value, smallest=smallest, largest=largest)
            raise argparse.ArgumentTypeError(text)
        return int(value)
