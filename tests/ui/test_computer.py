"""«Этот компьютер» and the icon in the tray: what closing the window means, how the program starts with the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QTime
from PySide6.QtWidgets import QSystemTrayIcon

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.worker_events import TaskLeft, TaskTaken
from freesport_sync.errors import ConfigError
from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.i18n.texts import Language
from freesport_sync.services import import_schedule, worker_task
from freesport_sync.services.autostart import Autostart
from freesport_sync.ui import worker_process
from freesport_sync.ui.service_process import ServiceState
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "does not support raise", extend=True)


@pytest.fixture
def has_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a desktop; without a screen there is no tray."""
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)


class Scheduler:
    """Task Scheduler in place of `ImportSchedule`'s program."""

    is_available = True

    def __init__(self) -> None:
        self.at: time | None = None
        self.error: ConfigError | None = None

    def read(self) -> time | None:
        return self.at

    def switch_on(self, at: time) -> None:
        if self.error is not None:
            raise self.error
        self.at = at

    def switch_off(self) -> None:
        self.at = None


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    one = Scheduler()
    monkeypatch.setattr(import_schedule, "ImportSchedule", lambda *_: one)
    return one


class Keeper:
    """Task Scheduler in place of `WorkerTask`'s program."""

    is_available = True

    def __init__(self) -> None:
        self.has_worker = False
        self.error: ConfigError | None = None

    def is_on(self) -> bool:
        return self.has_worker

    def switch(self, is_on: bool) -> None:
        if self.error is not None:
            raise self.error
        self.has_worker = is_on


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch) -> Keeper:
    one = Keeper()
    monkeypatch.setattr(worker_task, "WorkerTask", lambda *_: one)
    return one


OpenPage = Callable[..., Desk]


