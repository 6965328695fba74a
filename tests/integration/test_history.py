"""What the history says is true: of runs that have died, of how fresh the data is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from freesport_sync.core.freshness import DataKind, Delivery
from freesport_sync.core.history import EntryKey, EntrySource, EntryStatus, HistoryQuery
from freesport_sync.core.run import Counts, RunStatus
from freesport_sync.core.shop import Entity, ImportKind
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own.freshness import read_freshness
from freesport_sync.database.own.history_list import read_entries
from freesport_sync.database.own.lock import find_holder, take_lock
from freesport_sync.database.own.remote_control import request_cancel
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import ConfigError
from tests.builders import ExportBuilder, offer, prices, product
from tests.integration.support import NewExport, history_details, history_entries
from tests.shop import Shop
from tests.watching import STARTED

RUNNING = f"UPDATE freesport_sync.runs SET status = 'running', finished_at = NULL, {STARTED}"
BEAT = "UPDATE freesport_sync.runs SET heartbeat_at = clock_timestamp() - make_interval(secs => :seconds)"


def statuses(shop: Shop) -> set[EntryStatus]:
    found = read_entries(shop.connection, HistoryQuery(), 0, 10).rows
    for one in found:  # the filter means the same
        same = read_entries(shop.connection, HistoryQuery(frozenset([one.status])), 0, 10).rows
        assert one.key in [other.key for other in same]
    return {one.status for one in found}


def test_a_run_lives_as_long_as_it_holds_the_lock(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    with connect(shop.url, "freesport_sync") as lock:
        take_lock(lock, SHOP_LOCK)
        shop.execute(RUNNING, pid=lock.scalar(sa.text("SELECT pg_backend_pid()")))
        for silent_s, expected in ((0, EntryStatus.RUNNING), (8, EntryStatus.RUNNING), (11, EntryStatus.STUCK)):
            shop.execute(BEAT, seconds=silent_s)
            assert statuses(shop) == {expected}
    # A moment without the lock is the end of a run that has just written its last word.
    shop.execute(BEAT, seconds=1)
    assert statuses(shop) == {EntryStatus.RUNNING}
    shop.execute(BEAT, seconds=4)
    assert statuses(shop) == {EntryStatus.INTERRUPTED}
    (line,) = read_entries(shop.connection, HistoryQuery(), 0, 10).rows
    assert line.finished_at == shop.value("SELECT heartbeat_at FROM freesport_sync.runs")
    assert line.status.as_run_status is RunStatus.INTERRUPTED


def test_another_run_at_work_does_not_make_a_dead_one_live(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1"))
    shop.run(export.folder)
    shop.execute(RUNNING, pid=1)
    shop.execute(BEAT, seconds=4)
    with connect(shop.url, "freesport_sync") as lock:
        take_lock(lock, SHOP_LOCK)
        assert statuses(shop) == {EntryStatus.INTERRUPTED}


def test_a_server_process_that_only_has_the_same_id_does_not_make_a_dead_run_live(
    shop: Shop, export: ExportBuilder
) -> None:
    """PostgreSQL was restarted: its processes have the ids of those before, and one of them holds the lock again."""
    export.goods(product("p1"))
    run_id = shop.run(export.folder).run_id
    with connect(shop.url, "freesport_sync") as lock:
        take_lock(lock, SHOP_LOCK)
        shop.execute(RUNNING, pid=lock.scalar(sa.text("SELECT pg_backend_pid()")))
        shop.execute("UPDATE freesport_sync.runs SET started_at = started_at - interval '1 minute'")
        shop.execute(BEAT, seconds=4)
        assert statuses(shop) == {EntryStatus.INTERRUPTED}
        holder = find_holder(shop.connection, SHOP_LOCK)
        assert holder is not None
        assert holder.run_id is None, "it is no run, or has not begun yet"
        with pytest.raises(ConfigError, match="run_dead"):
            request_cancel(shop.connection, run_id, "петров@PC-9")


def test_what_a_newer_program_has_written_hides_no_other_run(stocked_shop: Shop, dearer: Path) -> None:
    """Without a migration only words and the fields of JSON can be new; a hand may have written anything there."""
    report = stocked_shop.run(dearer)
    columns = "status = :status, stage = 'graze', request = :request, counts = :counts, issue_totals = :totals"
    for status, request, counts, totals in (
        ("paused", {"undone_id": "x"}, {"product": {"created": 1, "painted": 2}}, [{"severity": "fatal"}]),
        ("", {"undone_id": 10**30}, {"product": "many"}, [{}]),
        ("completed", [1], [], None),
        ("failed", None, None, {}),
        ("failed", "x", {"sheep": {"created": "many"}}, [{"severity": "error", "code": "wolf", "count": 3}]),
    ):
        values: dict[str, object] = {"request": request, "counts": counts, "totals": totals}
        jsons = {name: json.dumps(value) for name, value in values.items()}
        stocked_shop.execute(
            f"UPDATE freesport_sync.runs SET {columns}, error_code = 'wolf', error_params = '[1]' WHERE id = :id",
            **jsons,
            status=status,
            id=report.run_id,
        )
        others = [one for one in history_entries(stocked_shop.connection) if one.key.id != report.run_id]
        assert [one.status for one in others] == [EntryStatus.COMPLETED]
        entry = history_details(stocked_shop.connection, report.run_id).entry
        known = {"": EntryStatus.INTERRUPTED, "paused": EntryStatus.INTERRUPTED, "completed": EntryStatus.COMPLETED}
        assert entry.status is known.get(status, EntryStatus.FAILED)
        assert entry.undone_id == 0
        assert entry.counts.get("product", Counts()).created == (1 if status == "paused" else 0)
        assert (entry.error_params, entry.errors) == ({}, 3 if request == "x" else 0)


def deliveries(shop: Shop) -> dict[DataKind, Delivery]:
    return {one.kind: one.last for one in read_freshness(shop.connection, {}).data if one.last is not None}


def test_only_what_is_in_the_shop_is_fresh(shop: Shop, new_export: NewExport) -> None:
    """An exchange that was tried with an empty catalogue, and an import that was undone, have brought nothing."""
    full, empty, later = new_export(), new_export(), new_export()
    full.reference_data()
    full.goods(product("p1"))
    full.offers(offer("p1#c1"))
    full.prices(prices("p1#c1", {"retail": 100}))
    shop.run(full.folder)
    expected = deliveries(shop)
    assert expected.keys() == {DataKind.GOODS, DataKind.PRICES}
    empty.reference_data()
    empty.goods()
    shop.run(empty.folder)
    assert deliveries(shop) == expected
    later.reference_data()
    later.goods(product("p1", name="Кеды"))
    later.offers(offer("p1#c1"))
    later.prices(prices("p1#c1", {"retail": 200}))
    report = shop.run(later.folder, skip_backup=False)
    assert {one.key.id for one in deliveries(shop).values()} == {report.run_id}
    shop.undo(report.run_id)
    assert deliveries(shop) == expected
    shop.run(later.folder, is_dry_run=True)
    assert deliveries(shop) == expected
    again = shop.run(full.folder, kind=ImportKind.PRICES)
    assert again.counts[Entity.PRICE].unchanged == 1, "1C says the same again, and so it is fresh"
    assert deliveries(shop) == expected | {DataKind.PRICES: deliveries(shop)[DataKind.PRICES]}
    assert deliveries(shop)[DataKind.PRICES].key.id == again.run_id


SESSION = """
INSERT INTO import_sessions (import_type, status, started_at, finished_at, report_details, error_message, created_at,
    report, updated_at, session_key)
