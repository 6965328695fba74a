"""A cancel stops a run at any moment before COMMIT, within a second, and leaves the shop as it was."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import (
    Event,
    ExportFound,
    MergeRepeated,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, Stage
from freesport_sync.database.own import runs
from freesport_sync.errors import Cancelled, ConnectionFailed
from tests.bench.generator import generate
from tests.integration.support import NewExport, shop_rows
from tests.shop import Shop
from tests.watching import (
    SLOW_UPDATE,
    VARIANT,
    at_stage,
    background,
    holding,
    importers,
    lock_is_free,
    wait_until,
    waiting_importers,
)

pytestmark = pytest.mark.usefixtures("workers")

SOON_S = 5
"""A second on an idle computer, or three where the database is asked; what is waited for would take ten or more."""


def assert_cancelled(shop: Shop, before: dict[str, list[str]]) -> None:
    """Nothing is written, both rows are closed, everybody has gone."""
    assert shop_rows(shop) == before
    assert shop.row("SELECT status, error_code FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == (
        "cancelled",
        "cancelled",
    )
    status, message, is_finished = shop.row(
        "SELECT status, error_message, finished_at IS NOT NULL FROM import_sessions ORDER BY id DESC LIMIT 1"
    )
    assert (status, message, is_finished) == ("failed", "Импорт отменён. [cancelled]", True)
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))


@pytest.mark.parametrize("stage", [Stage.PLAN, Stage.STAGE, Stage.RESOLVE, Stage.APPLY])
def test_cancel_at_any_stage(stocked_shop: Shop, dearer: Path, stage: Stage) -> None:
    before = shop_rows(stocked_shop)
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(stage, lambda: stocked_shop.cancel.cancel()))
    assert_cancelled(stocked_shop, before)
    (finished,) = [event for event in stocked_shop.events if isinstance(event, RunFinished)]
    assert finished.report.status is RunStatus.CANCELLED


def test_cancel_while_reading_a_large_export(shop: Shop, tmp_path: Path) -> None:
    generate(tmp_path / "large", products=300)
    seen: list[float] = []

    def cancel_in_the_middle(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.STAGE and event.done and not seen:
            assert event.done < event.total
            seen.append(time.monotonic())
            shop.cancel.cancel()

    before = shop_rows(shop)
    with pytest.raises(Cancelled):
        shop.run(tmp_path / "large", cancel_in_the_middle)
    assert time.monotonic() - seen[0] < SOON_S
    assert_cancelled(shop, before)


def test_the_bar_of_reading_is_full_at_the_end_and_not_before(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goods and offers are looked into for reference data before they are read."""
    monkeypatch.setattr(StageMeter, "MIN_INTERVAL_S", 0)
    generate(tmp_path / "large", products=100)
    shop.run(tmp_path / "large")
    done = [event.done for event in shop.events if isinstance(event, Progress) and event.stage is Stage.STAGE]
    assert done == sorted(done)
    total = sum(file.stat().st_size for file in (tmp_path / "large").rglob("*.xml"))
    assert done.index(total) >= len(done) - 3, "it is full long before the end"


def test_cancel_while_unpacking_leaves_no_files(stocked_shop: Shop, new_export: NewExport, tmp_path: Path) -> None:
    export = new_export()
    export.reference_data()
    archive, work = export.zipped(tmp_path / "export.zip"), tmp_path / "work"
    other = min(set(psutil.pids()) - {0, os.getpid()})
    litter, foreign = work / "export-4194305-killed", work / f"export-{other}-alive"
    for folder in (litter, foreign):
        folder.mkdir(parents=True)
        (folder / "goods.xml").touch()
    before = shop_rows(stocked_shop)
    with pytest.raises(Cancelled):
        stocked_shop.run(archive, at_stage(Stage.PLAN, lambda: stocked_shop.cancel.cancel()))
    assert_cancelled(stocked_shop, before)
    assert not [event for event in stocked_shop.events if isinstance(event, ExportFound)], "it was unpacked to the end"
    assert list(work.iterdir()) == [foreign]


def cancel_by_token(shop: Shop) -> None:
    shop.cancel.cancel()


def cancel_in_database(shop: Shop) -> None:
    shop.execute("UPDATE freesport_sync.runs SET cancel_requested_at = now() WHERE status = 'running'")


@pytest.mark.parametrize("cancel", [cancel_by_token, cancel_in_database])
def test_cancel_while_waiting_for_a_row(stocked_shop: Shop, dearer: Path, cancel: Callable[[Shop], None]) -> None:
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        asked_at = time.monotonic()
        cancel(stocked_shop)
        assert isinstance(run.exception(), Cancelled)
        assert time.monotonic() - asked_at < SOON_S
    assert_cancelled(stocked_shop, before)


