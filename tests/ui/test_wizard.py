"""The wizard of the first start: each way through it, everything that can go wrong, left and opened again."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
import sqlalchemy as sa
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QRadioButton, QWidget

from freesport_sync.database.server.engine import parse_url
from freesport_sync.i18n.texts import Language
from freesport_sync.os_support import is_private
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.profiles import load_profiles
from freesport_sync.ui.theme import DARK, LIGHT, Theme
from freesport_sync.ui.wizard.dialog import SMALLEST, SetupWizard
from freesport_sync.ui.wizard.purpose_step import Purpose
from tests.proxy import Proxy, other_process_number
from tests.shop import Shop, new_role
from tests.ssh_server import PASSWORD, SshServer, asyncssh_server, make_key
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in

SETTINGS = "settings.toml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with asyncssh_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(autouse=True)
def no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of tests go into files, which disappear with them."""
    monkeypatch.setattr(keyring, "set_password", keyring.backends.fail.Keyring().set_password)  # type: ignore[no-untyped-call]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """A new installation."""
    return open_desk(None, is_first_start=True)


def wizard_of(desk: Desk) -> SetupWizard:
    """Wait for the wizard."""
    desk.until(lambda: desk.window.setup.wizard is not None and desk.window.setup.wizard.isVisible())
    assert desk.window.setup.wizard is not None
    return desk.window.setup.wizard


def begin(desk: Desk, purpose: Purpose) -> SetupWizard:
    """Choose what the program is for, and go on."""
    wizard = wizard_of(desk)
    wizard.purpose.choices[purpose].click()
    desk.click(wizard.next)
    return wizard


def enter_database(wizard: SetupWizard, url: sa.URL) -> None:
    form = wizard.database.pane.form
    for edit, text in ((form.host, url.host), (form.database, url.database), (form.user, url.username)):
        edit.setText(str(text))
    form.port.setValue(int(url.port or 5432))
    form.password.setText(str(url.password))


def pass_database(desk: Desk, url: sa.URL) -> SetupWizard:
    wizard = begin(desk, Purpose.SHOP)
    enter_database(wizard, url)
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)
    return wizard


def enter_server(wizard: SetupWizard, server: SshServer, folder: Path) -> None:
    wizard.files.picker.from_ssh_host.click()
    pane = wizard.files.pane
    for edit, text in ((pane.host, server.host), (pane.user, server.user), (pane.folder, str(folder))):
        edit.setText(text)
    pane.port.setValue(server.port)
    pane.use_agent.setChecked(False)
    pane.password.setText(PASSWORD)


def accept_host_key(desk: Desk, wizard: SetupWizard, server: SshServer) -> None:
    question = wizard.files.pane.host_key
    desk.until(lambda: question.dialog is not None and question.dialog.isVisible())
    assert question.dialog is not None
    assert server.fingerprint in texts_in(question.dialog)
    question.dialog.expected.setText(server.fingerprint)
    desk.click(question.dialog.remember)


def test_the_first_start_shows_the_demo_with_one_key(desk: Desk, home: Path) -> None:
    wizard = wizard_of(desk)
    assert wizard.next.text().strip() == desk.texts("wizard.try")
    QTest.keyClick(wizard, Qt.Key.Key_Return)
    end = desk.end_of_run()
    assert end.error is None
    assert end.submission.header.is_dry_run
    assert desk.backend.options.is_demo
    assert not wizard.isVisible()
    assert not (home / SETTINGS).exists(), "a demo decides nothing"


def test_a_shop_and_a_folder_end_in_a_dry_run(desk: Desk, stocked_shop: Shop, dearer: Path, home: Path) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    settings = load_settings(home / SETTINGS)
    assert settings.database.url is not None
    assert str(stocked_shop.url.database) in settings.database.url
    assert str(stocked_shop.url.password) not in (home / SETTINGS).read_text("utf-8")
    (secret,) = home.glob("database-*.password")
    assert is_private(secret)
    assert [one.name for one in load_profiles(home / "profiles.toml")] == [desk.texts("wizard.database_name")]

    wizard.files.picker.choose_path(str(dearer))
    desk.until(lambda: "Файлы выгрузки" in texts_in(wizard.files))
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    assert load_settings(home / SETTINGS).source.data_dir == dearer
    for told in (desk.texts("wizard.database_name"), str(dearer), "цены 1"):
        assert told in texts_in(wizard.end)
    desk.click(wizard.next)
    end = desk.end_of_run()
    assert (end.error, end.submission.header.is_dry_run, end.submission.request.data_dir) == (None, True, dearer)
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 100


