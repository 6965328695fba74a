"""One import at a time; and what happens when the shop's own work is in the way."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.events import Event, MergeRepeated
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, Stage
from freesport_sync.core.tasks import SHOP_LOCK, Lock
from freesport_sync.database.own import lock, runs
from freesport_sync.database.own.lock import KEY1, find_holder
from freesport_sync.database.server import engine
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import ImportFailed, LockHeld
from tests.builders import offer, prices, product
from tests.integration.support import NewExport, shop_rows
from tests.shop import Shop
from tests.watching import (
    STARTED,
    VARIANT,
    Holder,
    at_stage,
    background,
    holding,
    lock_is_free,
    wait_until,
    waiting_importers,
)

pytestmark = pytest.mark.usefixtures("workers")

TAKE_LOCK = f"SELECT pg_advisory_lock({KEY1}, {SHOP_LOCK.key})"


def refusal(shop: Shop, folder: Path, **options: Any) -> LockHeld:
    with pytest.raises(LockHeld) as caught:
        shop.run(folder, **options)
    return caught.value


def last_price(shop: Shop) -> int:
    return int(shop.value("SELECT retail_price FROM product_variants"))


# --- who may import -------------------------------------------------------------------------------------------------


def test_second_import_is_refused_and_the_error_names_the_first(stocked_shop: Shop, dearer: Path) -> None:
    rows = "SELECT (SELECT count(*) FROM freesport_sync.runs), (SELECT count(*) FROM import_sessions)"
    with holding(stocked_shop.url, VARIANT) as holder:
        with background(lambda: stocked_shop.run(dearer, operator="иванов@PC-7")) as run:
            wait_until(lambda: waiting_importers(stocked_shop.connection))
            stage = "SELECT stage FROM freesport_sync.runs ORDER BY id DESC LIMIT 1"
            wait_until(lambda: stocked_shop.value(stage) == "apply")  # the heartbeat has written it
            with Shop(stocked_shop.url, dearer.parent) as second:
                error = refusal(second, dearer)
                dry = refusal(second, dearer, is_dry_run=True)
            holder.release()
        assert run.result().status is RunStatus.COMPLETED
    assert error.code == dry.code == "lock_held"
    since, heartbeat = (datetime.fromisoformat(str(error.params.pop(name))) for name in ("since", "heartbeat"))
    assert since.tzinfo is not None
    assert since <= heartbeat
    assert error.params == {
        "operator": "иванов@PC-7",
        "host": socket.gethostname(),
        "run_id": run.result().run_id,
        "stage": "apply",
    }
    assert stocked_shop.row(rows) == (2, 2), "a refused attempt leaves no rows"


def test_program_without_a_run_is_named_by_its_address(
    stocked_shop: Shop, dearer: Path, short_holder_wait: None
) -> None:
    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        pid = holder.connection.scalar(sa.text("SELECT pg_backend_pid()"))
        error = refusal(stocked_shop, dearer)
    assert error.code == "lock_held_unknown_run"
    assert (error.params["process"], error.params["address"]) == (pid, "127.0.0.1")


def test_refused_program_waits_for_the_run_of_the_holder(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "HOLDER_WAIT_S", 60)
    with holding(stocked_shop.url, TAKE_LOCK) as holder, background(lambda: refusal(stocked_shop, dearer)) as run:
        asking = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'freesport_sync' AND query LIKE '%runs%'"
        )
        wait_until(lambda: stocked_shop.value(f"{asking} AND datname = current_database()"))
        stocked_shop.execute(
            f"UPDATE freesport_sync.runs SET status = 'running', {STARTED}, operator = 'late'",
            pid=holder.connection.scalar(sa.text("SELECT pg_backend_pid()")),
        )
        assert run.result().params["operator"] == "late"


def test_lock_that_becomes_free_while_we_ask_is_taken(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(stocked_shop.url, TAKE_LOCK) as holder:
        real = lock.find_holder

        def too_late(connection: sa.Connection, wanted: Lock) -> lock.Holder | None:
            holder.connection.exec_driver_sql(TAKE_LOCK.replace("pg_advisory_lock", "pg_advisory_unlock"))
            return real(connection, wanted)

        monkeypatch.setattr(lock, "find_holder", too_late)
        assert stocked_shop.run(dearer).status is RunStatus.COMPLETED


def test_holder_of_another_lock_or_database_is_not_meant(stocked_shop: Shop, empty_database: sa.URL) -> None:
    elsewhere = connect(empty_database, "tests")
    elsewhere.exec_driver_sql(TAKE_LOCK)
    stocked_shop.execute("SELECT pg_advisory_lock(1, 2)")
    assert find_holder(stocked_shop.connection, SHOP_LOCK) is None
    elsewhere.close()


# --- importers that do not know our lock ----------------------------------------------------------------------------

FOREIGN = """
INSERT INTO import_sessions (import_type, status, started_at, report_details, error_message, created_at, report,
    updated_at, session_key)
