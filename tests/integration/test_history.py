"""What the history says is true: of runs that have died, of how fresh the data is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from freesport_sync.core.history import EntryStatus, HistoryQuery
from freesport_sync.core.run import Counts, RunStatus
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own.history_details import read_overview
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


def test_only_what_is_in_the_shop_is_fresh(shop: Shop, new_export: NewExport) -> None:
    """An exchange that was tried with an empty catalogue, and an import that was undone, have brought nothing."""
    full, empty, later = new_export(), new_export(), new_export()
    full.reference_data()
    full.goods(product("p1"))
    full.offers(offer("p1#c1"))
    full.prices(prices("p1#c1", {"retail": 100}))
    shop.run(full.folder)
    expected = read_overview(shop.connection, 1).ages
    assert {age.kind for age in expected} == {"goods", "offers", "prices"}
    empty.reference_data()
    empty.goods()
    shop.run(empty.folder)
    assert read_overview(shop.connection, 1).ages == expected
    later.reference_data()
    later.goods(product("p1", name="Кеды"))
    later.offers(offer("p1#c1"))
    later.prices(prices("p1#c1", {"retail": 200}))
    report = shop.run(later.folder, skip_backup=False)
    assert read_overview(shop.connection, 1).ages != expected
    shop.undo(report.run_id)
    assert read_overview(shop.connection, 1).ages == expected
    assert shop.run(full.folder, kind=ImportKind.PRICES).run_id
    assert {age.kind for age in read_overview(shop.connection, 1).ages if age not in expected} == {"prices"}
