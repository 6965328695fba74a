"""What another program can do to a run: ask it to stop, and close what a dead one has left."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Stage
from freesport_sync.database.own.remote_control import (
    CancelRequest,
    Unlocked,
    request_cancel,
    unlock_stale,
)
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.errors import Cancelled, ConfigError, LockHeld
from freesport_sync.runs import heartbeat
from tests.faults.test_lock import FOREIGN, OLD, TAKE_LOCK, YOUNG
from tests.integration.pictures import pictured, put
from tests.integration.support import NewExport, shop_rows
from tests.shop import Shop
from tests.watching import (
    STARTED,
    VARIANT,
    Holder,
    at_stage,
    background,
    holding,
    importers,
    lock_is_free,
    wait_until,
    waiting_importers,
)

LIMIT_S = 2.0
BUSY_S = 1.0
"""Other tests run beside this one."""
LAST_RUN = "SELECT id FROM freesport_sync.runs ORDER BY id DESC LIMIT 1"
HOLD_SESSION = "SELECT FROM import_sessions FOR UPDATE"


@pytest.fixture(autouse=True)
def _fast_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon a real one notices is tested in `tests/e2e/test_other_program.py`."""
    monkeypatch.setattr(heartbeat, "HEARTBEAT_S", 0.05)


@contextmanager
def connected(shop: Shop) -> Iterator[sa.Connection]:
    """As another program, perhaps on another computer."""
    connection = connect(shop.url, "tests")
    try:
        yield connection
    finally:
        connection.close()


def ask(shop: Shop, by: str = "петров@PC-9") -> CancelRequest:
    with connected(shop) as connection:
        return request_cancel(connection, shop.value(LAST_RUN), by)


def unlock(shop: Shop) -> Unlocked:
    with connected(shop) as connection:
        return unlock_stale(connection, "interrupted", "stale")


def refusal(shop: Shop, run_id: int) -> tuple[str, dict[str, object]]:
    with pytest.raises(ConfigError) as caught:
        request_cancel(shop.connection, run_id, "петров@PC-9")
    return caught.value.code, caught.value.params


def ask_and_wait(shop: Shop) -> Callable[[], None]:
    """Ask, then let the run go on only when it has heard; fails when that takes too long."""

    def act() -> None:
        ask(shop)
        wait_until(lambda: shop.cancel.is_set, LIMIT_S)

    return act


def assert_stopped_by(shop: Shop, by: str, before: dict[str, list[str]]) -> None:
    assert shop_rows(shop) == before
    look = "SELECT status, error_code, error_params, cancel_requested_by FROM freesport_sync.runs WHERE id = :id"
    assert shop.row(look, id=shop.value(LAST_RUN)) == ("cancelled", "cancelled_by", {"by": by}, by)
    look = "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions ORDER BY id DESC LIMIT 1"
    assert shop.row(look) == ("failed", f"Импорт отменён: его остановил {by}. [cancelled_by]", True)
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))


# --- cancel ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.PLAN, Stage.STAGE, Stage.PICTURES, Stage.RESOLVE, Stage.APPLY])
def test_run_notices_it_at_every_stage(stocked_shop: Shop, new_export: NewExport, media: Path, stage: Stage) -> None:
    export = new_export()
    export.reference_data()
    export.goods(pictured("p1", "01/a.jpg"), pictured("p2", "01/a.jpg", name="Кеды"))
    put(export, "01/a.jpg")
    before = shop_rows(stocked_shop)
    with pytest.raises(Cancelled) as caught:
        stocked_shop.run(export.folder, at_stage(stage, ask_and_wait(stocked_shop)), media_root=media)
    assert caught.value.params == {"by": "петров@PC-9"}
    assert_stopped_by(stocked_shop, "петров@PC-9", before)


