"""Workers take tasks, run them and end them (RUN-13)."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.tasks import Request
from freesport_sync.database.own.lock import KEY1, wait_ahead
from freesport_sync.database.own.remote_control import cancel_task
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import ExitCode
from tests.program import Installation
from tests.shop import Shop
from tests.toy import TOY_LOCK, CountSheep
from tests.toy_program import DRAIN_VARIABLE, DreamOfSheep
from tests.watching import holding, side_connections, wait_until
from tests.workers import runs_of, submit, task_of, wait_for, wait_until_runs, working

FOR_EVER = CountSheep(sheep=0)
TAKE_TOY_LOCK = f"SELECT pg_advisory_lock({KEY1}, {TOY_LOCK.key})"


def test_a_worker_runs_what_waits_and_what_comes(stocked_shop: Shop, installed: Installation) -> None:
    waiting = submit(stocked_shop, CountSheep(2))
    with working(installed) as worker:
        first = wait_for(stocked_shop, waiting, TaskStatus.COMPLETED)
        later = wait_for(stocked_shop, submit(stocked_shop, CountSheep(3)), TaskStatus.COMPLETED)
        dream = wait_for(stocked_shop, submit(stocked_shop, DreamOfSheep(4)), TaskStatus.COMPLETED)
        worker.interrupt()
        ended = worker.ended()
    assert (ended.code, ended.stderr) == (ExitCode.DONE, "")
    tries = ["task_taken", "task_left"] * 3
    assert [line["event"] for line in ended.lines] == ["worker_ready", *tries, "worker_stopping"]
    assert [task.counts["sheep"].created for task in (first, later, dream)] == [2, 3, 4]
    assert (first.attempt, first.percent, first.crashes) == (1, 100, 0)
    assert (runs_of(stocked_shop, first.id), runs_of(stocked_shop, dream.id)) == (["completed"], [])
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.procrastinate_jobs") == 0
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.workers") == 0


def test_a_worker_tells_that_data_is_too_old(stocked_shop: Shop, installed: Installation) -> None:
    """Nobody listens at the address, so that it stays in the outbox."""
    prepare_own_schema(stocked_shop.connection)
    told = "SELECT message_code, message_params ->> 'data_kind' FROM freesport_sync.notifications ORDER BY id"
    rules = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": "1", "MAIL_TO": '["boss@shop.example.ru"]', "MAIL_FROM": "a@b.ru"}
    environment = {f"FREESPORT_SYNC_NOTIFICATIONS__{name}": value for name, value in rules.items()}
    environment |= {"FREESPORT_SYNC_FRESHNESS__PRICES_H": "0"}
    with working(installed, environment=environment):
        wait_until(lambda: stocked_shop.rows(told) == [("data_missing", "stocks")])


def test_two_workers_run_each_task_once(stocked_shop: Shop, installed: Installation, tmp_path: Path) -> None:
    ids = [submit(stocked_shop, CountSheep(sheep)) for sheep in range(1, 21)]
    with ExitStack() as stack:
        for one in (installed, Installation(tmp_path / "other", installed.url)):
            stack.enter_context(working(one))
        for task_id in ids:
            wait_for(stocked_shop, task_id, TaskStatus.COMPLETED)
    assert [runs_of(stocked_shop, task_id) for task_id in ids] == [["completed"]] * 20


def test_a_task_waits_for_its_lock_and_loses_no_try(stocked_shop: Shop, installed: Installation) -> None:
    with working(installed, "--jobs", 1):
        with holding(stocked_shop.url, TAKE_TOY_LOCK):
            first, second = (submit(stocked_shop, CountSheep(sheep)) for sheep in (1, 2))
            wait_until(lambda: task_of(stocked_shop, first).waiting_for is not None)
            waiting, behind = task_of(stocked_shop, first), task_of(stocked_shop, second)
            assert (waiting.status, waiting.attempt, waiting.started_at) == (TaskStatus.PENDING, 0, None)
            assert (behind.status, behind.waiting_for) == (TaskStatus.PENDING, None), "nobody looks at all that wait"
            other = submit(stocked_shop, DreamOfSheep())
            wait_for(stocked_shop, other, TaskStatus.COMPLETED)
        done = [wait_for(stocked_shop, task_id, TaskStatus.COMPLETED) for task_id in (first, second)]
    assert [(task.attempt, task.waiting_for) for task in done] == [(1, None)] * 2
    assert runs_of(stocked_shop, first) == ["completed"]


def test_who_waits_ahead_of_the_queue_comes_first(stocked_shop: Shop, installed: Installation) -> None:
    with working(installed), closing(connect(stocked_shop.url, "exchange")) as exchange:
        with holding(stocked_shop.url, TAKE_TOY_LOCK):
            task_id = submit(stocked_shop, CountSheep(1))
            wait_until(lambda: task_of(stocked_shop, task_id).waiting_for is not None)
            wait_ahead(exchange, TOY_LOCK)
        other = submit(stocked_shop, DreamOfSheep())
        wait_for(stocked_shop, other, TaskStatus.COMPLETED)
        assert task_of(stocked_shop, task_id).attempt == 0
        exchange.close()
        wait_for(stocked_shop, task_id, TaskStatus.COMPLETED)


def test_the_more_urgent_comes_first(stocked_shop: Shop, installed: Installation) -> None:
    usual, urgent = submit(stocked_shop, CountSheep(1)), submit(stocked_shop, CountSheep(2), priority=25)
    with working(installed):
        tasks = [wait_for(stocked_shop, task_id, TaskStatus.COMPLETED) for task_id in (usual, urgent)]
    assert tasks[0].started_at is not None
    assert tasks[1].started_at is not None
    assert tasks[1].started_at < tasks[0].started_at


def test_what_is_refused_fails_without_a_run(stocked_shop: Shop, installed: Installation) -> None:
    task_id = submit(stocked_shop, DreamOfSheep(sheep=-1))
    with working(installed) as worker:
        left = worker.event("task_left", status="failed")
    failed = task_of(stocked_shop, task_id)
    assert (failed.status, failed.error_code, failed.attempt) == (TaskStatus.FAILED, "data_dir_needed", 1)
    assert (left["failure"]["code"], left["what"] != "", runs_of(stocked_shop, task_id)) == (
        "data_dir_needed",
        True,
        [],
    )


def test_what_may_heal_is_tried_again_later(stocked_shop: Shop, installed: Installation) -> None:
    began, task_id = datetime.now(UTC), submit(stocked_shop, FOR_EVER)
    with working(installed):
        wait_until_runs(stocked_shop, task_id)
        for pid in side_connections(stocked_shop.connection):
            stocked_shop.execute(f"SELECT pg_terminate_backend({pid})")
        waiting = wait_for(stocked_shop, task_id, TaskStatus.PENDING)
        assert waiting.run_after is not None
        assert began + timedelta(seconds=24) <= waiting.run_after <= datetime.now(UTC) + timedelta(seconds=36)
        assert (waiting.attempt, waiting.crashes, waiting.error_code) == (1, 0, "connection_lost")
        stocked_shop.execute("UPDATE freesport_sync.tasks SET run_after = NULL")
        stocked_shop.execute("UPDATE freesport_sync.procrastinate_jobs SET scheduled_at = NULL")
        assert wait_until_runs(stocked_shop, task_id).attempt == 2


# --- cancel, in every state -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [FOR_EVER, DreamOfSheep(sheep=0)], ids=["with a run", "without a run"])
def test_a_running_task_is_cancelled(stocked_shop: Shop, installed: Installation, request_: Request) -> None:
    with working(installed) as worker:
        task_id = submit(stocked_shop, request_)
        worker.event("task_taken", task_id=task_id)
        assert cancel_task(stocked_shop.connection, task_id, "boss@there") is TaskStatus.RUNNING
        ended = wait_for(stocked_shop, task_id, TaskStatus.CANCELLED)
        assert wait_for(stocked_shop, submit(stocked_shop, CountSheep()), TaskStatus.COMPLETED).attempt == 1
    assert (ended.error_code, ended.cancel_requested_by) == ("cancelled_by", "boss@there")


def test_a_task_that_waits_for_its_lock_or_its_time_is_cancelled_for_good(
    stocked_shop: Shop, installed: Installation
) -> None:
    later = submit(stocked_shop, CountSheep(1), run_after=datetime.now(UTC) + timedelta(hours=1))
    with working(installed):
        with holding(stocked_shop.url, TAKE_TOY_LOCK):
            held = submit(stocked_shop, CountSheep(2))
            wait_until(lambda: task_of(stocked_shop, held).waiting_for is not None)
            for task_id in (later, held):
                assert cancel_task(stocked_shop.connection, task_id, "boss@there") is TaskStatus.CANCELLED
        wait_for(stocked_shop, submit(stocked_shop, CountSheep(3)), TaskStatus.COMPLETED)
    assert [task_of(stocked_shop, task_id).status for task_id in (later, held)] == [TaskStatus.CANCELLED] * 2
    assert runs_of(stocked_shop, held) == []


# --- its end --------------------------------------------------------------------------------------------------------


def test_a_worker_that_has_to_end_lets_its_task_end(stocked_shop: Shop, installed: Installation) -> None:
    with working(installed) as worker:
        task_id, waiting = submit(stocked_shop, FOR_EVER), submit(stocked_shop, CountSheep(7))
        wait_until_runs(stocked_shop, task_id)
        worker.interrupt()
        worker.event("worker_stopping", running=1)
        wait_until(lambda: stocked_shop.value("SELECT count(stopping_at) FROM freesport_sync.workers") == 1)
        assert task_of(stocked_shop, task_id).status is TaskStatus.RUNNING
        cancel_task(stocked_shop.connection, task_id, "boss@there")
        assert worker.ended().code == ExitCode.DONE
    assert task_of(stocked_shop, task_id).status is TaskStatus.CANCELLED
    assert task_of(stocked_shop, waiting).status is TaskStatus.PENDING


def test_what_takes_too_long_then_waits_again_without_losing_a_try(stocked_shop: Shop, installed: Installation) -> None:
    with working(installed, environment={DRAIN_VARIABLE: "0.5"}) as worker:
        ids = [submit(stocked_shop, request) for request in (FOR_EVER, DreamOfSheep(sheep=0))]
        for task_id in ids:
            wait_for(stocked_shop, task_id, TaskStatus.RUNNING)
        wait_until_runs(stocked_shop, ids[0])
        worker.interrupt()
        assert worker.ended().code == ExitCode.DONE
    for task_id in ids:
        task = task_of(stocked_shop, task_id)
        assert (task.status, task.attempt, task.crashes) == (TaskStatus.PENDING, 0, 0)
    assert runs_of(stocked_shop, ids[0]) == ["cancelled"]
    with working(installed):
        assert wait_until_runs(stocked_shop, ids[0]).attempt == 1
