"""The columns of schedules."""

from __future__ import annotations

from datetime import UTC, datetime

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.i18n.schedule_words import LATE_AFTER, what_came_last, what_starts, when_next
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.texts import UiTexts


def schedule_columns(texts: UiTexts) -> list[Column[Schedule]]:
    """All columns of the list of schedules."""

    def title(name: str) -> str:
        return texts(f"schedule_tab.column_{name}")

    return [
        Column("status", title("status"), lambda one: texts(f"schedule_tab.{schedule_badge(one)[2]}"), 14),
        Column("name", title("name"), lambda one: one.name, 20),
        Column("next", title("next"), lambda one: when_next(one, texts, datetime.now(UTC)), 16),
        Column("last", title("last"), lambda one: what_came_last(one, texts) or "—", 30),
        Column("what", title("what"), lambda one: what_starts(one, texts), 26),
        Column("cron", title("cron"), lambda one: f"{one.cron} ({one.zone})", 22),
        Column("made_by", title("made_by"), lambda one: one.created_by or "—", 14),
    ]


def schedule_badge(schedule: Schedule) -> tuple[str, str, str]:
    """Tone, icon and word of a schedule's state; a warning if somebody has to look after it."""
    if not schedule.is_enabled:
        return "neutral", "stop", "off"
    if schedule.next_at is None or schedule.next_at < datetime.now(UTC) - LATE_AFTER:
        return "warn", "stuck", "late"
    if schedule.note is not None:
        return "warn", "remarks", "skipped"
    if schedule.last_status is TaskStatus.FAILED:
        return "bad", "failed", "failed"
    return "good", "completed", "on"
