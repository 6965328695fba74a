"""«Сервер 1С» with the real server: switched on and off, exchanged with, tested, killed."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.modeltest import ModelTester

from freesport_sync.core.history import EntrySource
from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.os_support import file_lock
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from freesport_sync.ui.exchange_feed import ExchangeFeed, ExchangeUpdate, LoggedRequest
from freesport_sync.ui.exchange_progress import PICTURES, ExchangeProgress, FileState
from freesport_sync.ui.models.newest import NewestModel
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.pages.exchange import ExchangePage
from freesport_sync.ui.run_feed import RunSnapshot
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.state import WindowState
from tests.program import ROOT, address
from tests.shop import Shop
from tests.ui import exchange_scenery
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in
from tests.watching import wait_until

PASSWORD = "пароль обмена"


@pytest.fixture(autouse=True)
def _any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_EXCHANGE__PORT", "0")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of the program, with a password for 1C."""
    PasswordFile(tmp_path / "home" / "exchange.password").set(PASSWORD)
    return tmp_path / "home"


@pytest.fixture
def desk(stocked_shop: Shop, open_desk: OpenDesk) -> Desk:
    """A window on the page."""
    desk = open_desk(stocked_shop.url)
    desk.window.show_page("onec")
    return desk


@pytest.fixture
def running(home: Path, desk: Desk) -> Iterator[ExchangePage]:
    """The page of a server that runs."""
    page = desk.window.exchange_page
    desk.until(page.switch.start.isEnabled)
    desk.click(page.switch.start)
    assert page.process.state is ServiceState.STARTING
    desk.until(lambda: page.process.state is ServiceState.RUNNING)
    yield page
    assert page.process.state is not ServiceState.STARTING


def call(page: ExchangePage, query: str, body: bytes | None = None, cookie: str = "") -> list[str]:
    """A request as 1C sends it; the lines of the answer."""
    login = base64.b64encode(f"1c:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Cookie": cookie, "User-Agent": "1C+Enterprise/8.3"}
    with urlopen(Request(f"{page.switch.address.text()}?type=catalog&{query}", body, headers)) as answer:
        return str(answer.read().decode()).split("\n")


def archive_of(folder: Path) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.rglob("*.xml"):
            archive.write(file, file.relative_to(folder))
    return packed.getvalue()


def test_a_password_is_set_before_the_server_is_switched_on(desk: Desk) -> None:
    page, texts = desk.window.exchange_page, desk.texts
    desk.until(lambda: texts("exchange.needs_password") in texts_in(page.switch.notice))
    assert not page.switch.start.isEnabled()
    desk.click(page.switch.set_password)
    dialog = page.password
    dialog.first.setText(PASSWORD)
    desk.click(dialog.save)
    desk.until(lambda: "exchange_passwords_differ" in texts_in(dialog.notice))
    dialog.second.setText(PASSWORD)
    desk.click(dialog.save)
    desk.until(page.switch.start.isEnabled)
    assert page.switch.password_state.text() == texts("exchange.has_password")
    assert not page.switch.notice.isVisible()


def test_an_exchange_is_shown_while_it_happens(
    running: ExchangePage, desk: Desk, dearer: Path, stocked_shop: Shop
) -> None:
    page = running
    assert desk.window.status_bar.exchange.text == desk.texts("window.server_running")
    desk.click(page.switch.copy)
    assert QGuiApplication.clipboard().text() == page.process.started.address  # type: ignore[union-attr]
    desk.click(page.switch.copy_user)
    assert QGuiApplication.clipboard().text() == page.switch.user.text() == "1c"
    _, name, value, *_ = call(page, "mode=checkauth")
    cookie = f"{name}={value}"
    call(page, "mode=init", cookie=cookie)
    archive = archive_of(dearer)
    for part in (archive[:500], archive[500:]):
        assert call(page, "mode=file&filename=v8_1.zip", part, cookie) == ["success"]
    desk.until(lambda: page.current.model.rowCount() == 1)
    assert page.current.model.rows[0].size_bytes == len(archive)
    assert call(page, "mode=import&filename=prices.xml", cookie=cookie) == ["success"]
    desk.until(lambda: page.current.model.rows[0].state is FileState.IMPORTED)
    assert desk.texts("exchange.client_standard") in page.current.client.text()
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 200
    desk.until(lambda: desk.texts("status.completed") in page.current.stage.text())
    assert call(page, "mode=import&filename=nothing.xml", cookie=cookie)[0] == "failure"
    desk.until(lambda: page.requests.model.rowCount() == 6)
    page.requests.failures.click()
    (failed,) = page.requests.model.rows
    page.requests.table.selectRow(0)
    assert failed.request.text in page.requests.details.text()
    desk.click(page.current.open)
    key = desk.window.entry_page._key
    assert key is not None
    assert (key.source, key.id) == (EntrySource.RUN, stocked_shop.value("SELECT max(id) FROM freesport_sync.runs"))
    desk.window.show_page("onec")
    desk.click(page.switch.stop)
    desk.until(lambda: page.process.state is ServiceState.STOPPED)
    assert desk.window.status_bar.exchange.isHidden()


