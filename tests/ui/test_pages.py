"""History, session, log and connections: what they show, filter, sort, open and copy."""

from __future__ import annotations

from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QWidget
from pytestqt.modeltest import ModelTester

from freesport_sync.core.history import (
    EntryKey,
    EntrySource,
    EntryStatus,
    HistoryEntry,
)
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.i18n.texts import Language
from freesport_sync.os_support import is_private
from freesport_sync.settings.profiles import Profile, load_profiles
from freesport_sync.ui.log_file import LogLine
from freesport_sync.ui.models.paged import ROW_ROLE
from freesport_sync.ui.theme import DARK, LIGHT, Theme
from tests.builders import ExportBuilder, product
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in
from tests.ui.scenery import insert_other_sessions

COUNT = 350
"""Runs of the history: more than are read at once."""


@pytest.fixture
def busy_shop(stocked_shop: Shop) -> Shop:
    """A shop whose history has everything in it."""
    insert_other_sessions(stocked_shop.connection, COUNT)
    return stocked_shop


@pytest.fixture
def history(busy_shop: Shop, open_desk: OpenDesk) -> Desk:
    """A window that shows it."""
    desk = open_desk(busy_shop.url)
    desk.window.show_page("history")
    desk.ready()
    desk.until(lambda: desk.window.history_page.model.is_loaded)
    return desk


def shown(desk: Desk) -> list[HistoryEntry]:
    """The rows that the table has in view."""
    model, table = desk.window.history_page.model, desk.window.history_page.table
    numbers = range(table.first_visible, min(table.first_visible + 40, model.rowCount()))
    desk.until(lambda: all(model.row_at(number) is not None for number in numbers))
    return [row for number in numbers if (row := model.row_at(number)) is not None]


def test_history_shows_all_sources_in_pages(busy_shop: Shop, history: Desk) -> None:
    page = history.window.history_page
    total = busy_shop.value("SELECT (SELECT count(*) FROM freesport_sync.runs) + count(*) - 1 FROM import_sessions")
    assert page.model.rowCount() == total
    assert history.texts.count("history.found", total) == page.list.found.text()
    newest = shown(history)
    assert [one.started_at for one in newest] == sorted((one.started_at for one in newest), reverse=True)
    page.table.scrollToBottom()
    oldest = shown(history)
    assert oldest[-1].started_at == busy_shop.value(
        "SELECT least((SELECT min(started_at) FROM freesport_sync.runs), min(started_at)) FROM import_sessions"
    )
    assert {one.key.source for one in (*newest, *oldest)} == {EntrySource.RUN, EntrySource.SHOP}


def test_history_is_filtered_and_sorted_by_the_server(busy_shop: Shop, history: Desk) -> None:
    page = history.window.history_page
    page.statuses.buttons[EntryStatus.CANCELLED].click()
    cancelled = busy_shop.value("SELECT count(*) FROM freesport_sync.runs WHERE status = 'cancelled'")
    history.until(lambda: page.model.rowCount() == cancelled)
    assert {one.status for one in shown(history)} == {EntryStatus.CANCELLED}
    page.text.setText("SKLAD-2")
    history.until(lambda: {one.host for one in shown(history)} == {"SKLAD-2"})
    page.text.setText("%")  # of LIKE, and here nothing special
    history.until(lambda: page.list.currentWidget() is page.list.empty)
    assert history.texts("history.nothing_found") in texts_in(page.list.empty)
    history.click(page.clear)
    history.until(lambda: page.model.rowCount() > cancelled)
    page.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    longest = busy_shop.value("SELECT max(extract(epoch FROM finished_at - started_at)) FROM import_sessions")
    history.until(lambda: [one.duration_s for one in shown(history)[:1]] == [pytest.approx(float(longest))])


