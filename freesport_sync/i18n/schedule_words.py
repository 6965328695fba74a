"""What a schedule starts and when, in words, for both fronts."""

from __future__ import annotations

from datetime import datetime, timedelta

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.i18n.texts import Texts

LATE_AFTER = timedelta(minutes=1)
"""Workers look every few seconds."""


def what_starts(schedule: Schedule, texts: Texts) -> str:
    """What a schedule starts, and with which files."""
    request = schedule.request
    kind = texts.kind(str(request.get("kind") or request.get("task", "")), bool(request.get("is_dry_run")))
    if request.get("is_pull"):
        return texts("schedules.pulled", kind=kind)
    folder = request.get("file") or request.get("data_dir")
    return texts("schedules.from_folder", kind=kind, folder=folder, host=schedule.host) if folder else kind


def when_next(schedule: Schedule, texts: Texts, now: datetime) -> str:
    """The next start, by the clock of this computer.

    Args:
        schedule: to be named.
        texts: in the operator's language.
        now: a start long before it has been missed so far.
    """
    if not schedule.is_enabled:
        return texts("schedules.off")
    if schedule.next_at is None:
        return texts("schedules.never")
    late = schedule.next_at < now - LATE_AFTER
    return texts("schedules.late" if late else "schedules.next", at=texts.moment(schedule.next_at))


def what_came_last(schedule: Schedule, texts: Texts) -> str:
    """The last start and what has become of it; empty: there was none."""
    parts = []
    if schedule.last_due_at is not None and schedule.note is not None:
        reason = texts.word("skip_reason", schedule.note)
        parts.append(texts("schedules.skipped", at=texts.moment(schedule.last_due_at), reason=reason))
    if schedule.last_task_id is not None:
        status = texts.word("task_status", (schedule.last_status or TaskStatus.PENDING).value)
        at = None if schedule.note is not None or schedule.last_due_at is None else texts.moment(schedule.last_due_at)
        parts.append(texts("schedules.task", at=at, task_id=schedule.last_task_id, status=status))
    return "; ".join(parts)
