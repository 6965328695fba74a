"""«Обмен»: every way an import can be started, watched, refused and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import SHOP_LOCK, Header, Trigger
from freesport_sync.database.own.lock import try_lock
from freesport_sync.database.server.engine import connect
from freesport_sync.ui.pages.import_page import ImportPage
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in
from tests.watching import VARIANT, holding, waiting_importers

SOON_S = 5
"""It takes a fraction of a second on an idle computer; the row that it waits for stays locked for longer."""
PRICE = "SELECT retail_price::int FROM product_variants"

NewExport = Callable[[int], Path]


def progress_of(desk: Desk) -> str:
    return texts_in(desk.window.import_page.progress)


def test_a_dry_run_and_then_the_import(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page: ImportPage = desk.window.import_page
    assert not page.form.start.isEnabled()  # nothing to import from
    desk.choose_source(dearer)
    desk.click(page.form.dry_run)
    desk.end_of_run()
    assert stocked_shop.value(PRICE) == 100
    assert "Проверка выполнена" in progress_of(desk)
    assert "Будет изменено: цен 1" in progress_of(desk)

    desk.click(page.progress.real)
    report = desk.end_of_run().report
    assert report is not None
    assert stocked_shop.value(PRICE) == 200
    assert "Импорт выполнен" in progress_of(desk)
    query = "SELECT request->>'trigger', operator FROM freesport_sync.runs WHERE id = :id"
    assert stocked_shop.row(query, id=report.run_id) == (Trigger.WINDOW, desk.backend.operator)
    desk.until(lambda: page.recent.rowCount() == 3)
    page.show_form()
    desk.until(lambda: "Изменено: цен 1" in texts_in(page.latest))
    desk.until(lambda: "Цены" in texts_in(page.latest))


def test_the_form_makes_the_request(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url, operator="иванов")
    desk.ready()
    form = desk.window.import_page.form
    desk.choose_source(dearer)
    form.set_kind(ImportKind.ALL)
    form.full.click()
    form.skip_images.click()
    form.chunk.setValue(17)
    submission = form.submission(is_dry_run=False)
    request = submission.request
    assert (request.kind, request.data_dir, request.file) == (ImportKind.ALL, dearer, None)
    assert (request.is_full, request.skip_images, request.chunk_size) == (True, True, 17)
    assert submission.header == Header("иванов", Trigger.WINDOW)
    form.set_kind(ImportKind.CUSTOMERS)
    form.source.path.setEditText(str(dearer / "contragents.xml"))
    submission = form.submission(is_dry_run=True)
    request = submission.request
    assert submission.header.is_dry_run
    assert (request.is_full, request.skip_images, request.chunk_size) == (False, False, 100)
    assert request.file == dearer / "contragents.xml"


def test_a_guard_asks_with_numbers(stocked_shop: Shop, new_export: NewExport, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page = desk.window.import_page
    desk.choose_source(new_export(0))
    desk.click(page.form.start)
    desk.end_of_run()
    assert "Цен станет нулевыми\n1\n1\n100,0 %" in texts_in(page.guard)
    desk.click(page.guard.leave)
    assert (len(desk.ends), stocked_shop.value(PRICE)) == (1, 100)

    desk.click(page.progress.again)
    desk.end_of_run()
    desk.click(page.guard.go_on)
    desk.end_of_run()
    assert stocked_shop.value(PRICE) == 0


def test_a_refusal_names_the_holder_and_waits(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freesport_sync.services.history.POLL_S", 0.2)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page = desk.window.import_page
    desk.choose_source(dearer)
    other = connect(stocked_shop.url, "other")
    assert try_lock(other, SHOP_LOCK)
    stocked_shop.execute(
        "INSERT INTO freesport_sync.runs (kind, request, operator, host, process_id, backend_id, program_version,"
        " is_dry_run, status, stage, session_ids, started_at, heartbeat_at, counts, issue_totals)"
        " SELECT 'prices', '{}', 'петров', 'СКЛАД-2', 1, pid, '0', false, 'running', 'apply', '{}', now(), now(), '{}',"
        " '[]' FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    desk.click(page.form.start)
    end = desk.end_of_run()
    assert end.error is not None
    assert end.error.code == "lock_held"
    for word in ("петров", "СКЛАД-2", "Запись изменений"):
        assert word in progress_of(desk)
    desk.click(page.progress.wait)
    assert page.wait.isVisible()
    other.close()
    assert desk.end_of_run().error is None
    assert stocked_shop.value(PRICE) == 200


def test_a_cancel_is_shown_at_once_and_ends_soon(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    page = desk.window.import_page
    desk.choose_source(dearer)
    with holding(stocked_shop.url, VARIANT):
        desk.click(page.form.start)
        desk.until(lambda: waiting_importers(stocked_shop.connection))
        asked = time.monotonic()
        desk.click(page.progress.cancel)
        assert (page.progress.cancel.isEnabled(), page.progress.cancel.accessibleName()) == (False, "Отменяется…")
        end = desk.end_of_run()
    assert time.monotonic() - asked < SOON_S
    assert end.error is not None
    assert end.error.code == "cancelled"
    assert "Импорт отменён." in progress_of(desk)
    assert stocked_shop.value(PRICE) == 100


def test_closing_while_an_import_runs_asks(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    closed: list[bool] = []
    desk.window.closing.connect(lambda: closed.append(True))
    desk.choose_source(dearer)
    with holding(stocked_shop.url, VARIANT):
        desk.click(desk.window.import_page.form.start)
        desk.until(lambda: waiting_importers(stocked_shop.connection))
        desk.window.close()
        assert desk.window.isVisible()
        next(one for one in desk.window.question.buttons() if "должить" in one.text()).click()
        process_events()
        assert desk.backend.is_running
        assert not desk.backend.is_cancelling
        desk.window.close()
        next(one for one in desk.window.question.buttons() if "выйти" in one.text()).click()
        desk.until(lambda: closed)
    assert desk.ends[-1].error is not None
    assert stocked_shop.value(PRICE) == 100