@pytest.fixture
def open_page(stocked_shop: Shop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenPage:
    """Opens windows on the page, for the database of the settings."""
    home = tmp_path / "home"
    home.mkdir()
    url = stocked_shop.url.set(drivername="postgresql")._replace(password=None).render_as_string()
    (home / "settings.toml").write_text(
        f'[database]\nurl = "{url}"\n[source]\ndata_dir = "{tmp_path.as_posix()}"\n', "utf-8"
    )
    monkeypatch.setenv("FREESPORT_SYNC_DB_PASSWORD", str(stocked_shop.url.password))
    monkeypatch.setenv("FREESPORT_SYNC_EXCHANGE__PORT", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def open_one(**options: Any) -> Desk:
        desk = open_desk(None, **options)
        desk.window.show_page("computer")
        desk.ready()
        return desk

    return open_one


def test_the_window_closes_the_program(open_page: OpenPage, has_tray: None) -> None:
    desk = open_page()
    closed: list[None] = []
    desk.window.closing.connect(lambda: closed.append(None))
    assert not desk.window.tray.icon.isVisible()
    desk.window.close()
    assert closed == [None]


def test_a_closed_window_stays_in_the_tray(open_page: OpenPage, has_tray: None, tmp_path: Path) -> None:
    file = tmp_path / "window.ini"
    desk = open_page(state_file=file)
    window, closed = desk.window, list[None]()
    window.closing.connect(lambda: closed.append(None))
    window.computer_page.program.to_tray.click()
    assert window.tray.icon.isVisible()
    window.close()
    assert not window.isVisible()
    assert closed == []
    window.tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert window.isVisible()
    window.close()
    window.tray.open.trigger()
    assert window.isVisible()
    window.close()
    window.tray.quit.trigger()
    assert closed == [None]
    desk.close()
    again = open_page(state_file=file)
    assert again.window.computer_page.program.to_tray.isChecked()
    assert again.window.tray.icon.isVisible()
    again.window.computer_page.program.to_tray.click()
    assert not again.window.tray.icon.isVisible()


def test_logging_out_ends_it_although_it_would_stay(open_page: OpenPage, has_tray: None) -> None:
    desk = open_page()
    closed: list[None] = []
    desk.window.closing.connect(lambda: closed.append(None))
    desk.window.tray.choose(True)
    desk.window.close_with_session()
    desk.window.close()
    assert closed == [None]


def test_without_a_tray_the_window_closes_the_program(open_page: OpenPage) -> None:
    desk = open_page(is_in_tray=True)
    closed: list[None] = []
    desk.window.closing.connect(lambda: closed.append(None))
    assert not desk.window.computer_page.program.to_tray.isEnabled()
    assert desk.window.computer_page.program.to_tray.toolTip()
    desk.window.close()
    assert closed == [None]


def test_the_server_of_1c_is_switched_from_the_tray(open_page: OpenPage, has_tray: None, tmp_path: Path) -> None:
    PasswordFile(tmp_path / "home" / "exchange.password").set("пароль обмена")
    desk = open_page(is_in_tray=True)
    window, process = desk.window, desk.backend.exchange_process
    icon, closed = window.tray, list[None]()
    window.closing.connect(lambda: closed.append(None))
    window.close()
    desk.until(window.exchange_page.switch.start.isEnabled)
    assert icon.state.text() == "Сервер 1С: выключен"
    icon.exchange.trigger()
    desk.until(lambda: process.state is ServiceState.RUNNING)
    assert icon.state.text() == "Сервер 1С: работает"
    assert not window.isVisible()
    icon.quit.trigger()
    assert window.isVisible(), "the question needs its window"
    window.question.reject()
    assert closed == []
    window.close()
    assert not window.isVisible(), "who has decided to stay closes it as before"
    assert icon.exchange.text() == "Выключить сервер 1С"
    icon.exchange.trigger()
    desk.until(lambda: process.state is ServiceState.STOPPED)
    icon.quit.trigger()
    assert closed == [None]


def test_a_server_without_password_needs_its_page(open_page: OpenPage, has_tray: None) -> None:
    desk = open_page(is_in_tray=True)
    desk.window.close()
    desk.window.tray.exchange.trigger()
    assert desk.window.isVisible()
    assert desk.window.stack.currentWidget() is desk.window.exchange_page


def test_the_start_with_the_session_is_switched(open_page: OpenPage, tmp_path: Path) -> None:
    desk = open_page()
    box, system = desk.window.computer_page.program.autostart, Autostart(tmp_path / "home")
    desk.until(box.isEnabled)
    assert not box.isChecked()
    box.click()
    desk.until(box.isEnabled)
    assert box.isChecked()
    assert system.is_on()
    system.switch(False)
    desk.window.refresh()
    desk.until(lambda: not box.isChecked())


def test_a_switch_that_fails_says_so(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way", "utf-8")
    desk = open_page()
    card = desk.window.computer_page.program
    desk.until(card.autostart.isEnabled)
    card.autostart.click()
    desk.until(card.notice.isVisible)
    assert "autostart_refused" in texts_in(card.notice)
    assert not card.autostart.isChecked()


def test_the_import_is_scheduled(open_page: OpenPage, scheduler: Scheduler) -> None:
    desk = open_page()
    card = desk.window.computer_page.schedule
    desk.until(card.save.isEnabled)
    assert card.state_text.text() == "Выключен"
    assert card.start.time() == QTime(3, 30)
    assert not card.remove.isVisible()
    card.start.setTime(QTime(4, 15))
    desk.click(card.save)
    desk.until(lambda: card.state_text.text() == "Включён: каждый день в 04:15")
    assert scheduler.at == time(4, 15)
    assert card.save.text().strip() == "&Изменить время"
    scheduler.error = ConfigError("schedule_refused", task="x", said="Отказано в доступе.")
    card.start.setTime(QTime(5, 0))
    desk.click(card.save)
    desk.until(card.notice.isVisible)
    assert "Отказано в доступе." in texts_in(card.notice)
    assert card.state_text.text() == "Включён: каждый день в 04:15"
    desk.until(card.remove.isEnabled)
    desk.click(card.remove)
    desk.until(lambda: card.state_text.text() == "Выключен")
    assert scheduler.at is None


def test_without_a_source_nothing_is_scheduled(open_page: OpenPage, scheduler: Scheduler, tmp_path: Path) -> None:
    file = tmp_path / "home" / "settings.toml"
    file.write_text(file.read_text("utf-8").partition("[source]")[0], "utf-8")
    desk = open_page()
    card = desk.window.computer_page.schedule
    desk.until(card.controls.isVisible)
    assert card.source.text() == "Откуда брать файлы, ещё не настроено."
    assert not card.save.isEnabled()
    assert "Подключения" in card.save.toolTip()


def test_demo_data_are_not_scheduled(open_desk: OpenDesk, stocked_shop: Shop, scheduler: Scheduler) -> None:
    desk = open_desk(stocked_shop.url)  # another database than that of the settings
    desk.window.show_page("computer")
    card = desk.window.computer_page.schedule
    desk.until(card.controls.isVisible)
    assert not card.save.isEnabled()
    assert card.save.toolTip()


@pytest.mark.parametrize("language", Language)
def test_where_windows_does_not_schedule_the_way_is_shown(open_page: OpenPage, language: Language) -> None:
    desk = open_page(language=language)
    card = desk.window.computer_page.schedule
    desk.until(card.elsewhere.isVisible)
    assert "freesport-sync-import.timer" in card.elsewhere.text()
    assert not card.controls.isVisible()


def test_tasks_run_while_the_window_is_open(open_page: OpenPage, stocked_shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "window.ini"
    desk = open_page(state_file=file)
    card, process = desk.window.computer_page.worker, desk.backend.worker_process
    assert not card.while_open.isChecked()
    assert not process.is_on
    assert not desk.window.status_bar.worker.isVisible()
    card.while_open.click()
    desk.until(lambda: process.state is ServiceState.RUNNING)
    assert card.state_text.text() == "Ждёт заданий"
    assert desk.window.status_bar.worker.text == "Задания: ждём новых"
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.workers") == 1
    desk.close()
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.workers") == 0
    again = open_page(state_file=file)
    card, process = again.window.computer_page.worker, again.backend.worker_process
    assert card.while_open.isChecked()
    again.until(lambda: process.state is ServiceState.RUNNING)
    card.while_open.click()
    again.until(lambda: process.state is ServiceState.STOPPED)
    assert card.state_text.text() == "На этом компьютере не выполняются"


def test_a_worker_that_dies_is_explained_and_started_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "FIRST_PAUSE_MS", 500)
    desk = open_page()
    card, process = desk.window.computer_page.worker, desk.backend.worker_process
    card.while_open.click()
    desk.until(lambda: process.state is ServiceState.RUNNING)
    killed = process.pid
    assert killed is not None
    psutil.Process(killed).kill()
    desk.until(lambda: process.state is ServiceState.FAILED)
    assert "worker_process_died" in texts_in(card.notice)
    assert desk.window.status_bar.worker.text == "Задания: не выполняются"
    desk.until(lambda: process.state is ServiceState.RUNNING)
    assert process.pid != killed
    assert not card.notice.isVisible()


def test_closing_asks_about_tasks_that_run(open_page: OpenPage) -> None:
    desk = open_page()
    window, process = desk.window, desk.backend.worker_process
    closed: list[None] = []
    window.closing.connect(lambda: closed.append(None))
    window.computer_page.worker.while_open.click()
    desk.until(lambda: process.state is ServiceState.RUNNING)
    process._take(TaskTaken(12, "all", "ivanov@PC-7", 1))
    assert window.status_bar.worker.text == "Задания: выполняется 1"
    window.close()
    assert closed == []
    assert "вернутся в очередь" in window.question.text() + window.question.informativeText()
    window.question.reject()
    process._take(TaskLeft(12, "all", TaskStatus.COMPLETED))
    window.close()
    assert closed == [None], "one that waits for tasks keeps nobody"


def test_windows_keeps_a_worker(open_page: OpenPage, keeper: Keeper) -> None:
    desk = open_page()
    card = desk.window.computer_page.worker
    desk.until(card.always.isEnabled)
    assert not card.elsewhere.isVisible()
    card.always.click()
    desk.until(card.always.isEnabled)
    assert keeper.has_worker
    assert card.always.isChecked()
    keeper.error = ConfigError("worker_task_refused", task="x", said="Отказано в доступе.")
    card.always.click()
    desk.until(card.refusal.isVisible)
    assert "Отказано в доступе." in texts_in(card.refusal)
    assert card.always.isChecked()


@pytest.mark.parametrize("language", Language)
def test_where_windows_does_not_keep_a_worker_the_way_is_shown(open_page: OpenPage, language: Language) -> None:
    desk = open_page(language=language)
    card = desk.window.computer_page.worker
    desk.until(card.elsewhere.isVisible)
    assert "freesport-sync-worker" in card.elsewhere.text()
    assert not card.always.isVisible()
