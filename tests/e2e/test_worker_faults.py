"""What workers do when they, the network or the database fail: no task is lost, none has an effect twice (RUN-13)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import tasks
from freesport_sync.database.own.recovery import recover_dead_tasks
from freesport_sync.database.own.upkeep import cut_frozen
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import transaction
from freesport_sync.errors import ExitCode
from freesport_sync.services.database import USUAL
from freesport_sync.settings.paths import find_paths
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.waiting import new_task
from tests.platforms import linux_only
from tests.program import Installation
from tests.proxy import Proxy
from tests.shop import Shop
from tests.toy import CountSheep
from tests.toy_program import ALARM_VARIABLE, WITH_TOYS, DreamOfSheep
from tests.watching import CUT, VARIANT, holding, wait_until, waiting_importers
from tests.workers import runs_of, submit, task_of, wait_for, wait_until_runs, working

FOR_EVER = CountSheep(sheep=0)
LONG_S = 90.0
"""A worker is not taken for dead before the server has been up for a while."""


@pytest.fixture
def elsewhere(installed: Installation, tmp_path: Path) -> Installation:
    """The program on another computer: nothing in common but the database."""
    return Installation(tmp_path / "another home", installed.url)


def price(shop: Shop) -> int:
    return int(shop.value("SELECT retail_price FROM product_variants"))


def merges(shop: Shop) -> int:
    """How many runs have written into the shop, besides the one that has filled it."""
    return int(shop.value("SELECT count(merged_at) - 1 FROM freesport_sync.runs"))


# --- a worker dies or freezes ---------------------------------------------------------------------------------------


def test_another_worker_takes_the_task_of_one_that_was_killed(
    stocked_shop: Shop, installed: Installation, elsewhere: Installation
) -> None:
    with working(installed) as first:
        task_id = submit(stocked_shop, FOR_EVER)
        wait_until_runs(stocked_shop, task_id)
        with working(elsewhere):
            first.kill_all()
            wait_until(lambda: runs_of(stocked_shop, task_id) == ["interrupted", "running"], LONG_S)
            task = task_of(stocked_shop, task_id)
    assert (task.attempt, task.crashes, task.status) == (2, 1, TaskStatus.RUNNING)


def test_a_frozen_worker_is_cut_off_and_changes_nothing_when_it_wakes_up(
    stocked_shop: Shop, dearer: Path, installed: Installation, elsewhere: Installation
) -> None:
    with working(installed) as frozen, holding(stocked_shop.url, VARIANT) as shop:
        task_id = submit(stocked_shop, ShopImport(data_dir=dearer, skip_backup=True))
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        frozen.stop()
        wait_until(lambda: cut_frozen(stocked_shop.connection, after_s=3))
        with working(elsewhere):
            wait_until(lambda: task_of(stocked_shop, task_id).attempt == 2, LONG_S)
            wait_until(lambda: waiting_importers(stocked_shop.connection))
            frozen.go_on()
            assert frozen.event("task_left", task_id=task_id)["failure"] is not None
            shop.release()
            done = wait_for(stocked_shop, task_id, TaskStatus.COMPLETED)
    assert (done.attempt, done.crashes, merges(stocked_shop), price(stocked_shop)) == (2, 1, 1, 200)


def test_a_run_whose_task_was_taken_ends_although_it_holds_its_lock(
    stocked_shop: Shop, dearer: Path, installed: Installation, elsewhere: Installation
) -> None:
    with working(installed) as frozen, holding(stocked_shop.url, VARIANT) as shop:
        task_id = submit(stocked_shop, ShopImport(data_dir=dearer, skip_backup=True))
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        frozen.stop()
        stocked_shop.execute(END_WORKERS)
        wait_until(lambda: recover_dead_tasks(stocked_shop.connection) == (task_id,))
        with working(elsewhere):
            wait_until(lambda: task_of(stocked_shop, task_id).waiting_for is not None)
            frozen.go_on()
            left = frozen.event("task_left", task_id=task_id)
            assert left["failure"]["code"] == "task_taken"
            shop.release()
            done = wait_for(stocked_shop, task_id, TaskStatus.COMPLETED)
    assert runs_of(stocked_shop, task_id) == ["cancelled", "completed"]
    assert (done.crashes, merges(stocked_shop), price(stocked_shop)) == (1, 1, 200)


# --- the network and the database -----------------------------------------------------------------------------------


def test_a_database_that_is_away_for_45_s(stocked_shop: Shop, tmp_path: Path) -> None:
    alarm = tmp_path / "alarm"
    with Proxy(stocked_shop.url) as network:
        behind = Installation(tmp_path / "home", network.url)
        with working(behind, environment={ALARM_VARIABLE: str(alarm)}) as worker:
            counting, dreaming = submit(stocked_shop, FOR_EVER), submit(stocked_shop, DreamOfSheep(sheep=0))
            wait_until_runs(stocked_shop, counting)
            wait_for(stocked_shop, dreaming, TaskStatus.RUNNING)
            network.is_gone.set()
            stocked_shop.execute(CUT)
            began = time.monotonic()
            alarm.touch()  # its outcome cannot be written now
            waiting = submit(stocked_shop, CountSheep(5))
            while time.monotonic() - began < 45:
                worker.event("worker_in_trouble")
            assert stocked_shop.value(f"SELECT status FROM freesport_sync.tasks WHERE id = {dreaming}") == "running"
            network.is_gone.clear()
            worker.event("worker_ready")
            dreamt = wait_for(stocked_shop, dreaming, TaskStatus.COMPLETED)
            counted = wait_for(stocked_shop, waiting, TaskStatus.COMPLETED)
            again = wait_for(stocked_shop, counting, TaskStatus.PENDING)
            worker.interrupt()
            assert worker.ended().code == ExitCode.DONE
    assert (dreamt.attempt, dreamt.crashes, dreamt.counts["sheep"].created) == (1, 0, 1)
    assert (counted.attempt, again.attempt, again.crashes, again.error_code) == (1, 1, 0, "connection_lost")


@linux_only("to stop its server like a crash")
def test_a_private_server_that_has_died_is_started_again(used_private: Installation) -> None:
    folder = find_paths(used_private.home).postgres
    with working(used_private) as worker, EmbeddedPostgres(folder) as server:
        with database_of(server) as shop:
            wait_for(shop, submit(shop, CountSheep(1)), TaskStatus.COMPLETED)
        postmaster = next(server.home.rglob("postmaster.pid")).read_text().splitlines()[0]
        os.kill(int(postmaster), signal.SIGQUIT)
        worker.event("worker_in_trouble")
        worker.event("worker_ready")
        server.ensure_running()
        with database_of(server) as shop:
            wait_for(shop, submit(shop, CountSheep(2)), TaskStatus.COMPLETED)


def test_an_outcome_is_written_once_the_disk_of_the_database_has_room(
    stocked_shop: Shop, installed: Installation
) -> None:
    stocked_shop.execute(DISK_FULL)
    with working(installed) as worker:
        task_id = submit(stocked_shop, DreamOfSheep(2))
        trouble = worker.event("worker_in_trouble")
        assert (trouble["failure"]["code"], task_of(stocked_shop, task_id).status) == (
            "database_out_of_resources",
            TaskStatus.RUNNING,
        )
        stocked_shop.execute("DROP TRIGGER disk_full ON freesport_sync.tasks")
        done = wait_for(stocked_shop, task_id, TaskStatus.COMPLETED)
    assert (done.attempt, done.crashes, done.counts["sheep"].created) == (1, 0, 2)


# --- an older program -----------------------------------------------------------------------------------------------


def test_an_older_program_leaves_newer_requests_alone(stocked_shop: Shop, installed: Installation) -> None:
    newer, usual = submit(stocked_shop, CountSheep(1)), submit(stocked_shop, CountSheep(2))
    its_job = f"(SELECT job_id FROM freesport_sync.tasks WHERE id = {newer})"
    stocked_shop.execute(f"UPDATE freesport_sync.procrastinate_jobs SET queue_name = 'toy/2' WHERE id = {its_job}")
    stocked_shop.execute(f"UPDATE freesport_sync.tasks SET queue = 'toy/2' WHERE id = {newer}")
    with working(installed):
        wait_for(stocked_shop, usual, TaskStatus.COMPLETED)
        left = task_of(stocked_shop, newer)
    assert (left.status, left.attempt, left.has_worker) == (TaskStatus.PENDING, 0, False)


def test_an_older_program_ends_when_a_newer_one_has_changed_the_tables(
    stocked_shop: Shop, installed: Installation
) -> None:
    with working(installed) as worker:
        stocked_shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '9999'")
        task_id = submit_as_newer(stocked_shop)
        ended = worker.ended()
    assert (ended.code, ended.error["code"]) == (ExitCode.USAGE, "own_schema_newer")
    query = f"SELECT status, attempt FROM freesport_sync.tasks WHERE id = {task_id}"
    assert stocked_shop.row(query) == ("pending", 0)


def submit_as_newer(shop: Shop) -> int:
    with transaction(shop.connection):
        new = new_task(WITH_TOYS, Submission(CountSheep(), Header("tester@here")))
        return tasks.submit(shop.connection, new).id


@contextmanager
def database_of(server: EmbeddedPostgres) -> Iterator[Shop]:
    """The private database, as the program calls it."""
    with Shop(server.url(USUAL), Path()) as shop:
        yield shop


END_WORKERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'freesport_sync worker' AND datname = current_database()"
)
"""Ends the connection that proves that a worker lives, and no other."""
DISK_FULL = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER disk_full BEFORE UPDATE ON freesport_sync.tasks FOR EACH ROW
WHEN (NEW.status = 'completed') EXECUTE FUNCTION disk_full()
"""
"""Lets no task be completed, as a disk without room for it does."""