VALUES ('catalog', :status, now() - interval '5 hours', '{}', '', now() - interval '5 hours', '',
    now() - CAST(:age AS interval), :key) RETURNING id
"""
OLD, YOUNG = "2 hours 1 minute", "1 hour 59 minutes"


@pytest.mark.parametrize(("status", "key"), [("pending", "abcdef"), ("started", None), ("in_progress", "abcdef")])
def test_young_session_of_another_importer_is_respected(
    stocked_shop: Shop, dearer: Path, status: str, key: str | None
) -> None:
    session = stocked_shop.value(FOREIGN, status=status, key=key, age=YOUNG)
    sessions = stocked_shop.rows("SELECT t::text FROM import_sessions AS t ORDER BY id")
    for is_dry_run in (False, True):
        error = refusal(stocked_shop, dearer, is_dry_run=is_dry_run)
        assert (error.code, error.params["session"]) == ("foreign_import_running", session)
    assert stocked_shop.rows("SELECT t::text FROM import_sessions AS t ORDER BY id") == sessions
    assert last_price(stocked_shop) == 100
    wait_until(lambda: lock_is_free(stocked_shop.connection))


@pytest.mark.parametrize(("status", "key"), [("pending", None), ("started", "abcdef"), ("in_progress", None)])
def test_old_session_of_another_importer_is_closed(
    stocked_shop: Shop, dearer: Path, status: str, key: str | None
) -> None:
    session = stocked_shop.value(FOREIGN, status=status, key=key, age=OLD)
    look = "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions WHERE id = :id"

    stocked_shop.run(dearer, is_dry_run=True)
    assert stocked_shop.row(look, id=session) == (status, "", False)

    stocked_shop.run(dearer)
    assert stocked_shop.row(look, id=session) == ("failed", "Зависла/Таймаут [stale]", True)
    assert last_price(stocked_shop) == 200


def test_finished_session_of_another_importer_is_left_alone(stocked_shop: Shop, dearer: Path) -> None:
    ids = [stocked_shop.value(FOREIGN, status=status, key=None, age=YOUNG) for status in ("completed", "failed")]
    look = "SELECT t::text FROM import_sessions AS t WHERE id = ANY(:ids)"
    before = stocked_shop.rows(look, ids=ids)
    stocked_shop.run(dearer)
    assert stocked_shop.rows(look, ids=ids) == before


def test_a_session_with_our_key_that_appears_during_the_run_is_a_second_net(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_ours(*_: object) -> tuple[()]:
        stocked_shop.value(FOREIGN, status="in_progress", key="freesport_sync", age="0")
        return ()

    # Between our cleaning and our own row.
    monkeypatch.setattr(runs, "close_interrupted_runs", open_ours)
    assert refusal(stocked_shop, dearer).code == "lock_held_unknown"


# --- locks of other tasks -------------------------------------------------------------------------------------------

OTHER = Lock("toy", 77)


def test_a_lock_excludes_only_its_own_tasks(stocked_shop: Shop, dearer: Path) -> None:
    with holding(stocked_shop.url, TAKE_LOCK.replace(f"{SHOP_LOCK.key})", f"{OTHER.key})")):
        assert find_holder(stocked_shop.connection, SHOP_LOCK) is None
        assert find_holder(stocked_shop.connection, OTHER) is not None
        assert stocked_shop.run(dearer).status is RunStatus.COMPLETED
        with pytest.raises(LockHeld) as caught:
            lock.take_lock(stocked_shop.connection, OTHER)
    assert (caught.value.code, caught.value.params["problem"]) == ("lock_held_unknown_run", "other")


def test_the_history_is_not_rebuilt_beside_a_task_of_another_lock(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute("DROP SCHEMA freesport_sync CASCADE")
    with holding(stocked_shop.url, TAKE_LOCK.replace(f"{SHOP_LOCK.key})", f"{OTHER.key})")):
        assert refusal(stocked_shop, dearer).code == "lock_held_unknown_run"
        assert stocked_shop.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'freesport_sync'") == 0
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED


def test_dead_runs_of_another_lock_are_closed_by_their_own_tasks_only(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute(
        "UPDATE freesport_sync.runs"
        " SET status = 'running', finished_at = NULL, backend_id = 0, lock_name = 'toy', lock_key = 77"
    )
    stocked_shop.run(dearer)
    statuses = "SELECT status FROM freesport_sync.runs ORDER BY id"
    assert stocked_shop.rows(statuses) == [("running",), ("completed",)]
    lock.take_lock(stocked_shop.connection, OTHER)
    (closed,) = runs.close_interrupted_runs(stocked_shop.connection, OTHER)
    assert closed.id == stocked_shop.value("SELECT min(id) FROM freesport_sync.runs")
    assert stocked_shop.rows(statuses) == [("interrupted",), ("completed",)]


# --- the shop's own work is in the way ------------------------------------------------------------------------------

RIVAL_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'shop' AND wait_event_type = 'Lock'
"""


