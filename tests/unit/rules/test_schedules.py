"""When schedules start something: what cannot be understood, changes of the clock, and starts that were missed."""

from __future__ import annotations

import contextlib
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freesport_sync.core.schedules import Schedule
from freesport_sync.errors import ConfigError
from freesport_sync.rules.schedules import (
    DueStart,
    SkipReason,
    due_start,
    first_start,
    next_start,
    next_starts,
)
from freesport_sync.rules.time_zones import find_zone, zone_names

MOSCOW, BERLIN = "Europe/Moscow", "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def local_starts(cron: str, zone: str, after: str, count: int) -> list[str]:
    """With the offset, which tells the two hours of the same name apart."""
    found = next_starts(cron, zone, at(after, zone), count)
    return [f"{start.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}"[:-2] for start in found]


# --- what cannot be understood --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "code"),
    [
        ("", "cron_fields"),
        ("0 3 * *", "cron_fields"),
        ("0 0 3 * * *", "cron_fields"),  # the first would be seconds
        ("@daily", "cron_fields"),
        ("*," * 200 + "* * * * *", "cron_fields"),
        ("60 3 * * *", "cron_unreadable"),
        ("0 24 * * *", "cron_unreadable"),
        ("0 3 32 * *", "cron_unreadable"),
        ("0 3 * 13 *", "cron_unreadable"),
        ("0 3 * * 8", "cron_unreadable"),
        ("0 3 * * ПН", "cron_unreadable"),
        ("*/0 * * * *", "cron_unreadable"),
        ("0 3 ² * *", "cron_unreadable"),
        ("0 3 30 2 *", "cron_never"),
        ("0 3 31 4,6,9,11 *", "cron_never"),
    ],
)
def test_fields_that_cannot_be_understood(cron: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        next_start(cron, MOSCOW, at("2026-11-29"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cron", "part"),
    [
        ("x 3 * * *", "minute"),
        ("0 x * * *", "hour"),
        ("0 3 x * *", "day"),
        ("0 3 * x *", "month"),
        ("0 3 * * x", "weekday"),
    ],
)
def test_the_error_names_the_field(cron: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        next_start(cron, MOSCOW, at("2026-11-29"))
    assert caught.value.params["cron_part"] == part


@pytest.mark.parametrize("zone", ["", "Europe", "europe/moscow", "../etc/passwd", "/etc/localtime", "Москва", "MSK+3"])
def test_zones_that_not_every_computer_knows(zone: str) -> None:
    with pytest.raises(ConfigError, match="zone_unknown"):
        next_start("0 3 * * *", zone, at("2026-11-29"))


def test_every_zone_can_be_found() -> None:
    assert len(zone_names()) > 500
    for name in zone_names():
        find_zone(name)


@settings(max_examples=300)
@given(st.lists(st.text("0123456789*/,-#LWlMONSUJAN", max_size=6), min_size=5, max_size=5).map(" ".join))
def test_whatever_is_written_is_understood_or_refused(cron: str) -> None:
    with contextlib.suppress(ConfigError):
        next_start(cron, MOSCOW, at("2026-11-29"))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "  "}, "schedule_name_unusable"),
        ({"name": "x" * 101}, "schedule_name_unusable"),
        ({"grace_s": 0}, "schedule_grace_unusable"),
        ({"grace_s": 10**9}, "schedule_grace_unusable"),
        ({"cron": "0 3 29 2 1#7"}, "cron_unreadable"),
    ],
)
def test_a_schedule_that_cannot_be_stored(changed: dict[str, object], code: str) -> None:
    values = {"name": "night", "cron": "0 3 * * *", "zone": MOSCOW} | changed
    with pytest.raises(ConfigError, match=code):
        first_start(Schedule(**values), at("2026-11-29"))  # type: ignore[arg-type]


# --- the calendar ---------------------------------------------------------------------------------------------------


def test_every_night_at_the_local_time() -> None:
    assert next_start("0 3 * * *", MOSCOW, at("2026-11-29 00:00")) == at("2026-11-30 00:00")  # 03:00 has just been


def test_the_ends_of_months_and_leap_days() -> None:
    assert local_starts("0 3 31 * *", MOSCOW, "2026-01-31 03:00", 2) == ["03-31 03:00+03", "05-31 03:00+03"]
    assert local_starts("0 3 L * *", MOSCOW, "2027-01-31 03:00", 2) == ["02-28 03:00+03", "03-31 03:00+03"]
    assert next_start("0 3 29 2 *", MOSCOW, at("2026-11-29")) == at("2028-02-29 00:00")


def test_days_of_the_month_or_of_the_week() -> None:
    assert local_starts("0 3 1 * 1", MOSCOW, "2026-11-29", 3) == ["11-30 03:00+03", "12-01 03:00+03", "12-07 03:00+03"]


# --- changes of the clock -------------------------------------------------------------------------------------------