def test_a_new_run_keeps_selection_and_place(busy_shop: Shop, history: Desk) -> None:
    page = history.window.history_page
    resets: list[bool] = []
    page.model.modelReset.connect(lambda: resets.append(True))
    page.table.selectRow(5)
    selected = page.table.selected().key
    page.table.verticalScrollBar().setValue(100)
    total, top = page.model.rowCount(), page.table.rowAt(0)
    insert_other_sessions(busy_shop.connection, 0)  # one that runs
    busy_shop.execute("SELECT pg_notify('freesport_sync', '')")
    history.until(lambda: page.model.rowCount() == total + 1)
    history.until(lambda: page.table.selected() is not None)
    assert page.table.selected().key == selected
    history.until(lambda: page.table.rowAt(0) == top + 1)
    assert not resets


def test_the_chart_opens_a_run_by_mouse_and_keys(history: Desk) -> None:
    page, opened = history.window.history_page, list[EntryKey]()
    page.entry_opened.connect(opened.append)
    history.until(lambda: page.chart._entries)
    last = len(page.chart._entries) - 1
    QTest.mouseClick(page.chart, Qt.MouseButton.LeftButton, pos=page.chart.bar(last).center().toPoint())
    page.chart.setFocus()
    QTest.keyClick(page.chart, Qt.Key.Key_Left)
    QTest.keyClick(page.chart, Qt.Key.Key_Return)
    assert opened == [page.chart._entries[last].key, page.chart._entries[last - 1].key]
    assert page.chart.accessibleDescription()


def test_a_session_is_shown_repeated_and_copied(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.dry_run)
    report = desk.end_of_run().report
    assert report is not None
    desk.click(desk.window.import_page.progress.open)
    page = desk.window.entry_page
    desk.until(lambda: page.stack.currentIndex() == 1)
    assert f"№ {report.run_id}" in page.title.text()
    page.tabs.setCurrentWidget(page.changes)
    desk.until(page.changes.model.rowCount)
    texts = [page.changes.model.index(0, column).data() for column in range(5)]
    assert texts[2:] == ["Розничная цена", "100,00", "200,00"]
    page.changes.text.setText("нет такого")
    desk.until(lambda: page.changes.stack.currentIndex() == 0)
    assert page.files.model.rowCount() == len(report.files)
    desk.click(page.copy)
    copied = QGuiApplication.clipboard().text()
    assert f"data_dir: {dearer}" in copied
    desk.click(page.repeat)
    end = desk.end_of_run()
    assert end.submission.header.is_dry_run
    assert end.submission.request.source == dearer


def test_issues_are_grouped_searched_explained_and_saved(
    stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path
) -> None:
    stocked_shop.execute(
        "INSERT INTO freesport_sync.row_issues"
        " (run_id, severity, code, file, line, onec_id, name, field, value, params, article)"
        " SELECT 1, 'warning', CASE WHEN i % 2 = 0 THEN 'quantity_negative' ELSE 'quantity_fractional' END,"
        " 'rests.xml', i, 'p' || i, 'Мяч ' || i, 'Количество', '-3', '{}', 'A' || i FROM generate_series(1, 1000) AS i"
    )
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.open_entry(EntryKey(EntrySource.RUN, 1))
    page, tab = desk.window.entry_page, desk.window.entry_page.issues
    desk.until(lambda: tab.model.rowCount() == 1000)
    page.tabs.setCurrentWidget(tab)
    tab.group_table.selectRow(0)
    desk.until(lambda: tab.model.rowCount() == 500)
    tab.text.setText("Мяч 99")
    desk.until(lambda: 0 < tab.model.rowCount() < 20)
    desk.until(lambda: tab.model.index(0, 1).data(ROW_ROLE))
    tab.table.selectRow(0)
    desk.until(lambda: "в 1С" in texts_in(tab.hint))
    file = tmp_path / "замечания.csv"
    tab.save_to(file)
    desk.until(tab.save.isEnabled)
    desk.until(file.exists)
    assert len(file.read_text("utf-8-sig").splitlines()) == 1001


