"""Rows of tasks: each run belongs to one, and what becomes of it (RUN-13)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.shop import Stage
from freesport_sync.core.task_list import AwaitedHolder, Claim, Submitted, Task, TaskQuery, TaskStatus
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import jobs, tasks, upkeep, workers
from freesport_sync.database.own.history_details import read_details
from freesport_sync.database.own.history_list import read_entry, read_runs_of_task
from freesport_sync.database.own.recovery import recover_dead_tasks
from freesport_sync.database.own.remote_control import cancel_task
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.own.tasks import NewTask
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.errors import Cancelled, ConfigError, ConnectionFailed, ImportFailed, NothingNew
from freesport_sync.runs.ending import end_try
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.waiting import new_task
from tests.shop import Shop
from tests.watching import at_stage, background, wait_until


def all_tasks(shop: Shop) -> tuple[Task, ...]:
    return read_tasks(shop.connection, TaskQuery(), 0, 100).rows


def test_a_plain_run_is_a_task_that_nobody_had_to_queue(shop: Shop, dearer: Path) -> None:
    report = shop.run(dearer)
    (task,) = all_tasks(shop)
    assert (task.status, task.type, task.kind, task.attempt) == (TaskStatus.COMPLETED, "shop_import", "all", 1)
    assert (task.operator, task.percent, task.run_id) == ("tester@here", 100, report.run_id)
    assert task.counts == report.counts
    assert shop.value("SELECT count(*) FROM freesport_sync.procrastinate_jobs") == 0


def test_a_failed_run_fails_its_task_for_good(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed) as caught:
        shop.run(tmp_path / "nothing")
    (task,) = all_tasks(shop)
    assert (task.status, task.error_code) == (TaskStatus.FAILED, caught.value.code)
    assert task.finished_at is not None


def test_a_dead_run_s_task_has_failed_at_the_last_sign_of_life(stocked_shop: Shop) -> None:
    """Before and after somebody has mended it."""
    stocked_shop.execute("UPDATE freesport_sync.runs SET status = 'running', heartbeat_at = '2026-01-02 03:04Z'")
    stocked_shop.execute("UPDATE freesport_sync.tasks SET status = 'running', finished_at = NULL")
    heartbeat_at = stocked_shop.value("SELECT heartbeat_at FROM freesport_sync.runs")
    for _ in range(2):
        (task,) = all_tasks(stocked_shop)
        assert (task.status, task.error_code, task.finished_at) == (TaskStatus.FAILED, "interrupted", heartbeat_at)
        recover_dead_tasks(stocked_shop.connection)


def test_a_server_process_that_only_has_the_same_id_does_not_make_a_dead_worker_live(
    shop: Shop, tmp_path: Path
) -> None:
    """PostgreSQL was restarted, and another worker's connection has the id of the dead one's."""
    submitted(shop, new(tmp_path))
    dead = connect(shop.url, "worker")
    worker_id = workers.register(dead, ["shop_import/1"], 1)
    assert tasks.claim(shop.connection, all_tasks(shop)[0].uid, worker_id) is not None
    dead.close()
    with connect(shop.url, "worker") as other:
        living_id = workers.register(other, ["shop_import/1"], 1)
        shop.execute("UPDATE freesport_sync.workers SET heartbeat_at = now() - interval '1 minute'")
        shop.execute(
            "UPDATE freesport_sync.workers SET backend_id ="
            " (SELECT backend_id FROM freesport_sync.workers WHERE id = :id)",
            id=living_id,
        )
        wait_until(lambda: {one.id: one.is_alive for one in workers.read_workers(shop.connection)}[worker_id] is False)
        assert [one.id for one in workers.read_workers(shop.connection) if one.is_alive] == [living_id]
        assert recover_dead_tasks(shop.connection) == (all_tasks(shop)[0].id,)


# --- waiting --------------------------------------------------------------------------------------------------------


def new(folder: Path, **header: Any) -> NewTask:
    return new_task(TASKS, Submission(ShopImport(data_dir=folder), Header("tester@here", **header)))


def submitted(shop: Shop, task: NewTask) -> Submitted:
    prepare_own_schema(shop.connection)
    with transaction(shop.connection):
        return tasks.submit(shop.connection, task)


def claimed(shop: Shop) -> Claim:
    uid, worker_id = all_tasks(shop)[0].uid, workers.register(shop.connection, ["shop_import/1"], 1)
    taken = tasks.claim(shop.connection, uid, worker_id)
    assert taken is not None
    assert tasks.claim(shop.connection, uid, worker_id) is None, "only one may work on it"
    return taken.claim


def jobs_waiting(shop: Shop) -> int:
    count: int = shop.value("SELECT count(*) FROM freesport_sync.procrastinate_jobs WHERE status = 'todo'")
    return count


def test_equal_tasks_wait_only_once(shop: Shop, tmp_path: Path) -> None:
    first = submitted(shop, new(tmp_path))
    again = submitted(shop, replace(new(tmp_path), operator="another@there"))
    assert (first.is_new, again) == (True, Submitted(first.id, False))
    assert submitted(shop, new(tmp_path / "other")).is_new
    assert submitted(shop, new(tmp_path, is_dry_run=True)).is_new
    assert submitted(shop, replace(new(tmp_path), run_after=datetime.now(UTC) + timedelta(hours=1))).is_new
    assert jobs_waiting(shop) == 4


def test_a_task_that_waits_is_cancelled_at_once(shop: Shop, tmp_path: Path) -> None:
    task_id = submitted(shop, new(tmp_path)).id
    assert cancel_task(shop.connection, task_id, "boss@here") is TaskStatus.CANCELLED
    (task,) = all_tasks(shop)
    assert (task.status, task.cancel_requested_by, jobs_waiting(shop)) == (TaskStatus.CANCELLED, "boss@here", 0)
    with pytest.raises(ConfigError, match="task_not_open"):
        cancel_task(shop.connection, task_id, "boss@here")


def test_what_may_heal_is_tried_again_later(shop: Shop, tmp_path: Path) -> None:
    submitted(shop, new(tmp_path))
    claim = claimed(shop)
    with transaction(shop.connection):
        assert tasks.send_back(shop.connection, claim, 60, ConnectionFailed("connection_lost"), is_counted=True)
    (task,) = all_tasks(shop)
    assert (task.status, task.attempt, task.error_code) == (TaskStatus.PENDING, 1, "connection_lost")
    assert task.run_after is not None
    assert tasks.claim(shop.connection, task.uid, 1) is None, "not before its time"
    assert jobs_waiting(shop) == 2, "the job that was taken, and the next one"
    assert not tasks.finish(shop.connection, claim, TaskStatus.COMPLETED, {}), "the claim was given up"


def test_a_task_waits_again_beside_an_equal_one_of_the_same_moment(shop: Shop, tmp_path: Path) -> None:
    submitted(shop, new(tmp_path))
    claim = claimed(shop)
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'worker' AND wait_event_type = 'Lock'"

    def send_back(worker: sa.Connection) -> bool:
        with transaction(worker):
            return tasks.send_back(worker, claim, 0, ConnectionFailed("connection_lost"), is_counted=True)

    with closing(connect(shop.url, "worker")) as worker, closing(connect(shop.url, "front")) as front:
        front.exec_driver_sql("BEGIN")
        assert tasks.submit(front, new(tmp_path)).is_new
        with background(lambda: send_back(worker)) as sent:
            wait_until(lambda: shop.value(f"{blocked} AND datname = current_database()"))
            front.exec_driver_sql("COMMIT")
        assert sent.result()
    assert [task.status for task in all_tasks(shop)] == [TaskStatus.PENDING] * 2


def test_a_run_whose_task_was_taken_does_not_commit(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "show_progress", lambda *_: True)  # the heartbeat would end it sooner
    take = "UPDATE freesport_sync.tasks SET claim = gen_random_uuid() WHERE status = 'running'"
    with pytest.raises(Cancelled, match="task_taken"):
        stocked_shop.run(dearer, at_stage(Stage.APPLY, lambda: stocked_shop.execute(take)))
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 100
    assert all_tasks(stocked_shop)[0].counts == {}


def test_a_task_sent_back_after_a_cancel_request_is_cancelled(shop: Shop, tmp_path: Path) -> None:
    task_id = submitted(shop, new(tmp_path)).id
    claim = claimed(shop)
    assert cancel_task(shop.connection, task_id, "boss@here") is TaskStatus.RUNNING
    assert tasks.requested_cancels(shop.connection, [claim]) == {claim.token: "boss@here"}
    with transaction(shop.connection):
        tasks.wait_for(shop.connection, claim, AwaitedHolder("other@there", "there", 7))
    assert all_tasks(shop)[0].status is TaskStatus.CANCELLED


def test_progress_never_goes_back(shop: Shop, tmp_path: Path) -> None:
    submitted(shop, new(tmp_path))
    claim = claimed(shop)
    assert tasks.show_progress(shop.connection, claim, "stage", 5, 10, 40)
    assert tasks.show_progress(shop.connection, claim, "plan", 1, 10, 3)
    (task,) = all_tasks(shop)
    assert (task.stage, task.done, task.percent) == ("plan", 1, 40)


def _first_is(shop: Shop, status: TaskStatus) -> bool:
    return all_tasks(shop)[0].status is status


def test_a_task_of_a_dead_worker_waits_again_and_fails_at_the_third_time(shop: Shop, tmp_path: Path) -> None:
    submitted(shop, new(tmp_path))
    for crashes in (1, 2, 3):
        worker = connect(shop.url, "worker")
        worker_id = workers.register(worker, ["shop_import/1"], 1)
        assert tasks.claim(shop.connection, all_tasks(shop)[0].uid, worker_id) is not None
        shop.execute("UPDATE freesport_sync.workers SET heartbeat_at = now() - interval '1 minute'")
        assert recover_dead_tasks(shop.connection) == (), "it holds its lock"
        worker.close()
        status = TaskStatus.FAILED if crashes == 3 else TaskStatus.PENDING
        wait_until(partial(_first_is, shop, status))
        found = [read_tasks(shop.connection, TaskQuery(frozenset((one,))), 0, 9).total for one in TaskStatus]
        assert found == [int(one is status) for one in TaskStatus]
        assert len(recover_dead_tasks(shop.connection)) == 1
        (task,) = all_tasks(shop)
        assert (task.status, task.crashes, task.error_code) == (status, crashes, "task_interrupted")


def test_that_there_was_nothing_to_do_is_no_failure(shop: Shop, tmp_path: Path) -> None:
    """A schedule fetches every few minutes, and most of the time nothing is new."""
    submitted(shop, new(tmp_path))
    claim = claimed(shop)
    with transaction(shop.connection):
        assert end_try(shop.connection, claim, {}, NothingNew("server_has_nothing_new", archive="/a"))
    (task,) = all_tasks(shop)
    assert (task.status, task.error_code) == (TaskStatus.COMPLETED, "server_has_nothing_new")


def test_old_tasks_are_removed_and_their_runs_stay(shop: Shop, dearer: Path, tmp_path: Path) -> None:
    run_id = shop.run(dearer).run_id
    waiting = submitted(shop, new(tmp_path)).id
    assert tasks.remove_ended(shop.connection, 1) == 0, "it has ended a moment ago"
    shop.execute(
        "INSERT INTO freesport_sync.notifications (host, target, occasion, task_id, group_key, created_at, send_after,"
        " attempts) SELECT 'here', 'mail:a@b', 'failed', min(id), '', now(), now(), 0 FROM freesport_sync.tasks"
    )
    assert tasks.remove_ended(shop.connection, 0) == 0, "somebody has yet to be told"
    shop.execute("UPDATE freesport_sync.notifications SET sent_at = now()")
    assert tasks.remove_ended(shop.connection, 0) == 1
    assert [task.id for task in all_tasks(shop)] == [waiting]
    entry = read_entry(shop.connection, EntryKey(EntrySource.RUN, run_id))
    assert entry is not None
    assert entry.task_id is None


def test_the_history_knows_the_task_of_a_run(shop: Shop, dearer: Path, tmp_path: Path) -> None:
    run_id = shop.run(dearer).run_id
    (task,) = all_tasks(shop)
    details = read_details(shop.connection, EntryKey(EntrySource.RUN, run_id))
    assert details is not None
    assert (details.entry.task_id, details.task) == (task.id, task)
    assert [entry.key.id for entry in read_runs_of_task(shop.connection, task.id)] == [run_id]
    assert read_runs_of_task(shop.connection, submitted(shop, new(tmp_path)).id) == ()


def test_a_job_taken_by_a_process_that_died_is_made_again_and_forgotten(shop: Shop, tmp_path: Path) -> None:
    submitted(shop, new(tmp_path))
    taker = shop.value("SELECT worker_id FROM freesport_sync.procrastinate_register_worker_v1()")
    take = "SELECT id FROM freesport_sync.procrastinate_fetch_job_v2(NULL, :taker)"
    taken = shop.value(take, taker=taker)
    assert taken is not None
    assert upkeep.call_forgotten(shop.connection) == 1
    assert jobs.drop_abandoned(shop.connection) == 0, "who has taken it may be alive"
    shop.rows("SELECT freesport_sync.procrastinate_unregister_worker_v1(:taker)", taker=taker)
    assert jobs.drop_abandoned(shop.connection) == 1
    (left,) = shop.rows("SELECT id, status::text FROM freesport_sync.procrastinate_jobs")
    assert left != (taken, "todo")
    assert left[1] == "todo"
