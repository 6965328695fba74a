"""The dialog of the notifications: tried over a real connection, kept where only the owner can read it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QSystemTrayIcon

from freesport_sync.core.notifications import MailSecurity
from freesport_sync.errors import ImportFailed
from freesport_sync.settings.secrets import MAIL_PASSWORD_VARIABLE
from freesport_sync.ui.dialogs.notifications import NotificationsDialog
from tests.mail_server import BOSS, PASSWORD, USER, MailServer
from tests.shop import Shop
from tests.ui.desk import Desk, texts_in
from tests.ui.test_computer import OpenPage, has_tray, open_page

__all__ = ["has_tray", "open_page"]
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "does not support raise", extend=True)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


@pytest.fixture
def desk(open_page: OpenPage, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv(MAIL_PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr("freesport_sync.settings.connection_choice.keep_secret", lambda *_: False)
    settings = tmp_path / "home" / "settings.toml"
    settings.write_text(
        settings.read_text("utf-8") + f'[notifications]\nmail_ca_file = "{mail.certificate.as_posix()}"\n', "utf-8"
    )
    return open_page()


def opened(desk: Desk) -> NotificationsDialog:
    card = desk.window.computer_page.notifications
    desk.click(card.change)
    assert card.dialog is not None
    return card.dialog


def filled_in(desk: Desk, mail: MailServer) -> NotificationsDialog:
    dialog = opened(desk)
    assert not dialog.test.isEnabled()
    dialog.host.setText("localhost")
    dialog.port.setValue(mail.port)
    dialog.user.setText(USER)
    dialog.recipients.setText(f" {BOSS}; ")
    return dialog


def test_it_is_tried_kept_and_in_use(desk: Desk, mail: MailServer, tmp_path: Path) -> None:
    card = desk.window.computer_page.notifications
    assert card.state_text.text() == "Никому не сообщаем"
    dialog = filled_in(desk, mail)
    dialog.password.setText("wrong")
    desk.click(dialog.test)
    desk.until(lambda: "не принимает имя" in texts_in(dialog.checks))
    dialog.password.setText(PASSWORD)
    desk.click(dialog.test)
    desk.until(lambda: f"Отправлено: {BOSS}" in texts_in(dialog.checks))
    assert len(mail.messages) == 1
    dialog.remarks.setChecked(True)
    dialog.has_digest.setChecked(True)
    desk.click(dialog.save)
    desk.until(lambda: BOSS in card.state_text.text())
    assert "записан в файл" in card.kept.text()
    settings = tmp_path / "home" / "settings.toml"
    kept = tomllib.loads(settings.read_text("utf-8"))["notifications"]
    (file,) = settings.parent.glob("mail-*.password")
    assert (kept["mail_to"], kept["events"], kept["digest_at"]) == ([BOSS], ["remarks"], "08:00")
    assert (kept["mail_password_file"], file.read_text("utf-8")) == (str(file), PASSWORD)
    assert PASSWORD not in settings.read_text("utf-8")
    again = opened(desk)
    desk.until(lambda: again.password.placeholderText() == "сохранён")
    assert (again.recipients.text(), again.port.value(), again.remarks.isChecked()) == (BOSS, mail.port, True)
    assert again.security.currentData() == MailSecurity.TLS


def test_a_field_that_is_wrong_is_named(desk: Desk, mail: MailServer) -> None:
    dialog = filled_in(desk, mail)
    dialog.recipients.setText("boss")
    desk.click(dialog.save)
    desk.until(lambda: "Поле «Кому» заполнено неверно" in texts_in(dialog.notice))
    assert dialog.isVisible()


def test_the_icon_tells_of_a_failure_that_nobody_looks_at(
    stocked_shop: Shop, open_page: OpenPage, has_tray: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _, title, text, *__: told.append((title, text)))
    desk = open_page(is_in_tray=True)
    tray = desk.window.tray
    desk.until(lambda: tray._seen is not None)
    before = tray.latest.text()
    told.clear()
    desk.window.hide()
    with pytest.raises(ImportFailed):
        stocked_shop.run(tmp_path / "nothing")
    desk.until(lambda: told)
    assert told[0][0] == "Каталог и клиенты: не загружено"
    assert "Нет папки" in told[0][1]
    assert tray.latest.text() != before
    tray.start_import.trigger()
    assert desk.window.isVisible()
    assert desk.window.import_page.isVisible()