def repeats(shop: Shop) -> list[int]:
    return [event.attempt for event in shop.events if isinstance(event, MergeRepeated)]


def when_repeated(act: Callable[[], object]) -> Callable[[Event], None]:
    def on_event(event: Event) -> None:
        if isinstance(event, MergeRepeated):
            act()

    return on_event


def test_row_that_stays_locked_fails_the_run(stocked_shop: Shop, dearer: Path, short_lock_timeout: None) -> None:
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), pytest.raises(ImportFailed) as caught:
        stocked_shop.run(dearer)
    assert caught.value.code == "merge_conflict"
    assert repeats(stocked_shop) == [2, 3]
    assert shop_rows(stocked_shop) == before
    assert stocked_shop.row("SELECT status, error_code FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == (
        "failed",
        "merge_conflict",
    )
    report = stocked_shop.value("SELECT report FROM import_sessions ORDER BY id DESC LIMIT 1")
    assert "попытка 2" in report
    assert "попытка 3" in report


def test_row_that_is_released_in_time_is_imported(stocked_shop: Shop, dearer: Path, short_lock_timeout: None) -> None:
    with holding(stocked_shop.url, VARIANT) as holder:
        report = stocked_shop.run(dearer, when_repeated(holder.release))
    assert report.counts[Entity.PRICE].updated == 1
    assert repeats(stocked_shop) == [2]
    assert last_price(stocked_shop) == 200