def test_an_import_can_be_undone(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.start)
    report = desk.end_of_run().report
    assert report is not None
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 200
    desk.click(desk.window.import_page.progress.open)
    page = desk.window.entry_page
    desk.until(page.undo.isVisible)
    desk.click(page.undo)
    desk.until(lambda: hasattr(page, "undo_dialog"))
    desk.click(page.undo_dialog.undo)
    end = desk.end_of_run()
    assert end.error is None
    assert end.submission.request.kind is UpkeepKind.RESTORE
    assert stocked_shop.value("SELECT retail_price::int FROM product_variants") == 100


def test_equal_times_are_repaired_from_the_check_and_undone_from_the_history(
    stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path
) -> None:
    more = ExportBuilder(tmp_path / "more")
    more.goods(product("x1"), product("x2"))
    stocked_shop.run(more.folder)
    stocked_shop.execute("UPDATE products SET created_at = '2026-11-01'")
    distinct = "SELECT count(*) - count(DISTINCT created_at) FROM products"
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.show_page("connections")
    pane = desk.window.connections_page.database
    desk.until(pane.test.isEnabled)
    desk.click(pane.test)
    desk.until(pane.repair.isVisible)
    desk.until(lambda: "повторяется время создания" in texts_in(pane.checks))
    desk.click(pane.repair)
    pane.question.yes_button.click()  # type: ignore[attr-defined]
    end = desk.end_of_run()
    assert (end.error, end.submission.request.kind) == (None, UpkeepKind.REPAIR)
    assert stocked_shop.value(distinct) == 0
    desk.click(desk.window.import_page.progress.open)
    page = desk.window.entry_page
    desk.until(page.undo.isVisible)
    desk.click(page.undo)
    desk.until(lambda: hasattr(page, "undo_dialog"))
    desk.click(page.undo_dialog.undo)
    end = desk.end_of_run()
    assert (end.error, end.submission.request.kind) == (None, UpkeepKind.UNDO_REPAIR)
    assert stocked_shop.value(distinct) == 2
    desk.window.show_page("connections")
    desk.until(pane.test.isEnabled)
    desk.click(pane.test)
    desk.until(pane.repair.isVisible)


def test_a_run_of_another_computer_can_be_stopped(stocked_shop: Shop, open_desk: OpenDesk) -> None:
    """The button is there while it runs; that the engine obeys is tested elsewhere."""
    insert_other_sessions(stocked_shop.connection, 0)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.open_entry(EntryKey(EntrySource.RUN, 2))
    page = desk.window.entry_page
    desk.until(page.stop.isVisible)
    assert not page.repeat.isVisible()
    desk.click(page.stop)
    page.question.yes_button.click()  # type: ignore[attr-defined]
    desk.until(lambda: "погибла" in texts_in(page.trouble))  # nobody holds the lock for it


def test_connections_are_tested_saved_used_and_tried(
    stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "set_password", keyring.backends.fail.Keyring().set_password)  # type: ignore[no-untyped-call]
    desk = open_desk(None, is_demo=True, data_dir=dearer)
    desk.until(lambda: desk.window.connections_page.list.count() == 2)
    desk.window.show_page("connections")
    page, url = desk.window.connections_page, stocked_shop.url
    desk.click(page.add)
    desk.until(lambda: page.list.count() == 3)
    form = page.database.form
    form.fill("Магазин", f"postgresql://{url.username}@127.0.0.1:1/{url.database}?sslmode=disable&gssencmode=disable")
    desk.click(page.database.test)
    desk.until(lambda: desk.texts("steps.server_failed") in texts_in(page.database.checks))
    form.port.setValue(int(url.port or 0))
    assert form.password.placeholderText() == desk.texts("connections.password_none")
    form.password.setText("не тот")
    desk.click(page.database.test)
    desk.until(lambda: desk.texts("steps.login_failed") in texts_in(page.database.checks))
    form.password.setText(str(url.password))
    desk.click(page.database.test)
    desk.until(lambda: desk.texts("connections.good") in texts_in(page.database.notice))
    desk.click(page.database.use)
    desk.until(
        lambda: desk.backend.database_status is not None and str(url.database) in desk.backend.database_status.database
    )
    assert desk.texts("connections.password_file") in texts_in(page.database.notice)  # this computer has no key store
    desk.until(lambda: form.password.placeholderText() == desk.texts("connections.password_kept"))
    home = tmp_path / "home"
    assert str(url.password) not in (home / "settings.toml").read_text("utf-8")
    (file,) = home.glob("database-*.password")
    assert is_private(file)
    page.export_to(tmp_path / "colleague.toml")
    desk.until(lambda: (tmp_path / "colleague.toml").exists())
    assert load_profiles(tmp_path / "colleague.toml") == (Profile("Магазин", page.database.form.url()),)
    assert str(url.password) not in (tmp_path / "colleague.toml").read_text("utf-8")
    desk.until(desk.window.import_page.form.start.isEnabled)
    desk.click(page.database.next)
    end = desk.end_of_run()
    assert (end.error, end.submission.header.is_dry_run, end.submission.request.source) == (None, True, dearer)


