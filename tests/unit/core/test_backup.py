"""Which backups are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from freesport_sync.core.backup import (
    Backup,
    Manifest,
    expired,
    is_backed_up,
    is_backup_id,
    new_backup_id,
)

NOW = datetime(2026, 5, 10, tzinfo=UTC)


def made(run_id: int, days_ago: int, database: str = "1/2") -> Backup:
    made_at = NOW - timedelta(days=days_ago)
    backup_id = new_backup_id(made_at, run_id, database)
    manifest = Manifest(backup_id, run_id, made_at, database, "", "", "", "", "", "", ())
    return Backup(backup_id, 1, manifest)


def deleted(
    backups: list[Backup], keep_count: int, keep_days: int, without_effect: set[int] | None = None
) -> list[int]:
    """Numbers of the runs whose backups are deleted; the newest is the one just made."""
    newest = max((one.manifest for one in backups if one.manifest), key=lambda manifest: manifest.made_at)
    found = expired(backups, newest, keep_count, keep_days, without_effect or set())
    return sorted(one.manifest.run_id for one in found if one.manifest)


def test_a_backup_from_the_future_is_not_a_fresh_one() -> None:
    assert is_backed_up([made(1, 9), made(2, 1)], NOW, 25)
    assert not is_backed_up([made(1, 9), made(2, 1)], NOW, 24)
    assert is_backed_up([made(1, 0)], NOW - timedelta(minutes=5), 24), "the clock of the database is a little ahead"
    assert not is_backed_up([made(1, -3000)], NOW, 24)
    assert not is_backed_up([made(1, 0)], NOW, 0)


def test_old_backups_are_deleted_except_the_newest() -> None:
    backups = [made(run_id, days_ago) for run_id, days_ago in ((1, 40), (2, 31), (3, 29), (4, 2), (5, 0))]
    assert deleted(backups, keep_count=1, keep_days=30) == [1, 2]
    assert deleted(backups, keep_count=4, keep_days=30) == [1]
    assert deleted(backups, keep_count=1, keep_days=0) == [1, 2, 3, 4]
    assert deleted(backups, keep_count=9, keep_days=0) == []


def test_backups_of_runs_that_wrote_nothing_neither_stay_nor_count() -> None:
    backups = [made(run_id, 40 - run_id) for run_id in (1, 2, 3, 4)]
    assert deleted(backups, keep_count=2, keep_days=0, without_effect={3}) == [1, 3]


def test_other_databases_and_damaged_ones_are_left_alone() -> None:
    backups = [made(1, 99, "1/3"), Backup("20200101-000000-1-0000", 1, None), made(2, 99), made(3, 0)]
    assert deleted(backups, keep_count=1, keep_days=30) == [2]


def test_names_sort_by_time_and_are_no_paths() -> None:
    names = [new_backup_id(NOW + timedelta(seconds=n), 10 - n, "1/2") for n in range(3)]
    assert names == sorted(names)
    assert all(map(is_backup_id, names))
    assert not any(map(is_backup_id, ("", "../x", f"{names[0]}/..", f"{names[0]}\n", f"{names[0]}.zip")))
