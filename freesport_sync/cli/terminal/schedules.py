"""Schedules on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.markup import escape

from freesport_sync.cli.results import ScheduleList, ScheduleRemoved, ScheduleSaved
from freesport_sync.cli.terminal.screen import Screen
from freesport_sync.core.printable import printable
from freesport_sync.i18n.schedule_words import what_came_last, what_starts, when_next


def show_schedules(screen: Screen, result: ScheduleList) -> None:
    """Print a table of schedules, and whether anybody will start what they say."""
    texts, now = screen.texts, datetime.now(UTC)
    if not result.schedules:
        screen.line(texts("cli.no_schedules"))
        return
    table = screen.table("number", "name", "what", "cron", "next", "last")
    for one in result.schedules:
        cells = (
            *(str(one.id), one.name, what_starts(one, texts), f"{one.cron} ({one.zone})"),
            *(when_next(one, texts, now), what_came_last(one, texts)),
        )
        table.add_row(*(escape(printable(cell)) for cell in cells))
    screen.out.print(table)
    _warn(screen, result.has_worker)


def show_schedule_saved(screen: Screen, result: ScheduleSaved) -> None:
    """Print what will start when."""
    one, texts = result.schedule, screen.texts
    key = "cli.schedule_saved" if one.is_enabled else "cli.schedule_switched_off"
    at = when_next(one, texts, datetime.now(UTC))
    screen.line(printable(texts(key, schedule_id=one.id, name=one.name, what=what_starts(one, texts), at=at)))
    if one.is_enabled:
        _warn(screen, result.has_worker)


def show_schedule_removed(screen: Screen, result: ScheduleRemoved) -> None:
    """Print what is gone."""
    one = result.schedule
    screen.line(printable(screen.texts("cli.schedule_removed", schedule_id=one.id, name=one.name)))


def _warn(screen: Screen, has_worker: bool) -> None:
    if not has_worker:
        screen.line(screen.texts("cli.schedules_no_worker"))