def test_a_time_that_the_clock_leaves_out_comes_after_the_gap() -> None:
    """On 29 March 2026 it goes from 02:00 to 03:00."""
    assert local_starts("30 2 * * *", BERLIN, "2026-03-28 12:00", 2) == ["03-29 03:00+02", "03-30 02:30+02"]
    assert local_starts("0 2,3 * * *", BERLIN, "2026-03-28 12:00", 2) == ["03-29 03:00+02", "03-30 02:00+02"]


def test_a_time_that_the_clock_shows_twice_comes_the_first_time() -> None:
    """On 25 October 2026 it goes from 03:00 to 02:00."""
    assert local_starts("30 2 * * *", BERLIN, "2026-10-24 12:00", 2) == ["10-25 02:30+02", "10-26 02:30+01"]
    between = at("2026-10-25 01:10")  # 02:10 for the second time
    assert next_start("30 2 * * *", BERLIN, between) == at("2026-10-26 01:30")


def test_every_quarter_of_an_hour_goes_by_the_time_that_passes() -> None:
    found = local_starts("*/15 * * * *", BERLIN, "2026-10-25 02:40", 7)
    assert found == [
        *("10-25 02:45+02", "10-25 02:00+01", "10-25 02:15+01", "10-25 02:30+01", "10-25 02:45+01"),
        *("10-25 03:00+01", "10-25 03:15+01"),
    ]
    assert local_starts("*/15 * * * *", BERLIN, "2026-03-29 01:40", 2) == ["03-29 01:45+01", "03-29 03:00+02"]


@settings(max_examples=200)
@given(
    cron=st.sampled_from(["30 2 * * *", "*/15 * * * *", "0 * * * *", "0 0 * * *", "59 23 * * *", "15 */2 * * *"]),
    zone=st.sampled_from([MOSCOW, BERLIN, "America/New_York", "Africa/Cairo", "America/Havana", "UTC"]),
    hours=st.integers(0, 366 * 24),
    seconds=st.integers(0, 3600),
)
def test_starts_always_go_on(cron: str, zone: str, hours: int, seconds: int) -> None:
    after = at("2026-01-01") + timedelta(hours=hours, seconds=seconds)
    found = [after, *next_starts(cron, zone, after, 50)]
    assert all(one < later for one, later in itertools.pairwise(found))
    assert all(one.tzinfo is UTC for one in found[1:])


def test_midnight_that_does_not_exist_comes_once() -> None:
    """In Cairo the clock goes from 00:00 to 01:00 on 24 April 2026."""
    found = local_starts("0 * * * *", "Africa/Cairo", "2026-04-23 22:30", 3)
    assert found == ["04-23 23:00+02", "04-24 01:00+03", "04-24 02:00+03"]


def test_a_first_that_is_a_second_monday_never_comes() -> None:
    assert next_start("0 3 */31 * 1#2", MOSCOW, at("2026-11-29")) is None
    with pytest.raises(ConfigError, match="cron_never"):
        first_start(Schedule("name", "0 3 */31 * 1#2", MOSCOW), at("2026-11-29"))


# --- what has come --------------------------------------------------------------------------------------------------


def due(cron: str, next_at: str, now: str, has_open_task: bool = False, grace_s: int = 3600) -> DueStart:
    schedule = Schedule("name", cron, "UTC", grace_s=grace_s, id=1, next_at=at(next_at))
    return due_start(schedule, at(now), has_open_task)


def test_a_start_in_time() -> None:
    found = due("0 3 * * *", "2026-11-29 03:00", "2026-11-29 03:00:02")
    assert found == DueStart(at("2026-11-29 03:00"), at("2026-11-30 03:00"), None)


def test_a_missed_start_is_made_up_for_once() -> None:
    found = due("*/15 * * * *", "2026-11-29 03:00", "2026-11-29 03:50")
    assert found == DueStart(at("2026-11-29 03:45"), at("2026-11-29 04:00"), None)
    found = due("*/15 * * * *", "2026-01-01 00:00", "2026-11-29 03:50")
    assert found == DueStart(at("2026-11-29 03:45"), at("2026-11-29 04:00"), None)


def test_a_start_missed_for_longer_than_the_grace_is_left_out() -> None:
    found = due("0 3 * * *", "2026-11-29 03:00", "2026-11-29 04:01")
    assert found == DueStart(at("2026-11-29 03:00"), at("2026-11-30 03:00"), SkipReason.MISSED)
    assert due("0 3 * * *", "2026-11-29 03:00", "2026-11-29 04:01", grace_s=7200).skip_reason is None


def test_after_days_off_only_the_last_night_counts() -> None:
    found = due("0 3 * * *", "2026-11-25 03:00", "2026-11-29 03:30")
    assert (found.due_at, found.skip_reason) == (at("2026-11-29 03:00"), None)


def test_what_still_runs_is_not_started_again() -> None:
    found = due("*/15 * * * *", "2026-11-29 03:00", "2026-11-29 03:00:01", has_open_task=True)
    assert found == DueStart(at("2026-11-29 03:00"), at("2026-11-29 03:15"), SkipReason.UNFINISHED)


def test_what_is_not_due_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not due"):
        due("0 3 * * *", "2026-11-29 03:00", "2026-11-29 02:59:59")