def test_files_whose_import_is_not_requested_are_reported(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, dearer: Path
) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_EXCHANGE__IDLE_S", "1")
    page, desk = request.getfixturevalue("running"), request.getfixturevalue("desk")
    _, name, value, *_ = call(page, "mode=checkauth")
    call(page, "mode=file&filename=v8_1.zip", archive_of(dearer), f"{name}={value}")
    desk.until(lambda: "v8_1.zip" in texts_in(page.waiting))
    assert page.waiting.isVisible()
    desk.click(page.hide_waiting)
    assert not page.waiting.isVisible()


def test_the_server_is_tested_as_1c_would(running: ExchangePage, desk: Desk) -> None:
    page = running
    desk.click(page.switch.self_test)
    dialog = page.self_test
    dialog.password.setText("не тот пароль")
    desk.click(dialog.run)
    desk.until(lambda: "на этом компьютере задан другой" in texts_in(dialog.checks))
    dialog.password.setText(PASSWORD)
    desk.click(dialog.run)
    desk.until(lambda: desk.texts("exchange.self_test_good") in texts_in(dialog.notice))
    assert "XML" in texts_in(dialog.checks)
    dialog.reject()
    desk.until(lambda: desk.texts("exchange.client_probe") in page.current.client.text())


def test_closing_asks_and_takes_the_server_along(running: ExchangePage, desk: Desk) -> None:
    window, closed = desk.window, list[bool]()
    window.closing.connect(lambda: closed.append(True))
    process = psutil.Process(running.process.pid)
    window.close()
    assert window.question.windowTitle() == desk.texts("window.close_server_title")
    window.question.reject()
    assert window.isVisible()
    assert not closed
    window.close()
    window.question.yes_button.click()  # type: ignore[attr-defined]
    desk.until(lambda: closed)
    desk.until(lambda: not process.is_running())


def test_an_exchange_that_dies_is_reported_and_can_be_started_again(running: ExchangePage, desk: Desk) -> None:
    page = running
    psutil.Process(page.process.pid).kill()
    desk.until(lambda: page.process.state is ServiceState.FAILED)
    desk.until(lambda: "exchange_server_died" in texts_in(page.switch.notice))
    desk.until(lambda: desk.window.status_bar.exchange.text == desk.texts("window.server_failed"))
    desk.click(page.switch.start)
    desk.until(lambda: page.process.state is ServiceState.RUNNING)
    desk.until(lambda: not page.switch.notice.isVisible())
    desk.backend.close(10_000)
    assert not page.process.is_on or not psutil.pid_exists(page.process.pid or 0)


def test_another_database_switches_it_off(running: ExchangePage, desk: Desk) -> None:
    page = running
    desk.backend.reopen(replace(desk.backend.options, is_demo=True))
    desk.until(lambda: page.process.state is ServiceState.STOPPED)
    desk.until(lambda: desk.texts("exchange.other_database") in texts_in(page.switch.notice))
    desk.until(page.switch.start.isEnabled)


def test_an_exchange_that_cannot_start_says_why(home: Path, desk: Desk) -> None:
    page = desk.window.exchange_page
    (home / "exchange").mkdir()
    desk.until(page.switch.start.isEnabled)
    with file_lock(home / "exchange" / "lock", timeout_s=0):
        desk.click(page.switch.start)
        desk.until(lambda: page.process.state is ServiceState.FAILED)
    desk.until(lambda: "exchange_runs_already" in texts_in(page.switch.notice))


def test_it_starts_with_the_program_and_does_not_outlive_it(home: Path, stocked_shop: Shop) -> None:
    state = WindowState(home / "window.ini")
    state.keep("server/autostart", "yes")
    state.save()
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", PASSWORD_VARIABLE: str(stocked_shop.url.password)}
    command = [sys.executable, "-m", "tests.ui.starter", "never", "--home", str(home)]
    window = subprocess.Popen([*command, "--database-url", address(stocked_shop.url)], cwd=ROOT, env=environment)
    try:
        found: list[psutil.Process] = []

        def serves() -> bool:
            found[:] = [one for one in psutil.Process(window.pid).children() if "--serve" in one.cmdline()]
            return bool(found) and any(one.status == psutil.CONN_LISTEN for one in found[0].net_connections())

        wait_until(serves)
    finally:
        window.kill()
        window.wait()
    wait_until(lambda: not found[0].is_running() or found[0].status() == psutil.STATUS_ZOMBIE)


