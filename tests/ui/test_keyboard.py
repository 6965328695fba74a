"""The window without a mouse, and at its smallest: shortcuts, mnemonics, the way of Tab, names, nothing cut off."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QRadioButton, QWidget

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.errors import ImportFailed, SyncError
from freesport_sync.i18n.texts import Language
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.ui.dialogs.guard import GuardDialog
from freesport_sync.ui.dialogs.help import CHAPTER_OF_PAGE
from freesport_sync.ui.dialogs.undo import UndoDialog
from freesport_sync.ui.widgets.columns import TEXT_WIDTH
from freesport_sync.ui.window import FRAME, SMALLEST, first_size
from tests.shop import Shop
from tests.ui import exchange_scenery
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in
from tests.ui.scenery import insert_other_sessions
from tests.watching import VARIANT, holding

DATES = {
    "export_older": {"created_at": "2025-09-11 10:00:00", "imported": "2025-09-12 10:00:00"},
    "export_date_unreadable": {"file": "goods.xml", "written": "вчера", "imported": "2025-09-12 10:00:00"},
    "export_undated_older": {"modified": "2025-09-01 10:00:00", "imported": "2025-09-12 10:00:00"},
}
CHANGE = {
    name: "11240/12480"
    for name in (
        *("products_deactivated", "products_moved", "products_unlisted"),
        *("variants_deactivated", "prices_zeroed", "stocks_zeroed"),
    )
}


@pytest.fixture(params=Language)
def small(request: pytest.FixtureRequest, stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> Desk:
    """The smallest window, with something on every page."""
    insert_other_sessions(stocked_shop.connection, 30)
    stocked_shop.execute("UPDATE freesport_sync.runs SET request = request || '{\"skip_backup\": false}' WHERE id = 1")
    desk = open_desk(stocked_shop.url, language=request.param)
    desk.window.resize(SMALLEST)
    desk.ready()
    desk.choose_source(dearer)
    desk.window.entry_page.open(EntryKey(EntrySource.RUN, 1))
    desk.until(lambda: desk.window.entry_page.stack.currentIndex() == 1)
    return desk


def visible(page: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [one for one in page.findChildren(kind) if one.isVisible()]


def test_nothing_is_cut_off_in_the_smallest_window(small: Desk) -> None:
    window = small.window
    for name, page in window._pages.items():
        window.show_page(name)
        process_events()
        process_events()
        assert page.minimumSizeHint().width() <= page.width(), name
        for one in (*visible(page, QAbstractButton), *visible(page, QLabel)):
            if isinstance(one, QLabel) and one.wordWrap():
                assert one.height() >= one.heightForWidth(one.width()), one.text()
            elif not one.objectName().startswith("qt_"):
                assert one.width() >= one.minimumSizeHint().width(), getattr(one, "text", str)()
        for area in visible(page, QAbstractScrollArea):
            assert isinstance(area, QAbstractScrollArea)
            is_wide = name == "history" or area is window.entry_page.issues.table
            assert is_wide or not area.horizontalScrollBar().isVisible(), area.accessibleName()


def test_no_line_of_the_sidebar_covers_another(open_desk: OpenDesk) -> None:
    pages = open_desk(None).window.sidebar.pages
    lines = [pages.visualItemRect(pages.item(row)) for row in range(pages.count())]
    assert all(upper.bottom() < lower.top() for upper, lower in pairwise(lines))


def test_the_sidebar_is_as_wide_as_its_longest_line(open_desk: OpenDesk) -> None:
    usual = QApplication.font()
    large = QFont(usual)
    large.setPixelSize(24)
    try:
        QApplication.setFont(large)
        pages = open_desk(None).window.sidebar.pages
        assert pages.sizeHintForColumn(0) <= pages.viewport().width()
    finally:
        QApplication.setFont(usual)


def test_pages_and_actions_have_keys(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk) -> None:
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.choose_source(dearer)
    window = desk.window
    window.activateWindow()
    desk.until(lambda: QApplication.activeWindow() is window)
    for number, page in enumerate(window._pages.values(), 1):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.stack.currentWidget() is page
    window.show_page("import")
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert desk.end_of_run().submission.header.is_dry_run
    window.import_page.show_form()
    with holding(stocked_shop.url, VARIANT):  # else it might be over
        QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert desk.backend.is_running
        process_events()
        QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        assert desk.backend.is_cancelling
        assert not desk.end_of_run().submission.header.is_dry_run


def test_tab_reaches_everything_and_no_letter_means_two_things(small: Desk) -> None:
    window = small.window
    window.activateWindow()
    small.until(lambda: QApplication.activeWindow() is window)
    for name, page in window._pages.items():
        window.show_page(name)
        process_events()
        letters = Counter(
            found[1].casefold()
            for one in (*visible(page, QAbstractButton), *visible(page, QLabel))
            if (found := re.search("&([^&])", one.text()))  # type: ignore[attr-defined]
        )
        assert [letter for letter, count in letters.items() if count > 1] == [], name
        wanted = {
            one
            for one in visible(page, QAbstractButton)
            if one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(one, QRadioButton)
        }
        window.sidebar.pages.setFocus()
        reached: set[QWidget] = set()
        for _ in range(80):
            focused = QApplication.focusWidget()
            assert focused is not None
            reached.add(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert not {one.accessibleName() for one in wanted - reached}, name


def test_dialogs_have_names_and_room_for_their_words(small: Desk) -> None:
    window, tools = small.window, small.tools
    failures: list[SyncError] = []
    small.backend.work(_crash, failures.append, failures.append)
    small.until(lambda: failures)
    crash = window.crash
    assert crash is not None
    window.show_crash(ValueError("again"))
    assert window.crash is crash  # one at a time
    crash.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "ValueError" in copied
    assert "in _crash" in copied
    assert not re.search("lion|tiger|cage", copied)
    guard = GuardDialog(tools, ImportFailed("large_change", percent=20, **CHANGE), False, window)
    dates = [GuardDialog(tools, ImportFailed(code, **params), False, window) for code, params in DATES.items()]
    for code, asked in zip(DATES, dates, strict=True):
        assert all(value in texts_in(asked) for name, value in DATES[code].items() if name != "file")
    undo = UndoDialog(tools, 2, RestoreBackup("20261121-094107-2"), window)
    for dialog in (crash, guard, *dates, undo):
        dialog.show()
        process_events()
        for one in visible(dialog, QAbstractButton):
            assert one.accessibleName()
            assert one.width() >= one.minimumSizeHint().width()
        for label in visible(dialog, QLabel):
            assert isinstance(label, QLabel)
            if label.wordWrap():
                needed = label.heightForWidth(label.width())
                assert needed <= label.height() <= needed + 4, texts_in(dialog)
        dialog.close()


def _crash() -> None:
    raise ValueError("postgresql://u:lion@h/d password = 'tiger in a cage'")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1366, 728), (1000, 640), (910, 485), (1920, 1040)])
def test_the_first_window_fits_the_screen(width: int, height: int) -> None:
    room = QSize(width, height)
    size = first_size(room)
    assert size.width() + FRAME.width() <= room.width()
    assert size.height() + FRAME.height() <= room.height()


def test_a_window_that_was_maximised_is_so_again(
    stocked_shop: Shop, open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "window.ini"
    first = open_desk(stocked_shop.url, state_file=file)
    first.window.showMaximized()
    first.close()
    second = open_desk(stocked_shop.url, state_file=file)
    assert second.window.isMaximized()
    second.window.setWindowState(second.window.windowState() | Qt.WindowState.WindowMinimized)
    monkeypatch.setattr(second.window, "raise_", lambda: None)  # which the platform of the tests cannot do
    second.window.bring_to_front()
    assert second.window.isMaximized()
    assert not second.window.isMinimized()


@pytest.mark.parametrize("size", [QSize(1280, 720), QSize(1366, 728)])
def test_what_is_short_is_not_cut_and_texts_share_what_is_left(small: Desk, size: QSize) -> None:
    small.window.resize(size)
    tables = (("history", small.window.history_page.table), ("import", small.window.import_page.table))
    for page, table in tables:
        small.window.show_page(page)
        small.until(lambda table=table: table.model().rowCount())  # type: ignore[misc]
        for number, column in enumerate(table.columns):
            if column.width < TEXT_WIDTH and not table.isColumnHidden(number):
                small.until(
                    lambda table=table, number=number: table.columnWidth(number) >= table.sizeHintForColumn(number)  # type: ignore[misc]
                )
    assert not small.window.import_page.table.horizontalScrollBar().isVisible()


def test_a_column_fits_what_is_scrolled_to(small: Desk) -> None:
    small.window.show_page("onec")
    requests = small.window.exchange_page.requests
    for served in exchange_scenery.requests(datetime.now()):
        small.backend.exchange_process.updated.emit(served)
    table = requests.table
    small.until(lambda: table.model().rowCount() > 10)
    number = [column.name for column in table.columns].index("what")
    table.setFixedHeight(120)
    for row in range(table.model().rowCount()):
        table.selectRow(row)
        small.until(lambda: table.columnWidth(number) >= table.sizeHintForColumn(number))
    assert table.columnWidth(number) > table.fontMetrics().horizontalAdvance("параметры")


def test_enter_presses_the_button_that_has_the_focus(small: Desk) -> None:
    window = small.window
    window.activateWindow()
    window.show_page("connections")
    small.until(lambda: window.connections_page.list.count() and QApplication.activeWindow() is window)
    count = window.connections_page.list.count()
    window.connections_page.add.setFocus()
    QTest.keyClick(window.connections_page.add, Qt.Key.Key_Return)
    small.until(lambda: window.connections_page.list.count() == count + 1)
    undo = UndoDialog(small.tools, 2, RestoreBackup("20261121-094107-2"), window)
    undo.show()
    undo.leave.setFocus()
    QTest.keyClick(undo.leave, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert not undo.isVisible()
    assert undo.result() == undo.DialogCode.Rejected


def test_f5_reads_again_and_f1_opens_the_guide(small: Desk) -> None:
    window = small.window
    window.activateWindow()
    small.until(lambda: QApplication.activeWindow() is window)
    for name in window._pages:
        window.show_page(name)
        QTest.keyClick(window, Qt.Key.Key_F5)
        QTest.keyClick(window, Qt.Key.Key_F1)
        guide = window.help_dialog
        assert guide is not None
        small.until(guide.isVisible)
        title = guide._guide.chapter(CHAPTER_OF_PAGE[name])
        assert title is not None
        assert guide.text.toPlainText().startswith(title.title)
        guide.accept()
    window.show_page("history")
    total = window.history_page.model.rowCount()
    small.backend._stop_watching.set()  # only F5 may tell of it
    application = window._tools.backend.application
    assert application is not None
    with application.database.connection() as connection:
        insert_other_sessions(connection, 0)
    QTest.keyClick(window, Qt.Key.Key_F5)
    small.until(lambda: window.history_page.model.rowCount() == total + 1)


def test_rows_are_copied_and_have_a_menu(small: Desk) -> None:
    window = small.window
    window.show_page("history")
    table = window.history_page.table
    small.until(lambda: table.model().rowCount() > 2)
    table.setFocus()
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[2] for line in lines] == [table.model().index(row, 2).data() for row in (0, 1)]
    menu = table.menu()
    names = [action.text() for action in menu.actions()]
    assert names == [small.texts(f"table.{name}") for name in ("open", "copy_rows", "copy_cell")]
    opened: list[object] = []
    table.row_opened.connect(opened.append)
    menu.actions()[0].trigger()
    assert opened == [table.selected()]
    menu.actions()[2].trigger()
    assert QGuiApplication.clipboard().text() == table.currentIndex().data()
    assert len(window.log_page.table.menu().actions()) == 2, "nobody opens a line of the log"


def test_a_table_with_the_focus_shows_it(small: Desk) -> None:
    window = small.window
    window.activateWindow()
    window.show_page("history")
    small.until(lambda: QApplication.activeWindow() is window and window.history_page.table.model().rowCount())
    window.history_page.text.setFocus()
    process_events()
    before = window.history_page.table.grab().toImage()
    window.history_page.table.setFocus()
    process_events()
    assert window.history_page.table.grab().toImage() != before
