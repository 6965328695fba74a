"""Two programs at once, and programs that are killed: the shop has all of an import or nothing of it."""

from __future__ import annotations

import random
import socket
import sys
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from freesport_sync import os_support
from freesport_sync.core.history import EntryStatus, HistoryEntry
from freesport_sync.core.run import Counts, Done, RunStatus
from freesport_sync.core.shop import Entity
from freesport_sync.core.task_list import TaskQuery, TaskStatus
from freesport_sync.core.tasks import Header
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.errors import LockHeld
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.tasks.closing.request import CloseStaleSessions
from freesport_sync.tasks.closing.task import CLOSE_STALE_SESSIONS
from tests.faults.kill import Scene
from tests.integration.support import history_entries, shop_rows
from tests.program import Installation, Outcome, Program
from tests.shop import Shop
from tests.watching import VARIANT, holding, importers, lock_is_free, wait_until, waiting_importers

INTERRUPTED = "Импорт прерван: программа или компьютер были остановлены [interrupted]"
A_FEW_SECONDS = 5 if sys.platform != "win32" else 20
"""A server on Windows does not see that a client is dead while it waits for a row, which is ten seconds at most."""


def run_arguments(export: Path) -> tuple[object, ...]:
    return ("--run", "--json", "--data-dir", export)


def servers_in(folder: Path) -> list[psutil.Process]:
    """The private PostgreSQL servers that work in a folder."""
    found = []
    for process in psutil.process_iter(["name", "cwd"]):
        is_server = process.info["name"] == os_support.program_name("postgres")
        if is_server and Path(process.info["cwd"] or "").is_relative_to(folder):
            found.append(process)
    return found


def assert_old_rows_are_closed(shop: Shop, run_id: int) -> None:
    look = "SELECT status, finished_at IS NOT NULL FROM freesport_sync.runs WHERE id = :id"
    assert shop.row(look, id=run_id) == ("interrupted", True)
    look = (
        "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions"
        " WHERE CAST(report_details ->> 'run_id' AS integer) = :id"
    )
    assert shop.row(look, id=run_id) == ("failed", INTERRUPTED, True)


# --- two at once ----------------------------------------------------------------------------------------------------


def test_a_second_program_learns_who_imports(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    with (
        holding(stocked_shop.url, VARIANT) as holder,
        installed.start(*run_arguments(dearer), "--operator", "иванов@PC-7") as first,
    ):
        run_id = first.event("run_started")["run_id"]
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        stage = "SELECT stage FROM freesport_sync.runs ORDER BY id DESC LIMIT 1"
        wait_until(lambda: stocked_shop.value(stage) == "apply")
        second = installed.run("--run", "--data-dir", dearer)
        holder.release()
        assert first.ended().code == 0
    assert second.code == 4
    since = f"{stocked_shop.value('SELECT max(started_at) FROM freesport_sync.runs').astimezone():%d.%m.%Y %H:%M}"
    for part in ("иванов@PC-7", f"№ {run_id}", "Запись изменений", socket.gethostname(), since, "(lock_held)"):
        assert part in second.stderr
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 2


def assert_one_or_both(outcomes: list[Outcome]) -> None:
    """One imports, the other waits for its turn or is refused; neither fails."""
    assert [outcome.stderr for outcome in outcomes] == ["", ""]
    assert sorted(outcome.code for outcome in outcomes) in ([0, 0], [0, 4])
    for outcome in outcomes:
        assert outcome.lines[-1]["event"] == ("result" if outcome.code == 0 else "error")


def both(installation: Installation, *arguments: object) -> list[Outcome]:
    with installation.start(*arguments) as first, installation.start(*arguments) as second:
        return [first.ended(), second.ended()]


def test_two_first_runs_in_an_empty_database(empty_database: sa.URL, dearer: Path, tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home", empty_database)
    assert_one_or_both(both(installation, *run_arguments(dearer), "--create-shop-tables"))
    with Shop(empty_database, tmp_path) as shop:
        assert shop.value("SELECT count(*) FROM products") == 1
        assert set(shop.rows("SELECT status FROM freesport_sync.runs")) == {("completed",)}


def test_two_first_runs_with_the_private_server(private: Installation, dearer: Path) -> None:
    assert_one_or_both(both(private, *run_arguments(dearer)))
    assert (private.home / "postgres" / "server").is_dir()
    assert servers_in(private.home) == []


# --- kill -9 --------------------------------------------------------------------------------------------------------


def killed(program: Program, shop: Shop) -> None:
    """Kill the program alone; its workers and its lock must go by themselves."""
    program.kill()
    wait_until(lambda: not program.family(), A_FEW_SECONDS)
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection), A_FEW_SECONDS)


