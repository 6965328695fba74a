"""Every spelling of a date is read as the one moment it means, or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.sources.commerceml.dates import YEARS, read_date
from tests.platforms import posix_only

MORNING = datetime(2025, 1, 2, 9, 5, 7)


@pytest.mark.parametrize(
    "written",
    [
        "2025-01-02T09:05:07",
        "2025-01-02T9:05:07",
        "2025-01-02t9:5:7",
        " 2025-01-02 9:05:07 ",
        "2025-1-2T9:05:07",
        "2025-01-02_09:05:07",
        "2025/01/02 09:05:07",
        "2025.01.02 09:05:07",
        "02.01.2025 9:05:07",
        "02.01.2025T09:05:07",
        "2.1.2025, 9:05:07",
        "02.01.25 9:05:07",
        "02.01.2025 г. 9:05:07",
        "02.01.2025\xa0 9:05:07",
        "02-01-2025 09:05:07",
        "2 января 2025 г. 9:05:07",
        "2 янв. 2025 9:05:07",
        "Thu, 02 Jan 2025 09:05:07",
        "1/2/2025 9:05:07 AM",
        "20250102T090507",
        "20250102090507",
        "20250102 090507",
    ],
)
def test_spellings_of_a_moment(written: str) -> None:
    assert read_date(written) == MORNING


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2025-01-02", datetime(2025, 1, 2)),
        ("20250102", datetime(2025, 1, 2)),
        ("02.01.25", datetime(2025, 1, 2)),
        ("13/01/2025", datetime(2025, 1, 13)),
        ("31 мая 2025 г.", datetime(2025, 5, 31)),
        ("2025-01-02 9:05", datetime(2025, 1, 2, 9, 5)),
        ("202501020905", datetime(2025, 1, 2, 9, 5)),
        ("1/2/2025 12:05:07 AM", datetime(2025, 1, 2, 0, 5, 7)),
        ("1/2/2025 12:05 pm", datetime(2025, 1, 2, 12, 5)),
        ("2025-01-02T09:05:07.1", datetime(2025, 1, 2, 9, 5, 7, 100_000)),
        ("2025-01-02T09:05:07,1234567", datetime(2025, 1, 2, 9, 5, 7, 123_456)),
        ("01.02.1998 0:00:00", datetime(1998, 2, 1)),
        ("01.02.98 0:00:00", datetime(1998, 2, 1)),
        ("2025-01-02T24:00:00", datetime(2025, 1, 3)),
        ("31.12.2024 24:00", datetime(2025, 1, 1)),
        ("2024-02-28T24:00:00.000", datetime(2024, 2, 29)),
        ("20250131T240000", datetime(2025, 2, 1)),
    ],
)
def test_parts_that_are_left_out_or_exact(written: str, moment: datetime) -> None:
    assert read_date(written) == moment


@pytest.mark.parametrize(
    "written",
    ["", " ", "0001-01-01T00:00:00", "0001-01-01", "01.01.0001 0:00:00", "00010101000000", "0000-00-00 00:00:00"],
)
def test_no_date(written: str) -> None:
    assert read_date(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "вчера",
        "2025-13-01T00:00:00",
        "2025-02-30",
        "2025-01-02T25:00:00",
        "2025-01-02T24:00:01",
        "2025-01-02T24:30",
        "2025-01-02T24:00:00.5",
        "2025-02-30T24:00:00",
        "1/2/2025 24:00:00 AM",
        "2025-01-02T09:60:00",
        "2025-01-02T09:05:07 13",
        "2025-01-02T13:05:07 PM",
        "02/03/2025",
        "02/03/2025 9:05",
        "02-01-25",
        "1735794307",
        "1970-01-01T00:00:00",
        "3999-12-31T23:59:59",
        "2025-01-02T09:05:07+99:00",
        "2 брюмера 2025",
        "2025-01-02T09:05:07 и что-то ещё",
        "99999999999999999999",
        "２０２５-01-02x",
    ],
)
def test_what_is_no_date_or_one_of_two(written: str) -> None:
    with pytest.raises((ValueError, OverflowError)) as caught:
        read_date(written)
    assert isinstance(caught.value, ValueError)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer in Yekaterinburg, UTC+5."""
    monkeypatch.setenv("TZ", "UTC-5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@posix_only("the environment gives no zone there")
@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    "written",
    [
        "2025-01-02T04:05:07Z",
        "2025-01-02T07:05:07+03:00",
        "2025-01-02T07:05:07.000+0300",
        "2025-01-02 07:05:07 +03",
        "2025-01-01T23:05:07-05:00",
        "20250102T040507Z",
        "Thu, 02 Jan 2025 04:05:07 GMT",
    ],
)
def test_a_zone_is_turned_into_this_computer_s(written: str) -> None:
    assert read_date(written) == MORNING
    assert read_date("2025-01-01T24:00:00Z") == datetime(2025, 1, 2, 5)


@given(st.text(max_size=40) | st.from_regex(r"[0-9.:/T +-]{1,30}", fullmatch=True))
def test_any_text_is_a_date_no_date_or_refused(written: str) -> None:
    try:
        moment = read_date(written)
    except ValueError:
        return
    assert moment is None or moment.year in YEARS or abs(moment.year - 2000) < 201