def test_a_server_is_tested_before_it_is_saved(
    desk: Desk, stocked_shop: Shop, server: SshServer, dearer: Path, home: Path
) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    for file in dearer.rglob("*.xml"):
        os.utime(file, (0, time.time() - 3600))  # 1C has finished writing
    enter_server(wizard, server, dearer)
    desk.click(wizard.next)
    accept_host_key(desk, wizard, server)
    desk.until(lambda: desk.texts("connections.ssh_good") in texts_in(wizard.files))
    assert load_settings(home / SETTINGS).ssh.host is None, "accepting a key saves nothing yet"
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    assert load_settings(home / SETTINGS).ssh.host == server.host
    assert f"сервер {server.host}" in texts_in(wizard.end)
    (profile,) = load_profiles(home / "profiles.toml")
    assert profile.ssh is not None
    assert profile.ssh.port == server.port
    desk.click(wizard.next)
    end = desk.end_of_run()
    assert (end.error, end.submission.header.is_dry_run, end.submission.request.is_pull) == (None, True, True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.set(password="не тот"), "database_login_refused"),
        (lambda url: url.set(port=1), "database_unreachable"),
        (lambda url: url.set(database="нет_такой"), "database_not_found"),
    ],
    ids=["password", "host", "database"],
)
def test_the_step_that_fails_is_named(
    change: Callable[[sa.URL], sa.URL], told: str, desk: Desk, stocked_shop: Shop, home: Path
) -> None:
    wizard = begin(desk, Purpose.SHOP)
    enter_database(wizard, change(stocked_shop.url))
    desk.click(wizard.next)
    desk.until(lambda: told in texts_in(wizard.database))
    assert "не тот" not in texts_in(wizard.database)
    assert not (home / SETTINGS).exists(), "what does not work is not saved without being asked"
    assert wizard.next.text().strip() == desk.texts("wizard.anyway")
    enter_database(wizard, stocked_shop.url)
    assert wizard.next.text().strip() == desk.texts("wizard.next"), "what was corrected is tested again"
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)


def test_a_database_that_is_down_can_be_saved_all_the_same(desk: Desk, stocked_shop: Shop, home: Path) -> None:
    wizard = begin(desk, Purpose.SHOP)
    wizard.resize(SMALLEST)
    enter_database(wizard, stocked_shop.url.set(port=1))
    desk.click(wizard.next)
    desk.until(lambda: wizard.next.text().strip() == desk.texts("wizard.anyway"))
    process_events()
    notice = wizard.database.pane.notice
    assert notice.visibleRegion().boundingRect().bottom() == notice.rect().bottom(), "the error is read to its end"
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)
    assert load_settings(home / SETTINGS).database.url is not None
    assert wizard.next.text().strip() == desk.texts("wizard.skip")
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    assert "Проверка не пройдена" in texts_in(wizard.end)
    assert desk.texts("wizard.end_no_files") in texts_in(wizard.end)
    assert wizard.next.text().strip() == desk.texts("wizard.done")
    desk.click(wizard.next)
    assert not wizard.isVisible()


def test_a_pooler_is_refused(desk: Desk, stocked_shop: Shop) -> None:
    with Proxy(stocked_shop.url, to_client=other_process_number) as pooler:
        wizard = begin(desk, Purpose.SHOP)
        enter_database(wizard, pooler.url)
        desk.click(wizard.next)
        desk.until(lambda: "pooler_detected" in texts_in(wizard.database))
        assert desk.texts("steps.direct_failed") in texts_in(wizard.database)


def test_a_database_without_the_shop_says_so(desk: Desk, empty_database: sa.URL) -> None:
    wizard = begin(desk, Purpose.SHOP)
    enter_database(wizard, empty_database)
    desk.click(wizard.next)
    desk.until(lambda: desk.texts("connections.bad") in texts_in(wizard.database))
    assert "products" in texts_in(wizard.database.pane.checks)


def test_missing_rights_are_named(desk: Desk, stocked_shop: Shop) -> None:
    wizard = begin(desk, Purpose.SHOP)
    enter_database(wizard, new_role(stocked_shop, but="UPDATE ON products"))
    desk.click(wizard.next)
    desk.until(lambda: desk.texts("connections.bad") in texts_in(wizard.database))
    assert "right: products UPDATE" in texts_in(wizard.database)


