"""How old data is, and when that is too old (FRESH-1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from freesport_sync.core.freshness import DataFreshness, DataKind, Delivery, Freshness
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.i18n.texts import Language, Texts

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def data(age: timedelta | None, limit_h: int = 26, made: datetime | None = None) -> DataFreshness:
    last = None if age is None else Delivery(EntryKey(EntrySource.RUN, 7), NOW - age, made)
    return DataFreshness(DataKind.STOCKS, limit_h, last)


def test_it_is_counted_from_when_1c_made_the_export() -> None:
    """An export of last week that was imported just now is a week old."""
    week_ago = (NOW - timedelta(days=7)).astimezone().replace(tzinfo=None)
    assert data(timedelta(minutes=1), made=week_ago).age_s(NOW) == 7 * 86400


@pytest.mark.parametrize("made", [datetime(2026, 12, 31), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_a_clock_of_1c_that_is_wrong_makes_nothing_fresher_than_its_import(made: datetime) -> None:
    age_s = data(timedelta(hours=2), made=made).age_s(NOW)
    assert age_s is not None
    assert age_s >= 7200
    assert data(timedelta(hours=2), made=datetime(2026, 12, 31)).age_s(NOW) == 7200


@pytest.mark.parametrize(
    ("age", "limit_h", "expected"),
    [
        (timedelta(hours=26), 26, None),
        (timedelta(hours=26, minutes=59), 26, "Остатки не обновлялись 26 ч, а допускается 26 ч."),
        (timedelta(hours=71, minutes=59), 26, "Остатки не обновлялись 71 ч, а допускается 26 ч."),
        (timedelta(hours=72), 26, "Остатки не обновлялись 3 дн., а допускается 26 ч."),
        (None, 26, "Остатки ещё ни разу не загружались."),
        (timedelta(days=400), 0, None),
        (None, 0, None),
        (timedelta(seconds=-5), 1, None),
    ],
)
def test_what_is_told(age: timedelta | None, limit_h: int, expected: str | None) -> None:
    found = Freshness(NOW, (data(age, limit_h),)).overdue(NOW)
    told = {kind: Texts(Language.RUSSIAN).error(error).what for kind, error in found.items()}
    assert told == ({} if expected is None else {DataKind.STOCKS: expected})