VALUES (:type, :status, now(), now() - CAST(:age AS interval), CAST(:details AS jsonb), '', now(), '', now(), NULL)
RETURNING id
"""


def test_the_shop_s_own_importer_brings_data_too(stocked_shop: Shop) -> None:
    ours = deliveries(stocked_shop)

    def add(type_: str, details: object, status: str = "completed", age: str = "0 s") -> EntryKey:
        values = {"type": type_, "status": status, "age": age, "details": json.dumps(details)}
        return EntryKey(EntrySource.SHOP, stocked_shop.value(SESSION, **values))

    add("catalog", {"prices_updated": 5}, status="failed")
    add("catalog", {"prices_updated": 0, "stocks_updated": "many", "products_updated": None})
    add("stocks", [1])
    add("catalog", {"prices_updated": 5, "stocks_updated": 5, "products_created": 1}, age="10 years")
    older = deliveries(stocked_shop)
    assert {kind: older[kind] for kind in ours} == ours, "it failed, brought nothing, or what we have brought is newer"
    catalog = add("catalog", {"prices_updated": 5, "stocks_updated": 3})
    customers = add("customers", {"created": 1})
    found = {kind: one.key for kind, one in deliveries(stocked_shop).items()}
    mine = ours[DataKind.GOODS].key
    assert found == {
        DataKind.GOODS: mine,
        DataKind.PRICES: catalog,
        DataKind.STOCKS: catalog,
        DataKind.CUSTOMERS: customers,
    }
    stocks = add("stocks", {"updated_count": 7})
    assert deliveries(stocked_shop)[DataKind.STOCKS].key == stocks


def test_data_that_is_too_old_or_never_came_is_told(stocked_shop: Shop) -> None:
    stocked_shop.execute("UPDATE freesport_sync.runs SET finished_at = now() - interval '27 hours 5 minutes'")
    stocked_shop.execute("UPDATE freesport_sync.run_files SET created_at = NULL")
    limits = {DataKind.GOODS: 28, DataKind.PRICES: 27, DataKind.CUSTOMERS: 1000}
    freshness = read_freshness(stocked_shop.connection, limits)
    overdue = freshness.overdue(freshness.read_at)
    assert {kind: one.code for kind, one in overdue.items()} == {
        DataKind.PRICES: "data_old",
        DataKind.CUSTOMERS: "data_missing",
    }
    assert overdue[DataKind.PRICES].params["hours"] == 27
    assert read_freshness(stocked_shop.connection, {}).overdue(freshness.read_at) == {}, "nobody watches"


def test_nothing_has_come_to_a_database_without_tables(empty_database: sa.URL, tmp_path: Path) -> None:
    with Shop(empty_database, tmp_path) as nothing:
        assert deliveries(nothing) == {}