def test_cancel_cuts_a_long_statement(stocked_shop: Shop, dearer: Path) -> None:
    stocked_shop.execute(SLOW_UPDATE)
    before = shop_rows(stocked_shop)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: stocked_shop.value(sleeping))
        asked_at = time.monotonic()
        stocked_shop.cancel.cancel()
        assert isinstance(run.exception(), Cancelled)
        assert time.monotonic() - asked_at < SOON_S
    assert_cancelled(stocked_shop, before)


def test_cancel_before_a_long_statement_begins_cuts_it_too(stocked_shop: Shop, dearer: Path) -> None:
    before = shop_rows(stocked_shop)
    requests = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE :asked"
    begun_at: list[float] = []

    def cancel_in_vain() -> None:
        stocked_shop.cancel.cancel()
        wait_until(lambda: stocked_shop.value(requests, asked="SELECT pg_cancel_backend%"))
        begun_at.append(time.monotonic())

    with holding(stocked_shop.url, "LOCK TABLE categories"), pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(Stage.RESOLVE, cancel_in_vain))
    assert time.monotonic() - begun_at[0] < SOON_S
    assert_cancelled(stocked_shop, before)


def test_cancel_between_two_attempts_of_the_merge(stocked_shop: Shop, dearer: Path, short_lock_timeout: None) -> None:
    def cancel_when_repeated(event: Event) -> None:
        if isinstance(event, MergeRepeated):
            stocked_shop.cancel.cancel()

    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), pytest.raises(Cancelled):
        stocked_shop.run(dearer, cancel_when_repeated)
    assert_cancelled(stocked_shop, before)


def test_cancel_while_the_run_prepares(stocked_shop: Shop, dearer: Path) -> None:
    with (
        holding(stocked_shop.url, "LOCK TABLE freesport_sync.runs"),
        background(lambda: stocked_shop.run(dearer)) as run,
    ):
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        asked_at = time.monotonic()
        stocked_shop.cancel.cancel()
        assert isinstance(run.exception(), Cancelled)
        assert time.monotonic() - asked_at < SOON_S
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 1
    wait_until(lambda: lock_is_free(stocked_shop.connection))


def test_last_change_is_not_committed_when_cancelled_just_before(stocked_shop: Shop, dearer: Path) -> None:
    def cancel_at_the_end(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.APPLY and event.done == event.total:
            stocked_shop.cancel.cancel()

    before = shop_rows(stocked_shop)
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, cancel_at_the_end)
    assert_cancelled(stocked_shop, before)


def test_cancel_is_ignored_once_commit_is_on_its_way(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_run = runs.close_run

    def cancel_too_late(*arguments: object, **named: object) -> bool:
        stocked_shop.cancel.cancel()
        assert not stocked_shop.cancel.is_set
        return close_run(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "close_run", cancel_too_late)
    report = stocked_shop.run(dearer)
    assert report.status is RunStatus.COMPLETED
    assert report.counts[Entity.PRICE].updated == 1
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    assert stocked_shop.value("SELECT status FROM import_sessions ORDER BY id DESC LIMIT 1") == "completed"


def test_cancel_of_a_dry_run_leaves_the_sessions_alone(stocked_shop: Shop, dearer: Path) -> None:
    sessions = stocked_shop.rows("SELECT t::text FROM import_sessions AS t")
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(Stage.RESOLVE, lambda: stocked_shop.cancel.cancel()), is_dry_run=True)
    assert stocked_shop.rows("SELECT t::text FROM import_sessions AS t") == sessions
    assert stocked_shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == "cancelled"


def test_first_reason_wins_and_a_closed_token_takes_none() -> None:
    token = CancelToken()
    heard: list[str] = []
    with token.interrupting(lambda: heard.append("interrupt")):
        token.cancel()
        token.abort(ConnectionFailed("connection_lost"))
    assert heard == ["interrupt"]
    with pytest.raises(Cancelled):
        token.check()
    with pytest.raises(Cancelled), token.interrupting(lambda: None):
        pytest.fail("must not begin")

    closed = CancelToken()
    closed.close()
    closed.cancel()
    assert not closed.is_set
    closed.check()


def test_run_can_be_repeated_after_a_cancel(stocked_shop: Shop, dearer: Path) -> None:
    with pytest.raises(Cancelled):
        stocked_shop.run(dearer, at_stage(Stage.APPLY, lambda: stocked_shop.cancel.cancel()))
    report = stocked_shop.run(dearer)
    assert report.status is RunStatus.COMPLETED
    assert any(isinstance(event, RunStarted) for event in stocked_shop.events)
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