def test_killed_while_reading(shop: Shop, large: Path, tmp_path: Path) -> None:
    before = shop_rows(shop)
    with Installation(tmp_path / "home", shop.url).start(*run_arguments(large)) as program:
        run_id = program.event("run_started")["run_id"]
        program.event("progress", stage="stage")
        program.stop()  # where it is
        assert len(program.family()) > 2
        assert shop.value("SELECT count(*) FROM products") == 0
        killed(program, shop)
    assert shop_rows(shop) == before
    assert shop.value("SELECT status FROM import_sessions") == "in_progress"

    report = shop.run(large)
    assert report.status is RunStatus.COMPLETED
    assert shop.value("SELECT count(*) FROM products") == 300
    assert_old_rows_are_closed(shop, run_id)


def test_killed_while_waiting_for_a_row_in_the_merge(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), installed.start(*run_arguments(dearer)) as program:
        run_id = program.event("run_started")["run_id"]
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        killed(program, stocked_shop)  # although the row is still held
    assert shop_rows(stocked_shop) == before
    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == 1
    assert_old_rows_are_closed(stocked_shop, run_id)


def test_the_dead_are_closed_at_once_and_the_living_left_alone(
    stocked_shop: Shop, installed: Installation, dearer: Path
) -> None:
    def entry(run_id: int) -> HistoryEntry:
        (found,) = (one for one in history_entries(stocked_shop.connection) if one.key.id == run_id)
        return found

    def close() -> Done:
        context = stocked_shop.context(Header("tester@here"), lambda _: None, CLOSE_STALE_SESSIONS)
        done = CLOSE_STALE_SESSIONS.run(context, CloseStaleSessions())
        assert isinstance(done, Done)
        return done

    with holding(stocked_shop.url, VARIANT), installed.start(*run_arguments(dearer)) as program:
        run_id = program.event("run_started")["run_id"]
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        with pytest.raises(LockHeld, match="lock_held"):
            close()
        assert entry(run_id).status is EntryStatus.RUNNING
        killed(program, stocked_shop)
    wait_until(lambda: entry(run_id).status is EntryStatus.INTERRUPTED, A_FEW_SECONDS)
    before = entry(run_id)
    assert before.error is not None
    assert (
        Texts(Language.RUSSIAN).error(before.error).what.startswith(f"Импорт № {run_id} прерван: программа закрылась")
    )
    assert close() == Done({"closed_run": Counts(updated=1), "closed_session": Counts(updated=1)})
    after = entry(run_id)
    assert (after.status, after.finished_at, after.duration_s) == (before.status, before.finished_at, before.duration_s)
    assert_old_rows_are_closed(stocked_shop, run_id)
    (task, *_) = read_tasks(stocked_shop.connection, TaskQuery(), 0, 1).rows
    assert (task.run_id, task.status, task.finished_at) == (run_id, TaskStatus.FAILED, after.finished_at)


def test_killed_with_everybody_at_some_moments(
    postgres: EmbeddedPostgres, shop_database: sa.URL, tmp_path: Path
) -> None:
    """The short form of `python -m tests.faults`: the end, and other moments in turn."""
    scene = Scene(postgres, str(shop_database.database), tmp_path, products=20)
    *others, end = scene.moments[2:]
    for moment in random.sample(others, 3):
        scene.kill(moment, random.uniform(0, moment.lasts_s))
    assert scene.kill(end, random.uniform(0, end.lasts_s)).is_after


def test_private_server_of_a_killed_program_is_used_again(
    used_private: Installation, dearer: Path, large: Path
) -> None:
    with used_private.start(*run_arguments(large)) as program:
        program.event("progress", stage="stage")
        program.stop()
        program.kill()
        wait_until(lambda: not program.family(), A_FEW_SECONDS)
    assert servers_in(used_private.home)
    outcome = used_private.run(*run_arguments(dearer))
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.events("run_started")[0]["run_id"] == 2
    assert servers_in(used_private.home) == []
