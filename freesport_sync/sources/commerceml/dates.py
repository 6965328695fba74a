"""Reads `ДатаФормирования` in all spellings of 1C and other programs (DATE-1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = (
    re.compile("янв|jan"),
    re.compile("фев|feb"),
    re.compile("мар|mar"),
    re.compile("апр|apr"),
    re.compile("ма[йя]|may"),
    re.compile("июн|jun"),
    re.compile("июл|jul"),
    re.compile("авг|aug"),
    re.compile("сен|sep"),
    re.compile("окт|oct"),
    re.compile("ноя|nov"),
    re.compile("дек|dec"),
)

_DATES = (
    r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})",  # 2025-01-02
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",  # 20250102
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})(?: ?г\.?)?",  # 02.01.2025, 02.01.25
    r"(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4})",  # 02-01-2025
    r"(?P<first>\d{1,2})/(?P<then>\d{1,2})/(?P<year>\d{4})",  # 02/01/2025, or 1/2/2025 9:05:07 AM
    r"(?:[a-zа-я]+\.?,? )?(?P<day>\d{1,2}) (?P<name>[a-zа-я]+)\.? (?P<year>\d{4})(?: ?г\.?)?",  # 2 января 2025 г.
)
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d+))?)?(?: ?(?P<half>[ap])m)?"
)
_COMPACT_TIME = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
_ZONE = r"(?: ?(?P<zone>z|utc|gmt|[+-]\d\d(?::?\d\d)?))?"
_SPELLINGS = tuple(
    re.compile(f"{date}(?:{between}{time}{_ZONE})?")
    for between, time in (("(?: ?[t_,] ?| )", _TIME), ("[t_ ]?", _COMPACT_TIME))
    for date in _DATES
)

YEARS = range(1991, 2200)
"""Plausible years; programs without a date write 1970, 1980 or 3999."""
_NO_DATE = re.compile(r"[0\-./:t ]*|0001-?01-?01.*|0?1[./]0?1[./]0001.*")
"""No date: empty, zeros, or 1C's empty date."""


def read_date(text: str) -> datetime | None:
    """Return a naive date and time in local time; None if there is none.

    1C writes the local time of its server without a zone; it is assumed to be ours.

    Args:
        text: the attribute.

    Raises:
        ValueError: not a date, or an ambiguous one (`02/03/2025`).
    """
    text = " ".join(text.split()).lower()  # including the NBSP that 1C puts between digits
    if _NO_DATE.fullmatch(text):
        return None
    for spelling in _SPELLINGS:
        if match := spelling.fullmatch(text):
            return _moment(match.groupdict())
    raise ValueError(text)


def _moment(parts: dict[str, str | None]) -> datetime:
    day, month, year = _day(parts)
    if year not in YEARS:
        raise ValueError("no year of an export")
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if half == "p" else 0)
    fraction = int(f"{parts.get('fraction') or '':0<6}"[:6])
    is_end_of_day = (hour, minute, second, fraction) == (24, 0, 0, 0)  # ISO 8601: midnight of the next day
    moment = datetime(year, month, day, 0 if is_end_of_day else hour, minute, second, fraction)
    moment += timedelta(days=is_end_of_day)
    zone = parts.get("zone")
    return moment if zone is None else moment.replace(tzinfo=_zone(zone)).astimezone().replace(tzinfo=None)


def _day(parts: dict[str, str | None]) -> tuple[int, int, int]:
    """Day, month and year."""
    written = parts["year"] or ""
    year = int(written) + (0 if len(written) == 4 else 2000 if int(written) < 70 else 1900)
    if first := parts.get("first"):
        return *_day_and_month(int(first), int(parts["then"] or 0), parts.get("half") is not None), year
    month = int(parts["month"] or 0) if "name" not in parts else _month(parts["name"] or "")
    return int(parts["day"] or 0), month, year


def _day_and_month(first: int, then: int, is_american: bool) -> tuple[int, int]:
    """With a slash the month may come first, as Americans write it; AM or PM proves it."""
    if is_american or then > 12:
        return then, first
    if first <= 12 and first != then:
        raise ValueError("the day may be the month")
    return first, then


def _month(name: str) -> int:
    for number, month in enumerate(_MONTHS, start=1):
        if month.match(name):
            return number
    raise ValueError(name)


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)