def test_a_server_that_is_not_reached_can_be_skipped(desk: Desk, stocked_shop: Shop, server: SshServer) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    enter_server(wizard, server, Path("/"))
    wizard.files.pane.port.setValue(1)
    desk.click(wizard.next)
    desk.until(lambda: wizard.next.text().strip() == desk.texts("wizard.anyway"))
    assert "«Порт" in texts_in(wizard.files) or "порт" in texts_in(wizard.files).casefold()
    wizard.files.pane.host.clear()
    assert wizard.next.text().strip() == desk.texts("wizard.skip")


def test_a_changed_host_key_is_never_passed_over(
    desk: Desk, stocked_shop: Shop, server: SshServer, dearer: Path, home: Path, tmp_path: Path
) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    home.mkdir(exist_ok=True)
    (home / "known_hosts").write_text(f"[{server.host}]:{server.port} {other}")
    wizard = pass_database(desk, stocked_shop.url)
    enter_server(wizard, server, dearer)
    desk.click(wizard.next)
    question = wizard.files.pane.host_key
    desk.until(lambda: question.dialog is not None and question.dialog.isVisible())
    assert question.dialog is not None
    assert desk.texts("host_key.changed_title") in texts_in(question.dialog)
    assert not question.dialog.remember.isEnabled()
    question.dialog.reject()
    assert wizard.step is wizard.files
    assert load_settings(home / SETTINGS).ssh.host is None


def test_an_empty_folder_is_said_to_be_empty(desk: Desk, stocked_shop: Shop, tmp_path: Path, home: Path) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    (tmp_path / "пусто").mkdir()
    wizard.files.picker.choose_path(str(tmp_path / "пусто"))
    desk.until(lambda: desk.texts("import_page.source_empty") in texts_in(wizard.files))
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    assert desk.texts("import_page.source_empty") in texts_in(wizard.end)
    assert load_settings(home / SETTINGS).source.data_dir == tmp_path / "пусто", "1C will export there"


@pytest.mark.parametrize("path", ["нет такой", ""])
def test_a_folder_that_is_not_there_is_not_saved(path: str, desk: Desk, stocked_shop: Shop, home: Path) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    wizard.files.picker.choose_path(path)
    desk.until(lambda: wizard.next.isEnabled() and wizard.next.text().strip() == desk.texts("wizard.skip"))
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    assert "data_dir" not in (home / SETTINGS).read_text("utf-8")


def test_settings_that_cannot_be_written_keep_the_step(desk: Desk, stocked_shop: Shop, home: Path) -> None:
    wizard = begin(desk, Purpose.SHOP)
    enter_database(wizard, stocked_shop.url)
    (home / SETTINGS).mkdir()
    desk.click(wizard.next)
    desk.until(lambda: SETTINGS in texts_in(wizard.database.pane.notice))
    assert wizard.step is wizard.database
    (home / SETTINGS).rmdir()
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)


def test_it_can_be_left_and_opened_again(desk: Desk, stocked_shop: Shop, home: Path) -> None:
    wizard = pass_database(desk, stocked_shop.url)
    wizard.files.picker.choose_path("/неоконченное")
    QTest.keyClick(wizard, Qt.Key.Key_Escape)
    assert not wizard.isVisible()
    assert load_settings(home / SETTINGS).database.url is not None, "a step that was passed is saved"
    assert "неоконченное" not in (home / SETTINGS).read_text("utf-8")
    desk.window.show_page("connections")
    desk.click(desk.window.connections_page.wizard)
    again = wizard_of(desk)
    assert again is not wizard
    begin(desk, Purpose.SHOP)
    assert again.database.pane.form.database.text() == stocked_shop.url.database
    desk.until(lambda: again.database.pane.form.password.placeholderText() == desk.texts("connections.password_kept"))
    desk.click(again.back)
    assert again.step is again.purpose


def test_what_is_edited_during_its_test_is_not_saved(desk: Desk, stocked_shop: Shop, home: Path) -> None:
    with Proxy(stocked_shop.url) as slow:
        slow.hangs.set()
        wizard = begin(desk, Purpose.SHOP)
        enter_database(wizard, slow.url)
        desk.click(wizard.next)
        assert not wizard.next.isEnabled()
        wizard.database.pane.form.database.setText("другая")
        slow.hangs.clear()
        desk.until(lambda: desk.texts("connections.good") in texts_in(wizard.database))
        assert wizard.step is wizard.database
        assert wizard.next.text().strip() == desk.texts("wizard.next")
        assert not (home / SETTINGS).exists()
        desk.click(wizard.next)
        desk.until(lambda: "database_not_found" in texts_in(wizard.database))


