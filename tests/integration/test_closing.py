"""The task that closes what dead programs have left open (RUN-3, RUN-14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.core.run import Counts, Done
from freesport_sync.core.tasks import Header, Lock
from freesport_sync.database.own.lock import take_lock
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import LockHeld
from freesport_sync.tasks.closing.request import CloseStaleSessions
from freesport_sync.tasks.closing.task import CLOSE_STALE_SESSIONS
from tests.faults.test_lock import FOREIGN, OLD, TAKE_LOCK, YOUNG
from tests.integration.support import shop_rows
from tests.shop import Shop
from tests.watching import STARTED, holding

DIED = "UPDATE freesport_sync.runs SET status = 'running', finished_at = NULL, backend_id = 0 WHERE id = :id"
SESSIONS = "SELECT id, status, error_message, finished_at FROM import_sessions ORDER BY id"
OTHER = Lock("other", 99)


def close(shop: Shop, is_dry_run: bool = False) -> Done:
    header = Header("tester@here", is_dry_run=is_dry_run)
    context = shop.context(header, lambda _: None, CLOSE_STALE_SESSIONS)
    done = CLOSE_STALE_SESSIONS.run(context, CloseStaleSessions())
    assert isinstance(done, Done)
    return done


def test_what_the_dead_have_left_is_closed_at_their_last_sign_of_life(stocked_shop: Shop, dearer: Path) -> None:
    run_id = stocked_shop.run(dearer).run_id
    stocked_shop.execute(DIED, id=run_id)
    stocked_shop.execute("UPDATE freesport_sync.tasks SET status = 'running', finished_at = NULL WHERE id > 1")
    stocked_shop.execute(
        "UPDATE freesport_sync.runs SET started_at = '2026-01-02 03:00Z', heartbeat_at = '2026-01-02 03:04Z'"
        " WHERE id = :id",
        id=run_id,
    )
    stocked_shop.execute(
        "UPDATE import_sessions SET status = 'in_progress', finished_at = NULL, updated_at = '2026-01-02 03:05Z'"
        " WHERE id = (SELECT max(id) FROM import_sessions)"
    )
    foreign = stocked_shop.value(FOREIGN, status="started", key=None, age=OLD)
    last_sign = stocked_shop.value("SELECT updated_at FROM import_sessions WHERE id = :id", id=foreign)
    rows = shop_rows(stocked_shop)

    assert close(stocked_shop, is_dry_run=True) == Done()
    assert stocked_shop.value("SELECT count(*) FROM import_sessions WHERE finished_at IS NULL") == 2

    assert close(stocked_shop) == Done({"closed_run": Counts(updated=1), "closed_session": Counts(updated=2)})
    look = "SELECT r.status, t.status, r.finished_at = r.heartbeat_at, t.finished_at = r.heartbeat_at"
    tables = "FROM freesport_sync.runs AS r JOIN freesport_sync.tasks AS t ON t.id = r.task_id WHERE r.id = :id"
    assert stocked_shop.row(f"{look} {tables}", id=run_id) == ("interrupted", "failed", True, True)
    (_, *ours), (_, *theirs) = stocked_shop.rows(SESSIONS)[-2:]
    assert ours[0] == "failed"
    assert ours[1].endswith("[interrupted]")
    assert (ours[2].hour, ours[2].minute) == (3, 5)
    assert theirs == ["failed", "Зависла/Таймаут [stale]", last_sign]
    assert shop_rows(stocked_shop) == rows
    assert close(stocked_shop) == Done()


def test_a_session_of_the_shop_at_work_is_left_alone_and_keeps_nothing_else_open(
    stocked_shop: Shop, dearer: Path
) -> None:
    run_id = stocked_shop.run(dearer).run_id
    stocked_shop.execute(DIED, id=run_id)
    young = [stocked_shop.value(FOREIGN, status=status, key=status, age=YOUNG) for status in ("pending", "in_progress")]
    old = stocked_shop.value(FOREIGN, status="in_progress", key=None, age=OLD)
    before = stocked_shop.rows("SELECT t::text FROM import_sessions AS t WHERE id = ANY(:ids) ORDER BY id", ids=young)
    assert close(stocked_shop) == Done({"closed_run": Counts(updated=1), "closed_session": Counts(updated=1)})
    look = "SELECT t::text FROM import_sessions AS t WHERE id = ANY(:ids) ORDER BY id"
    assert stocked_shop.rows(look, ids=young) == before
    assert stocked_shop.value("SELECT status FROM import_sessions WHERE id = :id", id=old) == "failed"


def test_nothing_is_closed_while_an_import_runs(stocked_shop: Shop, short_holder_wait: None) -> None:
    stocked_shop.value(FOREIGN, status="in_progress", key=None, age=OLD)
    rows = stocked_shop.rows(SESSIONS)
    with holding(stocked_shop.url, TAKE_LOCK) as holder, pytest.raises(LockHeld):
        close(stocked_shop)
    assert holder.connection.closed
    assert stocked_shop.rows(SESSIONS) == rows


def test_a_task_of_another_lock_goes_on(stocked_shop: Shop, dearer: Path) -> None:
    run_id = stocked_shop.run(dearer).run_id
    with connect(stocked_shop.url, "other") as other:
        take_lock(other, OTHER)
        pid = other.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        stocked_shop.execute(
            f"UPDATE freesport_sync.runs SET status = 'running', lock_key = 99, lock_name = 'other', {STARTED}"
            " WHERE id = :id",
            pid=pid,
            id=run_id,
        )
        done = close(stocked_shop)
    assert done == Done()
    assert stocked_shop.value("SELECT status FROM freesport_sync.runs WHERE id = :id", id=run_id) == "running"