def test_deadlock_is_repeated(shop: Shop, new_export: NewExport, monkeypatch: pytest.MonkeyPatch) -> None:
    """We hold a product and want a variant that the shop holds; the shop wants our product."""

    def export(retail: int, description: str) -> Path:
        files = new_export()
        files.reference_data()
        files.goods(product("p1", description=description), product("p2"))
        files.offers(offer("p1#c"), offer("p2#c"))
        files.prices(prices("p1#c", {"retail": retail}), prices("p2#c", {"retail": retail}))
        return files.folder

    shop.run(export(100, "Старое"))
    changed = export(200, "Новое")
    # The side that has waited longer than its timeout looks for the deadlock and gives way: it is to be the import.
    monkeypatch.setitem(engine._SESSION_SETTINGS, "deadlock_timeout", "50ms")
    patient = holding(shop.url, "SET LOCAL deadlock_timeout = '1min'")
    gate = holding(shop.url, VARIANT.replace("FOR", "WHERE onec_id = 'p1#c' FOR"))
    with patient as rival, gate as first_variant:
        rival.execute(VARIANT.replace("FOR", "WHERE onec_id = 'p2#c' FOR"))

        def rival_wins() -> None:
            wanted.result()
            rival.release()

        with background(lambda: shop.run(changed, when_repeated(rival_wins))) as run:
            wait_until(lambda: waiting_importers(shop.connection))
            with background(lambda: rival.execute("SELECT 1 FROM products WHERE onec_id = 'p1' FOR UPDATE")) as wanted:
                wait_until(lambda: shop.value(RIVAL_WAITS))
                first_variant.release()
                assert run.result().status is RunStatus.COMPLETED
    (repeat,) = [event for event in shop.events if isinstance(event, MergeRepeated)]
    assert "deadlock" in repeat.reason
    assert shop.rows("SELECT DISTINCT retail_price FROM product_variants") == [(200,)]


def test_concurrently_created_product_is_found_by_the_second_attempt(stocked_shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.reference_data()
    export.goods(product("p2", name="Новый мяч"))

    def create_it() -> None:
        stocked_shop.execute("UPDATE products SET onec_id = 'p2', name = 'Мяч' WHERE onec_id = 'p1'")

    report = stocked_shop.run(export.folder, at_stage(Stage.APPLY, create_it))
    assert repeats(stocked_shop) == [2]
    assert report.counts[Entity.PRODUCT].created == 0
    assert stocked_shop.rows("SELECT onec_id FROM products") == [("p2",)]


def test_concurrently_taken_slug_is_not_taken_twice(stocked_shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    export.reference_data()
    export.goods(product("p2", name="Новый мяч"))

    def take_it() -> None:
        stocked_shop.execute("UPDATE products SET slug = 'novyj-myach', name = 'Новый мяч' WHERE onec_id = 'p1'")

    stocked_shop.run(export.folder, at_stage(Stage.APPLY, take_it))
    assert len({slug for (slug,) in stocked_shop.rows("SELECT slug FROM products")}) == 2


def test_locked_session_row_does_not_stop_the_run(stocked_shop: Shop, dearer: Path, short_lock_timeout: None) -> None:
    """The shop's administrator has our session open in a transaction: the heartbeat has to wait, the import has not."""
    holders: list[Holder] = []

    def lock_session() -> None:
        holders.append(Holder(stocked_shop.url))
        holders[0].execute("SELECT 1 FROM import_sessions FOR UPDATE")

    def on_event(event: Event) -> None:
        at_plan(event)
        if isinstance(event, MergeRepeated):
            holders[0].release()

    at_plan = at_stage(Stage.STAGE, lock_session)
    try:
        assert stocked_shop.run(dearer, on_event).status is RunStatus.COMPLETED
    finally:
        holders[0].release()
    assert stocked_shop.value("SELECT status FROM import_sessions ORDER BY id DESC LIMIT 1") == "completed"


def test_lock_names_the_process_of_the_run(stocked_shop: Shop, dearer: Path) -> None:
    run = stocked_shop.run(dearer)
    query = "SELECT process_id FROM freesport_sync.runs WHERE id = :run"
    assert stocked_shop.value(query, run=run.run_id) == os.getpid()