@pytest.mark.parametrize(
    ("stage", "obstacle"),
    [
        (Stage.PLAN, "LOCK TABLE freesport_sync.run_files"),
        (Stage.STAGE, "LOCK TABLE price_types"),
        (Stage.RESOLVE, "LOCK TABLE categories"),
        (Stage.APPLY, VARIANT),
    ],
)
def test_running_statement_is_cut(stocked_shop: Shop, dearer: Path, stage: Stage, obstacle: str) -> None:
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, obstacle), background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        request = ask(stocked_shop)
        assert isinstance(run.exception(LIMIT_S + BUSY_S), Cancelled)
    assert (request.run_id, request.operator, request.host) == (2, "tester@here", socket.gethostname())
    assert_stopped_by(stocked_shop, "петров@PC-9", before)
    assert stocked_shop.value("SELECT stage FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == stage.value


def test_shop_that_holds_the_session_does_not_keep_the_run_from_hearing(
    stocked_shop: Shop, dearer: Path, short_lock_timeout: None
) -> None:
    holder = Holder(stocked_shop.url)

    def hold_and_ask() -> None:
        holder.execute(HOLD_SESSION)
        ask(stocked_shop)
        wait_until(lambda: stocked_shop.cancel.is_set, 5)
        holder.release()

    before = shop_rows(stocked_shop)
    try:
        with pytest.raises(Cancelled):
            stocked_shop.run(dearer, at_stage(Stage.RESOLVE, hold_and_ask))
    finally:
        holder.release()
    assert_stopped_by(stocked_shop, "петров@PC-9", before)


def test_first_who_asks_is_named(stocked_shop: Shop, dearer: Path) -> None:
    asked: list[CancelRequest] = []

    def ask_twice() -> None:
        # The row stays as it is until both have asked.
        with connected(stocked_shop) as other, transaction(other):
            run_id = stocked_shop.value(LAST_RUN)
            asked.append(request_cancel(other, run_id, "петров@PC-9"))
            asked.append(request_cancel(other, run_id, "сидоров@PC-3"))
        wait_until(lambda: stocked_shop.cancel.is_set, LIMIT_S)

    before = shop_rows(stocked_shop)
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(Stage.STAGE, ask_twice))
    first, second = asked
    assert first == second
    assert_stopped_by(stocked_shop, "петров@PC-9", before)


def test_dry_run_can_be_stopped_too(stocked_shop: Shop, dearer: Path) -> None:
    sessions = stocked_shop.rows("SELECT t::text FROM import_sessions AS t")
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(Stage.RESOLVE, ask_and_wait(stocked_shop)), is_dry_run=True)
    assert stocked_shop.rows("SELECT t::text FROM import_sessions AS t") == sessions


def test_a_cancel_during_commit_learns_that_the_run_is_completed(stocked_shop: Shop) -> None:
    """The run's row is locked by its last transaction: the answer waits for that, and is true."""
    run_id = stocked_shop.value(LAST_RUN)
    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        pid = holder.connection.scalar(sa.text("SELECT pg_backend_pid()"))
        stocked_shop.execute(f"UPDATE freesport_sync.runs SET status = 'running', {STARTED}", pid=pid)
        holder.execute("UPDATE freesport_sync.runs SET status = 'completed'")
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with (
            connected(stocked_shop) as asking,
            background(lambda: request_cancel(asking, run_id, "петров@PC-9")) as request,
        ):
            wait_until(lambda: stocked_shop.value(waits))
            holder.connection.exec_driver_sql("COMMIT")
            error = request.exception()
    assert isinstance(error, ConfigError)
    assert (error.code, error.params["status"]) == ("run_not_running", "completed")
    assert stocked_shop.value("SELECT cancel_requested_at FROM freesport_sync.runs") is None


def test_run_that_does_not_run_cannot_be_stopped(stocked_shop: Shop, shop: Shop) -> None:
    run_id, finished = stocked_shop.row("SELECT id, finished_at FROM freesport_sync.runs")
    rows = "SELECT t::text FROM freesport_sync.runs AS t"
    before = stocked_shop.rows(rows)
    code, params = refusal(stocked_shop, run_id)
    assert (code, params["run_id"], params["status"]) == ("run_not_running", run_id, "completed")
    assert datetime.fromisoformat(str(params["finished"])) == finished.replace(microsecond=0)
    assert refusal(stocked_shop, run_id + 1) == ("run_not_found", {"run_id": run_id + 1})
    assert stocked_shop.rows(rows) == before
    shop.execute("DROP SCHEMA freesport_sync CASCADE")
    assert refusal(shop, 1) == ("run_not_found", {"run_id": 1})


def test_dead_run_cannot_be_stopped(stocked_shop: Shop) -> None:
    run_id = die(stocked_shop)
    code, params = refusal(stocked_shop, run_id)
    assert (code, params) == ("run_dead", {"run_id": run_id, "operator": "tester@here", "host": socket.gethostname()})
    with holding(stocked_shop.url, TAKE_LOCK):
        assert refusal(stocked_shop, run_id)[0] == "run_dead", "somebody else holds the lock"
    assert stocked_shop.value("SELECT cancel_requested_at FROM freesport_sync.runs") is None


