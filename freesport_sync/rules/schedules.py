"""When a schedule starts something.

The five fields and what they mean at a change of the clock are those of cron: a start at a time that the clock leaves
out comes right after the gap, one at a time that it shows twice comes the first time; what is to start every few
minutes or hours goes by the time that really passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile

from cronsim import CronSim, CronSimError

from freesport_sync.core.schedules import Schedule
from freesport_sync.errors import ConfigError
from freesport_sync.rules.time_zones import find_zone

FIELDS = 5
LONGEST_NAME, LONGEST_CRON = 100, 200
"""Characters."""
SHORTEST_GRACE_S, LONGEST_GRACE_S = 60, 7 * 24 * 3600
_PARTS = {
    "minute": "minute",
    "hour": "hour",
    "day-of-month": "day",
    "month": "month",
    "day-of-week": "weekday",
}
"""The name of a field in cronsim's errors -> ours, a key of the texts `cron_part`."""


class SkipReason(StrEnum):
    """Why a start was left out; stored with the schedule."""

    MISSED = "missed"
    """Nothing was running that could have seen it, for longer than the grace."""
    UNFINISHED = "unfinished"
    """What the start before has submitted still waits or runs."""
    EQUAL_WAITS = "equal_waits"
    """Somebody else has submitted the same, and it still waits."""


@dataclass(frozen=True, slots=True)
class DueStart:
    """A start that has come.

    Args:
        due_at: the latest one.
        next_at: the one after it; None: never again.
        skip_reason: why nothing is to be submitted; None: it is.
    """

    due_at: datetime
    next_at: datetime | None
    skip_reason: SkipReason | None


def starts(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The starts later than a moment, in UTC, each once; ends if there is none within fifty years.

    Args:
        cron: minute, hour, day of the month, month, day of the week.
        zone: IANA name of the time zone that they are meant in.
        after: with a zone of any sort.

    Raises:
        ConfigError: the fields or the zone cannot be understood, or there will never be a start.
    """
    last = after.astimezone(UTC)
    for local in _parse(cron, last.astimezone(find_zone(zone))):
        start = local.astimezone(UTC)
        if start > last:  # in an hour that comes twice, cronsim goes by what the clock shows
            yield start
            last = start


def next_start(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first start later than a moment, in UTC; see `starts`."""
    return next(starts(cron, zone, after), None)


def next_starts(cron: str, zone: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The next few starts, in UTC; see `starts`."""
    return tuple(islice(starts(cron, zone, after), count))


def first_start(schedule: Schedule, now: datetime) -> datetime:
    """The next start of a schedule that somebody wants to store.

    Raises:
        ConfigError: it cannot be stored as it is.
    """
    if not schedule.name.strip() or len(schedule.name) > LONGEST_NAME:
        raise ConfigError("schedule_name_unusable", longest=LONGEST_NAME)
    if not SHORTEST_GRACE_S <= schedule.grace_s <= LONGEST_GRACE_S:
        minutes = {"least": SHORTEST_GRACE_S // 60, "most": LONGEST_GRACE_S // 60}
        raise ConfigError("schedule_grace_unusable", minutes=schedule.grace_s // 60, **minutes)
    start = next_start(schedule.cron, schedule.zone, now)
    if start is None:
        raise ConfigError("cron_never", cron=schedule.cron)
    return start


def due_start(schedule: Schedule, now: datetime, has_open_task: bool) -> DueStart:
    """What to do about a schedule whose next start has come.

    Of starts that were missed only the latest counts.

    Args:
        schedule: its `next_at` is not later than `now`.
        now: by the clock of the database.
        has_open_task: what it has submitted last still waits or runs.

    Raises:
        ConfigError: this program does not understand the schedule.
    """
    cron, zone, due_at = schedule.cron, schedule.zone, schedule.next_at
    if due_at is None or due_at > now:
        raise ValueError(f"schedule {schedule.id} is not due")
    oldest = now - timedelta(seconds=schedule.grace_s)
    missed = takewhile(lambda start: start <= now, starts(cron, zone, max(due_at, oldest)))
    due_at = max(missed, default=due_at)
    reason = SkipReason.MISSED if due_at < oldest else SkipReason.UNFINISHED if has_open_task else None
    return DueStart(due_at, next_start(cron, zone, now), reason)


def _parse(cron: str, local: datetime) -> CronSim:
    count = len(cron.split())
    if count != FIELDS or len(cron) > LONGEST_CRON:  # of six fields the first would be seconds
        raise ConfigError("cron_fields", cron=cron[:LONGEST_CRON], found=count)
    try:
        return CronSim(cron, local)
    except CronSimError as error:
        part = _PARTS[str(error).removeprefix("Bad ")]
        if part == "day" and _is_readable_day(cron.split()[2]):
            raise ConfigError("cron_never", cron=cron) from error  # such as 30 February
        raise ConfigError("cron_unreadable", cron=cron, cron_part=part) from error


def _is_readable_day(field: str) -> bool:
    try:
        CronSim(f"* * {field} * *", datetime.now(UTC))
    except CronSimError:
        return False
    return True