@pytest.mark.parametrize("way", ["close", "back", "embedded"])
def test_a_step_that_is_left_during_its_test_saves_nothing(
    way: str, desk: Desk, stocked_shop: Shop, home: Path
) -> None:
    with Proxy(stocked_shop.url) as slow:
        slow.hangs.set()
        wizard = begin(desk, Purpose.SHOP)
        enter_database(wizard, slow.url)
        desk.click(wizard.next)
        tested: list[bool] = []
        wizard.database.pane.tested.connect(tested.append)
        if way == "close":
            wizard.reject()
        elif way == "back":
            desk.click(wizard.back)
            wizard.purpose.choices[Purpose.DEMO].click()
        else:
            wizard.database.embedded.click()
        slow.hangs.clear()
        desk.until(lambda: tested)
        process_events()
        assert tested == [True]
        assert wizard.database.may_go_on, "it is not being saved"
        assert wizard.isVisible() == (way != "close")
        if wizard.isVisible():
            assert wizard.step is (wizard.purpose if way == "back" else wizard.database)
            assert wizard.next.isEnabled()
        assert desk.backend.application is not None, "nothing was opened anew"
        assert not (home / SETTINGS).exists()
        assert not desk.backend.is_busy


def test_a_wizard_that_is_closed_while_the_engine_loads_stays_closed(desk: Desk, stocked_shop: Shop) -> None:
    wizard = begin(desk, Purpose.EXCHANGE)
    enter_database(wizard, stocked_shop.url)
    left_while_loading: list[bool] = []

    def leave() -> None:
        left_while_loading.append(desk.backend.application is None)
        wizard.reject()

    wizard.database.passed.connect(leave)  # before the engine can be there
    desk.click(wizard.next)
    desk.until(lambda: left_while_loading and desk.backend.application is not None)
    process_events()
    assert left_while_loading == [True]
    assert wizard.step is wizard.database
    assert not wizard.isVisible()


@pytest.mark.parametrize("host", ["127.0.0.1:5433", "мой сервер", "[fe80::1", "h/d", "h?x=1", "u@h", "%41"])
def test_what_is_no_name_of_a_server_is_refused_and_never_saved(host: str, desk: Desk, home: Path) -> None:
    wizard = begin(desk, Purpose.SHOP)
    form = wizard.database.pane.form
    form.host.setText(host)
    desk.click(wizard.next)
    desk.until(lambda: "database_url_invalid" in texts_in(wizard.database))
    desk.click(wizard.next)  # save it anyway
    desk.until(wizard.next.isEnabled)
    assert wizard.step is wizard.database
    assert not (home / SETTINGS).exists()
    assert not (home / "profiles.toml").exists(), "a page could not show it"


@pytest.mark.parametrize("host", ["::1", "[::1]", "fe80::1%eth0", "сервер.рф", "db1,db2"])
def test_a_server_may_have_any_name_or_address(host: str, desk: Desk) -> None:
    form = begin(desk, Purpose.SHOP).database.pane.form
    form.host.setText(host)
    form.user.setText("Пользователь " + "х" * 300)
    form.database.setText("база/магазина?")
    url = parse_url(form.url())
    assert (url.host, url.database, url.username) == (host.strip("[]"), form.database.text(), form.user.text())
    former = form.url()
    form.fill("имя", former)
    assert form.url() == former


def test_it_is_offered_until_somebody_has_closed_it(open_desk: OpenDesk, tmp_path: Path) -> None:
    state = tmp_path / "window.ini"
    interrupted = open_desk(None, is_first_start=True, state_file=state)
    assert wizard_of(interrupted).isVisible()
    interrupted.close()
    first = open_desk(None, is_first_start=True, state_file=state)
    wizard_of(first).reject()
    first.close()
    second = open_desk(None, is_first_start=True, state_file=state)
    second.ready()
    assert second.window.setup.wizard is None


def test_who_has_chosen_already_is_not_asked(open_desk: OpenDesk, stocked_shop: Shop, home: Path) -> None:
    desk = open_desk(stocked_shop.url, is_first_start=True)
    desk.ready()
    assert desk.window.setup.wizard is None
    desk.close()
    home.mkdir(exist_ok=True)
    (home / SETTINGS).touch()
    desk = open_desk(None, is_first_start=True)
    desk.ready()
    assert desk.window.setup.wizard is None