def test_the_log_is_filtered_and_masked(open_desk: OpenDesk, stocked_shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "logs"
    folder.mkdir(parents=True)
    (folder / "freesport_sync.log").write_text(
        "2026-11-21 10:00:00,123 INFO freesport_sync.x started\n"
        "2026-11-21 10:00:01,123 ERROR freesport_sync.x failed: password=tiger postgresql://u:lion@h/d\n"
        "Traceback (most recent call last):\n  ValueError\n",
        "utf-8",
    )
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.show_page("log")
    page = desk.window.log_page
    desk.until(lambda: page.model.rowCount() >= 2)
    page.level.setCurrentIndex(2)
    assert [line.level for line in page.model.rows if isinstance(line, LogLine)] == ["ERROR"]
    page.table.selectRow(0)
    assert "ValueError" in page.details.toPlainText()
    assert not {"tiger", "lion"} & set(page.details.toPlainText().replace("@", " ").replace(":", " ").split())
    page.text.setText("нет такого")
    assert page.stack.currentIndex() == 0


def test_every_model_keeps_the_rules_of_qt(history: Desk) -> None:
    models = {model for model in history.window.findChildren(QAbstractItemModel) if hasattr(model, "columns")}
    assert len(models) > 7
    for model in models:
        ModelTester(None).check(model, force_py=True)  # type: ignore[no-untyped-call]


def test_everything_that_can_be_used_has_a_name(history: Desk) -> None:
    """For screen readers; the walk also meets what is hidden now."""
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox)
    nameless = [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in history.window.findChildren(QWidget)
        if (isinstance(widget, kinds) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and not isinstance(widget.parent(), QAbstractSpinBox)  # its own line edit speaks for it
        and not widget.objectName().startswith("qt_")
    ]
    assert not nameless, nameless


def test_colours_follow_the_system(history: Desk, theme: Theme) -> None:
    light = history.window.grab().toImage()
    theme.use(DARK)
    try:
        process_events()
        assert history.window.grab().toImage() != light
    finally:
        theme.use(LIGHT)


@pytest.mark.parametrize("language", Language)
def test_the_window_remembers(stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path, language: Language) -> None:
    file = tmp_path / "window.ini"
    first = open_desk(stocked_shop.url, state_file=file, language=language)
    first.window.history_page.table.setColumnWidth(0, 333)
    first.window.show_page("log")
    first.close()
    second = open_desk(stocked_shop.url, state_file=file, language=language)
    assert second.window.history_page.table.columnWidth(0) == 333
    assert second.window.stack.currentWidget() is second.window.log_page


@pytest.mark.parametrize(("kept", "shown"), [("session", "entry"), ("exchange", "import"), ("onec", "onec")])
def test_the_window_of_a_former_version_is_remembered(
    stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path, kept: str, shown: str
) -> None:
    file = tmp_path / "window.ini"
    file.write_text(f"[window]\npage={kept}\n", "utf-8")
    desk = open_desk(stocked_shop.url, state_file=file)
    assert list(desk.window._pages)[desk.window.stack.currentIndex()] == shown
