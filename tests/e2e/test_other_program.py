"""A run and another call of the program: `--cancel` and `--unlock-stale`."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.e2e.test_crash import run_arguments
from tests.faults.test_lock import FOREIGN, OLD
from tests.integration.support import shop_rows
from tests.program import Installation, Outcome, Program
from tests.shop import Shop
from tests.watching import (
    DEADLINE_S,
    SLOW_UPDATE,
    VARIANT,
    holding,
    importers,
    lock_is_free,
    wait_until,
    waiting_importers,
)

LIMIT_S = 2.0
BUSY_S = 5.0
"""Other tests run beside this one, so everything takes longer than on a computer of one's own."""
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


@pytest.fixture
def elsewhere(installed: Installation, tmp_path: Path) -> Installation:
    """The program on another computer: nothing in common but the database."""
    return Installation(tmp_path / "another home", installed.url)


def cancelled(program: Program, other: Installation, run_id: int) -> Outcome:
    """Stop a run from another program; what must be true of both."""
    answer = other.run("--cancel", run_id, "--json", "--operator", "петров@PC-9")
    answered_at = time.monotonic()
    assert (answer.code, answer.stderr) == (0, "")
    (line,) = answer.lines
    assert (line["event"], line["run_id"], line["host"]) == ("cancel_requested", run_id, socket.gethostname())
    assert line["requested_by"] == "петров@PC-9"
    assert program.code(DEADLINE_S) == 130
    assert time.monotonic() - answered_at < LIMIT_S + BUSY_S
    outcome = program.ended()
    assert outcome.stderr == ""
    assert [line["event"] for line in outcome.lines][-2:] == ["error", "result"]
    assert outcome.error["code"] == "cancelled_by"
    assert outcome.error["what"] == "Импорт отменён: его остановил петров@PC-9."
    assert outcome.lines[-1]["status"] == "cancelled"
    return outcome


def assert_rows_closed(shop: Shop) -> None:
    look = "SELECT status, error_code, finished_at IS NOT NULL FROM freesport_sync.runs ORDER BY id DESC LIMIT 1"
    assert shop.row(look) == ("cancelled", "cancelled_by", True)
    look = "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions ORDER BY id DESC LIMIT 1"
    assert shop.row(look) == ("failed", "Импорт отменён: его остановил петров@PC-9. [cancelled_by]", True)
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))


# --- cancel ---------------------------------------------------------------------------------------------------------


def test_cancel_while_the_other_reads(
    stocked_shop: Shop, installed: Installation, elsewhere: Installation, large: Path
) -> None:
    before = shop_rows(stocked_shop)
    with installed.start(*run_arguments(large)) as program:
        run_id = program.event("run_started")["run_id"]
        program.event("progress", stage="stage")
        program.stop_workers()  # so that it cannot finish
        cancelled(program, elsewhere, run_id)
    assert shop_rows(stocked_shop) == before
    assert_rows_closed(stocked_shop)


def test_cancel_while_the_other_is_in_a_long_statement(
    stocked_shop: Shop, installed: Installation, elsewhere: Installation, dearer: Path
) -> None:
    stocked_shop.execute(SLOW_UPDATE)
    before = shop_rows(stocked_shop)
    with installed.start(*run_arguments(dearer)) as program:
        run_id = program.event("run_started")["run_id"]
        wait_until(lambda: stocked_shop.value(SLEEPING))
        cancelled(program, elsewhere, run_id)
    assert shop_rows(stocked_shop) == before
    assert_rows_closed(stocked_shop)


