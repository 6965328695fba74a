"""Schedules in a database: each start submits one task, whoever looks, whenever the clock says what (RUN-15)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Priority, Task, TaskQuery, TaskStatus
from freesport_sync.core.tasks import Header, Submission, Trigger
from freesport_sync.database.own import schedules, tasks
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.errors import ConfigError
from freesport_sync.jobs.schedules import Scheduler
from freesport_sync.runs.requests import encode
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.backup.task import BACKUP
from freesport_sync.tasks.registry import TASKS, Registry
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.task import SHOP_IMPORT
from freesport_sync.tasks.waiting import new_task
from tests.shop import Shop

NIGHT = "0 3 * * *"
QUARTER = "*/15 * * * *"
YEARLY = "0 0 1 1 *"
"""None comes between two statements of a test."""
IMPORT = Submission(ShopImport(is_pull=True), Header("boss@here", Trigger.SCHEDULE))


def stored(shop: Shop, cron: str = YEARLY, request: dict[str, object] | None = None, **values: Any) -> Schedule:
    prepare_own_schema(shop.connection)
    asked = encode(SHOP_IMPORT, IMPORT) if request is None else request
    schedule = Schedule("night", cron, "Europe/Moscow", asked, created_by="boss@here", **values)
    with transaction(shop.connection):
        schedule_id = schedules.store(shop.connection, schedule)
    return schedules.read_schedule(shop.connection, schedule_id)


def make_due(shop: Shop, minutes_ago: float = 0) -> datetime:
    """As if the next start of all schedules had come; returns it."""
    shop.execute(
        f"UPDATE freesport_sync.schedules SET next_at = date_trunc('minute', now()) - interval '{minutes_ago} minutes'"
    )
    due_at: datetime = shop.value("SELECT min(next_at) FROM freesport_sync.schedules")
    return due_at


def all_tasks(shop: Shop) -> tuple[Task, ...]:
    return read_tasks(shop.connection, TaskQuery(), 0, 100).rows


def fire(shop: Shop, registry: Registry = TASKS) -> int:
    return Scheduler(registry).fire_due(shop.connection)


def only(shop: Shop) -> Schedule:
    (schedule,) = schedules.read_schedules(shop.connection)
    return schedule


# --- editing --------------------------------------------------------------------------------------------------------


def test_a_stored_schedule_knows_its_next_start_and_nothing_starts_before(shop: Shop) -> None:
    schedule = stored(shop, NIGHT)
    now = shop.value("SELECT now()")
    assert schedule.next_at is not None
    assert now < schedule.next_at <= now + timedelta(days=1)
    assert (schedule.next_at.hour, schedule.next_at.minute) == (0, 0), "03:00 in Moscow"
    assert fire(shop) == 0


def test_what_is_switched_off_starts_nothing(shop: Shop) -> None:
    schedule = stored(shop, is_enabled=False)
    assert schedule.next_at is None
    make_due(shop)
    assert fire(shop) == 0


def test_what_cannot_be_understood_is_not_stored(shop: Shop) -> None:
    for changed in ({"cron": "0 3 30 2 *"}, {"zone": "Mars/Olympus"}, {"name": ""}, {"grace_s": 0}):
        with pytest.raises(ConfigError):
            stored(shop, **changed) if "cron" in changed else store(shop, **changed)
    assert schedules.read_schedules(shop.connection) == ()


def store(shop: Shop, **changed: Any) -> None:
    with transaction(shop.connection):
        schedules.store(shop.connection, replace(Schedule("night", NIGHT, "UTC"), **changed))


def test_changing_what_somebody_has_removed(shop: Shop) -> None:
    schedule = stored(shop)
    schedules.remove(shop.connection, schedule.id)
    with pytest.raises(ConfigError, match="schedule_not_found"):
        store(shop, id=schedule.id)
    with pytest.raises(ConfigError, match="schedule_not_found"):
        schedules.remove(shop.connection, schedule.id)


def test_there_is_a_limit(shop: Shop) -> None:
    stored(shop)
    shop.execute(
        "INSERT INTO freesport_sync.schedules (name, cron, zone, request, host, is_enabled, grace_s, created_by,"
        " created_at) SELECT 'x', '0 3 * * *', 'UTC', '{}', '', false, 3600, 'x', now() FROM generate_series(1, 199)"
    )
    with pytest.raises(ConfigError, match="schedules_too_many"):
        store(shop)


# --- starts ---------------------------------------------------------------------------------------------------------


def test_a_start_submits_a_task_and_waits_for_the_next(shop: Shop) -> None:
    schedule = stored(shop)
    due_at = make_due(shop)
    assert (fire(shop), fire(shop)) == (1, 0)
    (task,) = all_tasks(shop)
    assert (task.schedule_id, task.trigger, task.operator) == (schedule.id, Trigger.SCHEDULE, "boss@here")
    assert (task.kind, task.status, task.priority) == ("all", TaskStatus.PENDING, Priority.SCHEDULE)
    assert shop.value("SELECT due_at FROM freesport_sync.tasks") == due_at
    assert shop.value("SELECT count(*) FROM freesport_sync.procrastinate_jobs") == 1
    after = only(shop)
    assert (after.last_due_at, after.note, after.last_task_id) == (due_at, None, task.id)
    assert after.next_at is not None
    assert after.next_at > due_at


def test_a_folder_is_one_of_the_computer_that_made_the_schedule(shop: Shop, tmp_path: Path) -> None:
    local = Submission(ShopImport(data_dir=tmp_path), IMPORT.header)
    stored(shop, request=encode(SHOP_IMPORT, local), host="warehouse")
    make_due(shop)
    fire(shop)
    assert all_tasks(shop)[0].host == "warehouse"
    assert shop.value("SELECT queue FROM freesport_sync.tasks") == "shop_import/1@warehouse"


def test_two_schedulers_submit_each_start_once(shop: Shop) -> None:
    kinds = [f"kind {number}" for number in range(12)]
    for kind in kinds:
        request = encode(SHOP_IMPORT, Submission(ShopImport(is_pull=True, data_dir=Path(kind)), IMPORT.header))
        stored(shop, request=request)
    begin = threading.Barrier(4)

    def look() -> int:
        connection = connect(shop.url, "worker")
        try:
            begin.wait()
            return Scheduler(TASKS).fire_due(connection)
        finally:
            connection.close()

    for _ in range(5):
        shop.execute("UPDATE freesport_sync.tasks SET status = 'completed'")
        before = len(all_tasks(shop))
        shop.execute("UPDATE freesport_sync.schedules SET next_at = clock_timestamp() - interval '1 second'")
        with ThreadPoolExecutor(4) as executor:
            submitted = [future.result() for future in [executor.submit(look) for _ in range(4)]]
        assert sum(submitted) == len(kinds)
        assert len(all_tasks(shop)) == before + len(kinds)


def test_a_start_that_is_being_looked_at_is_left_to_that_worker(shop: Shop) -> None:
    stored(shop)
    make_due(shop)
    other = connect(shop.url, "worker")
    try:
        with transaction(other):
            assert schedules.lock_due(other, ()) is not None
            assert fire(shop) == 0, "it does not wait either"
        assert fire(shop) == 1
    finally:
        other.close()


def test_a_worker_that_dies_before_commit_has_started_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(shop)
    due_at = make_due(shop)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schedules, "advance", die)
        with pytest.raises(KeyboardInterrupt):
            fire(shop)
    assert (all_tasks(shop), only(shop).next_at) == ((), due_at)
    assert fire(shop) == 1


# --- starts that are left out ---------------------------------------------------------------------------------------


def test_a_start_missed_within_the_grace_is_made_up_for_once(shop: Shop) -> None:
    stored(shop, QUARTER)
    make_due(shop, minutes_ago=50)
    assert (fire(shop), fire(shop)) == (1, 0)
    assert only(shop).note is None


def test_a_start_missed_for_longer_is_left_out_with_a_note(shop: Shop) -> None:
    schedule = stored(shop)
    due_at = make_due(shop, minutes_ago=61)
    assert fire(shop) == 0
    after = only(shop)
    assert (after.note, after.last_due_at, all_tasks(shop)) == ("missed", due_at, ())
    assert after.next_at == schedule.next_at


@pytest.mark.parametrize("status", ["pending", "running"])
def test_while_the_last_task_is_open_starts_are_left_out(shop: Shop, status: str) -> None:
    stored(shop)
    make_due(shop, minutes_ago=1)
    fire(shop)
    shop.execute(f"UPDATE freesport_sync.tasks SET status = '{status}'")
    due_at = make_due(shop)
    assert fire(shop) == 0
    after = only(shop)
    assert (after.note, after.last_due_at, len(all_tasks(shop))) == ("unfinished", due_at, 1)
    shop.execute("UPDATE freesport_sync.tasks SET status = 'cancelled'")
    shop.execute("UPDATE freesport_sync.schedules SET next_at = clock_timestamp()")
    assert fire(shop) == 1
    assert only(shop).note is None, "of the last start only"


def test_an_equal_task_of_somebody_else_is_enough(shop: Shop) -> None:
    stored(shop)
    with transaction(shop.connection):
        tasks.submit(shop.connection, new_task(TASKS, Submission(IMPORT.request, Header("other@there"))))
    make_due(shop)
    assert fire(shop) == 0
    assert (only(shop).note, len(all_tasks(shop))) == ("equal_waits", 1)


def test_a_clock_that_goes_back_starts_nothing_twice(shop: Shop) -> None:
    stored(shop)
    due_at = make_due(shop)
    assert fire(shop) == 1
    shop.execute("UPDATE freesport_sync.tasks SET status = 'completed'")
    shop.connection.execute(sa.text("UPDATE freesport_sync.schedules SET next_at = :due_at"), {"due_at": due_at})
    assert fire(shop) == 0, "somebody has stored it again while the clock was behind"
    assert len(all_tasks(shop)) == 1
    assert only(shop).next_at != due_at


# --- programs of other versions -------------------------------------------------------------------------------------


def newer(request: dict[str, object]) -> dict[str, object]:
    return request | {"version": 99}


UNKNOWN: list[Callable[[dict[str, object]], dict[str, object]]] = [newer, lambda _: {"task": "orders"}, lambda _: {}]


@pytest.mark.parametrize("change", UNKNOWN)
def test_what_this_program_does_not_know_is_left_to_others(
    shop: Shop, change: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    stored(shop, request=change(encode(SHOP_IMPORT, IMPORT)))
    stored(shop, request=encode(BACKUP, Submission(MakeBackup(), IMPORT.header)))
    due_at, scheduler = make_due(shop), Scheduler(TASKS)
    assert scheduler.fire_due(shop.connection) == 1, "it does not keep the others from starting"
    assert scheduler.fire_due(shop.connection) == 0
    assert [task.kind for task in all_tasks(shop)] == ["backup"]
    assert schedules.read_schedules(shop.connection)[0].next_at == due_at


def test_a_schedule_damaged_by_hand_harms_no_other(shop: Shop) -> None:
    stored(shop)
    shop.execute("UPDATE freesport_sync.schedules SET cron = 'x', zone = 'y'")
    stored(shop, request=encode(BACKUP, Submission(MakeBackup(), IMPORT.header)))
    make_due(shop)
    assert fire(shop) == 1