def test_a_database_of_the_command_line_stays(open_desk: OpenDesk, stocked_shop: Shop, home: Path) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.setup.open()
    wizard = begin(desk, Purpose.SHOP)
    assert desk.texts("connections.fixed_by_argument") in texts_in(wizard.database)
    desk.click(wizard.next)
    assert wizard.step is wizard.files
    assert not (home / SETTINGS).exists()


def test_the_private_database_needs_no_test(desk: Desk, dearer: Path, home: Path) -> None:
    wizard = begin(desk, Purpose.SHOP)
    wizard.database.embedded.click()
    assert desk.texts("connections.embedded_about") in texts_in(wizard.database)
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)
    assert (home / SETTINGS).exists()
    assert load_settings(home / SETTINGS).database.url is None


def test_the_exchange_gets_a_password_and_a_switch(desk: Desk, stocked_shop: Shop, home: Path) -> None:
    wizard = begin(desk, Purpose.EXCHANGE)
    enter_database(wizard, stocked_shop.url)
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.exchange)
    switch = wizard.exchange.switch
    desk.until(lambda: not switch.start.isEnabled() and switch.address.text())
    desk.click(switch.set_password)
    dialog = wizard.exchange.password
    dialog.first.setText("пароль для 1С")
    dialog.second.setText("пароль для 1С")
    desk.click(dialog.save)
    desk.until(switch.start.isEnabled)
    switch.autostart.setChecked(True)
    desk.click(wizard.next)
    assert not wizard.isVisible()
    assert desk.window.stack.currentWidget() is desk.window.exchange_page


def visible(root: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [one for one in root.findChildren(kind) if one.isVisible()]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("language", Language)
def test_every_step_works_without_a_mouse_in_a_small_window(
    language: Language, colours: object, open_desk: OpenDesk, theme: Theme, stocked_shop: Shop
) -> None:
    theme.use(colours)  # type: ignore[arg-type]
    try:
        desk = open_desk(None, is_first_start=True, language=language)
        desk.window.resize(QSize(1000, 640))
        wizard = wizard_of(desk)
        wizard.resize(SMALLEST)
        assert SMALLEST.width() <= 1024 - 16
        assert SMALLEST.height() <= 700 - 48
        wizard.activateWindow()
        desk.until(lambda: QApplication.activeWindow() is wizard)
        look_over(wizard)
        wizard.purpose.choices[Purpose.SHOP].click()
        desk.click(wizard.next)
        look_over(wizard)
        enter_database(wizard, stocked_shop.url)
        desk.click(wizard.next)
        desk.until(lambda: wizard.step is wizard.files)
        look_over(wizard)
        wizard.files.picker.from_ssh_host.click()
        look_over(wizard)
        wizard.files.picker.from_folder.click()
        desk.until(wizard.next.isEnabled)
        desk.click(wizard.next)
        desk.until(lambda: wizard.step is wizard.end)
        look_over(wizard)
    finally:
        theme.use(LIGHT)


def look_over(wizard: SetupWizard) -> None:
    """Nothing is cut off, no letter means two things, Tab reaches everything, everything has a name."""
    process_events()
    process_events()
    buttons, labels = visible(wizard, QAbstractButton), visible(wizard, QLabel)
    for one in (*buttons, *labels):
        if isinstance(one, QLabel) and one.wordWrap():
            assert one.height() >= one.heightForWidth(one.width()), one.text()
        elif not one.objectName().startswith("qt_"):
            assert one.width() >= one.minimumSizeHint().width(), getattr(one, "text", str)()
    for area in visible(wizard, QAbstractScrollArea):
        assert isinstance(area, QAbstractScrollArea)
        assert not area.horizontalScrollBar().isVisible()
    letters = Counter(
        found[1].casefold()
        for one in (*buttons, *labels)
        if (found := re.search("&([^&])", one.text()))  # type: ignore[attr-defined]
    )
    assert [letter for letter, count in letters.items() if count > 1] == []
    assert all(one.accessibleName() for one in buttons)
    wanted = {
        one
        for one in buttons
        if one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(one, QRadioButton)
    }
    reached: set[QWidget] = set()
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert not {one.accessibleName() for one in wanted - reached}