def test_cancel_is_answered_for_people_too(
    stocked_shop: Shop, installed: Installation, elsewhere: Installation, dearer: Path
) -> None:
    with (
        holding(stocked_shop.url, VARIANT),
        installed.start("--run", "--language", "en", "--data-dir", dearer, "--operator", "иванов@PC-7") as program,
    ):
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        stage = "SELECT stage FROM freesport_sync.runs ORDER BY id DESC LIMIT 1"
        wait_until(lambda: stocked_shop.value(stage) == "apply")  # the heartbeat has written it
        answer = elsewhere.run("--cancel", "2", "--operator", "петров@PC-9")
        assert program.code(DEADLINE_S) == 130
        outcome = program.ended()
    assert (answer.code, answer.stderr) == (0, "")
    words = ("№ 2", "иванов@PC-7", "Запись изменений", "петров@PC-9", "freesport-sync --", "--show 2", "--database-url")
    shown = " ".join(answer.stdout.split())
    assert [word for word in words if word not in shown] == []
    assert "The import was cancelled: петров@PC-9 has stopped it." in outcome.stderr
    assert_rows_closed(stocked_shop)

    refused = elsewhere.run("--cancel", "2")
    assert (refused.code, refused.stdout) == (2, "")
    today = f"{stocked_shop.value('SELECT max(finished_at) FROM freesport_sync.runs').astimezone():%d.%m.%Y}"
    for part in ("Импорт № 2 не идёт: он отменён, окончен " + today, "(run_not_running)"):
        assert part in refused.stderr
    unknown = elsewhere.run("--cancel", "77", "--json", "--language", "en")
    assert (unknown.code, unknown.error["code"]) == (2, "run_not_found")


def test_cancel_with_the_private_server(used_private: Installation, large: Path) -> None:
    with used_private.start(*run_arguments(large)) as program:
        run_id = program.event("run_started")["run_id"]
        program.event("progress", stage="stage")
        program.stop_workers()
        demo = used_private.run("--cancel", run_id, "--demo", "--json")  # a database of its own
        assert (demo.code, demo.error["code"]) == (2, "run_not_found")
        cancelled(program, used_private, run_id)
    history = used_private.run("--history", "--json")
    assert [run["status"] for run in history.lines] == ["cancelled"]


# --- unlock ---------------------------------------------------------------------------------------------------------


def test_unlock_after_a_killed_program(
    stocked_shop: Shop, installed: Installation, elsewhere: Installation, dearer: Path
) -> None:
    with (
        holding(stocked_shop.url, VARIANT),
        installed.start(*run_arguments(dearer), "--operator", "иванов@PC-7") as program,
    ):
        run_id = program.event("run_started")["run_id"]
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        busy = elsewhere.run("--unlock-stale")
        assert (busy.code, busy.stdout) == (4, "")
        for part in ("иванов@PC-7", socket.gethostname(), f"№ {run_id}", "последний признак жизни ", "(lock_held)"):
            assert part in busy.stderr
        assert stocked_shop.value("SELECT status FROM import_sessions ORDER BY id DESC LIMIT 1") == "in_progress"
        program.kill_all()
        program.ended()
        wait_until(lambda: not importers(stocked_shop.connection))
        dead = elsewhere.run("--cancel", run_id, "--json")
        assert (dead.code, dead.error["code"]) == (2, "run_dead")
    session = stocked_shop.value("SELECT max(id) FROM import_sessions")
    stocked_shop.value(FOREIGN, status="in_progress", key=None, age=OLD)

    closed = elsewhere.run("--unlock-stale")
    assert (closed.code, closed.stderr) == (0, "")
    run_line, session_line, foreign_line = closed.stdout.splitlines()
    assert f"№ {run_id}: иванов@PC-7 ({socket.gethostname()})" in run_line
    assert f"наш сеанс в магазине № {session} (catalog)" in session_line
    assert f"сеанс самого магазина № {session + 1} (catalog)" in foreign_line
    assert stocked_shop.rows("SELECT error_message FROM import_sessions ORDER BY id DESC LIMIT 2") == [
        ("Зависла/Таймаут [stale]",),
        ("Импорт прерван: программа или компьютер были остановлены [interrupted]",),
    ]
    again = elsewhere.run("--unlock-stale", "--language", "en")
    assert (again.code, again.stderr) == (0, "")
    assert again.stdout.startswith("Nothing to do: ")


def test_unlock_for_scripts_and_with_the_private_server(used_private: Installation) -> None:
    for arguments in ([], ["--demo"]):
        outcome = used_private.run("--unlock-stale", "--json", *arguments)
        assert (outcome.code, outcome.stderr) == (0, "")
        assert outcome.lines == [{"event": "unlocked", "runs": [], "sessions": []}]