def taken(*served: LoggedRequest) -> ExchangeProgress:
    watch = ExchangeProgress()
    for one in served:
        watch.add(one, is_dry_run=False)
    return watch


def test_an_exchange_is_put_together_from_its_requests() -> None:
    now = taken(*exchange_scenery.requests(datetime(2026, 11, 21, 12))).current
    assert now is not None
    files = {file.name: file for file in now.files}
    assert now.files[0].name == "prices0_1.xml"
    assert (files[PICTURES].count, files[PICTURES].size_bytes) == (12, 12 * 184_000)
    assert {name: file.state.value for name, file in files.items()} == {
        "prices0_1.xml": "importing",
        PICTURES: "received",
        "offers0_1.xml": "refused",
        "import0_1.xml": "imported",
        "v8_1A76_155ae.zip": "received",
    }
    assert files["prices0_1.xml"].batch == files["import0_1.xml"].batch + 1


def test_who_does_not_log_in_is_no_exchange_and_a_pause_begins_another() -> None:
    at, login = datetime(2026, 11, 21, 12), exchange_scenery.request("checkauth")
    guess = exchange_scenery.request("checkauth", answer="failure", status=401, address="10.0.0.9")
    sent = exchange_scenery.request("file", "import.xml", 100)
    watch = taken(LoggedRequest(at, login), LoggedRequest(at, sent), LoggedRequest(at, guess))
    assert watch.current is not None
    assert (watch.current.address, len(watch.current.files)) == (exchange_scenery.CLIENT, 1)
    later = at + timedelta(hours=1)
    watch.add(LoggedRequest(later, exchange_scenery.request("checkauth", client="bitrix")), is_dry_run=False)
    assert (watch.current.client, watch.current.began_at, watch.current.files) == ("bitrix", later, ())


def test_lines_become_updates_and_unknown_lines_are_skipped() -> None:
    news: list[ExchangeUpdate] = []
    feed = ExchangeFeed(news.append)
    feed(
        '{"event": "run_started", "run_id": 7, "kind": "prices", "operator": "1C", "database": "d", "is_dry_run": true}'
    )
    feed('{"event": "issue", "severity": "warning", "code": "price_not_number", "what": "", "hint": ""}')
    for line in ("", "[]", "nonsense", '{"event": "request"}', '{"event": "of the future"}', '{"event": "progress"}'):
        feed(line)
    feed(
        '{"event": "result", "run_id": 7, "kind": "prices", "status": "failed", "is_dry_run": true,'
        ' "started_at": "2026-11-21T10:00:00+00:00", "duration_s": 1.5, "counts": {}, "issue_totals": [], "files": []}'
    )
    feed('{"event": "error", "code": "exchange_busy", "params": {}, "what": "", "exit_code": 2}')
    *_, last, error = news
    assert isinstance(last, RunSnapshot)
    assert (last.run_id, last.is_dry_run, last.warnings) == (7, True, 1)
    assert last.report is not None
    assert last.report.status.value == "failed"
    assert str(error) == "exchange_busy()"


def test_lines_that_nobody_has_foreseen_do_not_stop_the_window() -> None:
    news: list[ExchangeUpdate] = []
    feed = ExchangeFeed(news.append)
    for line in ('{"event": ' * 5000, "[" * 100_000, "9" * 5000, "NaN", "null"):
        feed(line)
    assert news == []
    feed(
        '{"event": "run_started", "run_id": 7, "kind": "orders", "operator": "1C", "database": "d",'
        ' "is_dry_run": false}'
    )
    (shown,) = news
    assert isinstance(shown, RunSnapshot)
    assert (shown.kind, shown.stages) == ("orders", ())


def test_a_list_that_grows_at_its_top_keeps_the_rules_of_qt(desk: Desk) -> None:
    columns: list[Column[int]] = [Column("n", "n", str)]
    model: NewestModel[int] = NewestModel(columns, desk.window, 10)
    tester = ModelTester(None)  # type: ignore[no-untyped-call]
    tester.check(model, force_py=True)  # type: ignore[no-untyped-call]
    model.add(range(4))
    model.show_only(_is_even)
    model.add(range(4, 9))
    assert model.rows == (8, 6, 4, 2, 0)
    model.add(range(9, 12))
    assert (model.rows, len(model.known)) == ((10, 8, 6, 4, 2), 10)
    model.add(range(100, 130))
    assert model.rows == (128, 126, 124, 122, 120)
    model.show_only(None)
    assert model.rows == tuple(range(129, 119, -1))
    model.forget()
    assert model.rowCount() == 0


def _is_even(number: int) -> bool:
    return number % 2 == 0