def test_run_of_an_older_program_can_be_stopped(stocked_shop: Shop) -> None:
    die(stocked_shop)
    stocked_shop.execute("ALTER TABLE freesport_sync.runs DROP COLUMN cancel_requested_by")
    stocked_shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '0002'")
    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        pid = holder.connection.scalar(sa.text("SELECT pg_backend_pid()"))
        stocked_shop.execute(f"UPDATE freesport_sync.runs SET {STARTED}", pid=pid)
        assert ask(stocked_shop).requested_by == "петров@PC-9"
    assert stocked_shop.value("SELECT cancel_requested_at IS NOT NULL FROM freesport_sync.runs")


# --- unlock ---------------------------------------------------------------------------------------------------------


def die(shop: Shop) -> int:
    """Leave the rows of the last run as if its program had died."""
    run_id: int = shop.value(LAST_RUN)
    shop.execute(
        "UPDATE freesport_sync.runs SET status = 'running', stage = 'apply', finished_at = NULL WHERE id = :id",
        id=run_id,
    )
    shop.execute("UPDATE import_sessions SET status = 'in_progress', finished_at = NULL")
    return run_id


def everything(shop: Shop) -> list[Any]:
    return [shop.rows(f"SELECT t::text FROM {table} AS t") for table in ("freesport_sync.runs", "import_sessions")]


def test_what_dead_runs_have_left_is_closed(stocked_shop: Shop, dearer: Path) -> None:
    run_id = die(stocked_shop)
    foreign = stocked_shop.value(FOREIGN, status="in_progress", key="abcdef", age=OLD)
    finished = stocked_shop.value(FOREIGN, status="completed", key=None, age=OLD)
    goods = shop_rows(stocked_shop)
    started_at, heartbeat_at = stocked_shop.row("SELECT started_at, heartbeat_at FROM freesport_sync.runs")
    closed = unlock(stocked_shop)
    (run,), (ours, theirs) = closed.runs, closed.sessions
    assert (run.id, run.operator, run.host, run.stage) == (run_id, "tester@here", socket.gethostname(), "apply")
    assert (run.started_at, run.heartbeat_at) == (started_at, heartbeat_at)
    assert (ours.import_type, ours.is_ours, theirs.id, theirs.is_ours) == ("catalog", True, foreign, False)
    assert theirs.started_at < theirs.updated_at < started_at
    look = "SELECT id, status, error_message FROM import_sessions ORDER BY id"
    assert stocked_shop.rows(look) == [
        (ours.id, "failed", "interrupted"),
        (foreign, "failed", "stale"),
        (finished, "completed", ""),
    ]
    assert stocked_shop.row("SELECT status, error_code FROM freesport_sync.runs") == ("interrupted", "interrupted")
    assert shop_rows(stocked_shop) == goods
    wait_until(lambda: lock_is_free(stocked_shop.connection))
    assert unlock(stocked_shop) == Unlocked((), ())
    wait_until(lambda: lock_is_free(stocked_shop.connection))
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED


def test_nothing_is_written_where_nothing_is_dead(stocked_shop: Shop, empty_database: sa.URL, tmp_path: Path) -> None:
    rows = everything(stocked_shop)
    assert unlock(stocked_shop) == Unlocked((), ())
    assert everything(stocked_shop) == rows
    with Shop(empty_database, tmp_path) as nothing:
        assert unlock(nothing) == Unlocked((), ())
        assert nothing.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


def test_nothing_is_closed_while_an_import_runs(stocked_shop: Shop, short_holder_wait: None) -> None:
    stocked_shop.value(FOREIGN, status="in_progress", key="abcdef", age=OLD)

    def refused() -> LockHeld:
        rows = everything(stocked_shop)
        with pytest.raises(LockHeld) as caught:
            unlock(stocked_shop)
        assert everything(stocked_shop) == rows
        return caught.value

    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        assert refused().code == "lock_held_unknown_run"
        pid = holder.connection.scalar(sa.text("SELECT pg_backend_pid()"))
        stocked_shop.execute(
            f"UPDATE freesport_sync.runs SET status = 'running', {STARTED}, heartbeat_at = '2026-01-02 03:04Z'",
            pid=pid,
        )
        error = refused()
        assert (error.code, error.params["operator"], error.params["heartbeat"]) == (
            "lock_held",
            "tester@here",
            "2026-01-02T03:04:00+00:00",
        )
        assert holder.connection.scalar(sa.text("SELECT pg_backend_pid()")) == pid, "its connection lives"
    stocked_shop.value(FOREIGN, status="in_progress", key=None, age=YOUNG)
    wait_until(lambda: lock_is_free(stocked_shop.connection))
    assert refused().code == "foreign_import_running"
