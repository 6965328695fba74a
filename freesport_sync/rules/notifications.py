"""Who is told of what, and when (NOTIFY-2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

from freesport_sync.core.issues import Severity
from freesport_sync.core.notifications import Chosen, EndedTask, Occasion
from freesport_sync.core.task_list import TaskStatus

DIGEST = "digest"
"""Group of what is told once a day."""


def occasion_of(ended: EndedTask) -> Occasion | None:
    """What there is to tell of a task; None: nothing.

    Who has cancelled a task knows it, a dry run has done nothing, and a task without a run only serves others.
    """
    if ended.status is TaskStatus.FAILED:
        return Occasion.FAILURE
    if ended.status is not TaskStatus.COMPLETED or ended.is_dry_run or ended.issue_totals is None:
        return None
    has_remarks = any(total.severity is not Severity.NOTE for total in ended.issue_totals)
    return Occasion.REMARKS if has_remarks else Occasion.SUCCESS


def is_wanted(occasion: Occasion, chosen: Collection[Chosen], has_digest: bool) -> bool:
    """Whether it is told: failures always, the rest by choice; the digest has everything."""
    return occasion.is_urgent or has_digest or occasion.value in {one.value for one in chosen}


def group_of(occasion: Occasion, ended: EndedTask, has_digest: bool) -> str:
    """Entries of a group share a message; empty: each has its own."""
    if occasion is Occasion.FAILURE:
        return f"{ended.kind}:{ended.error_code}"
    return DIGEST if has_digest else ""


def next_digest(now: datetime, at: str) -> datetime:
    """When the next digest is sent.

    Args:
        now: local time, with its zone.
        at: `08:00`.
    """
    hours, minutes = map(int, at.split(":"))
    today = datetime.combine(now.date(), time(hours, minutes)).astimezone(now.tzinfo)
    return today if today > now else today + timedelta(days=1)
