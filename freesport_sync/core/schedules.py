"""Schedules: what is to be started when, again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from freesport_sync.core.task_list import TaskStatus

USUAL_GRACE_S = 3600


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be started when.

    Args:
        name: for people.
        cron: five fields: minute, hour, day of the month, month, day of the week.
        zone: IANA name of the time zone that they are meant in.
        request: as JSON; see `runs.requests`.
        host: the computer whose folder the request means; empty: any can do it.
        is_enabled: it starts something.
        grace_s: a start that was missed, because nothing ran that could have seen it, is made up for within this time.
        id: 0: not stored yet.
        next_at: the next start; None: switched off, or never.
        last_due_at: the last start that came, whatever became of it.
        note: why that start was left out, a `rules.schedules.SkipReason`; None: it was not.
        last_task_id: the last task that it has submitted.
        last_status: what has become of that.
        created_by: who has made it.
    """

    name: str
    cron: str
    zone: str
    request: Mapping[str, Any] = field(default_factory=dict)
    host: str = ""
    is_enabled: bool = True
    grace_s: int = USUAL_GRACE_S
    id: int = 0
    next_at: datetime | None = None
    last_due_at: datetime | None = None
    note: str | None = None
    last_task_id: int | None = None
    last_status: TaskStatus | None = None
    created_by: str = ""
