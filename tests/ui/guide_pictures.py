"""The pictures of the guide: what they show, the texts in them, and `python -m tests.ui.guide_pictures`.

The test suite takes each picture anew and compares its size and its texts with what is kept: pixels depend on fonts.
This command takes them by the same test and keeps them: after a change of texts or looks, run it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QBuffer, QModelIndex, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QTabBar,
    QTableView,
    QWidget,
)

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.errors import ImportFailed
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.dialogs.undo import UndoDialog
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.parts import GAP
from tests.guide import DOCS
from tests.shop import Shop
from tests.ui import exchange_scenery
from tests.ui.desk import Desk
from tests.ui.scenery import insert_other_sessions, insert_tasks
from tests.ui.snapshots import first_of_import

PICTURES = DOCS / "pictures"
TEXTS = Path(__file__).with_name("guide_texts")
"""What can be read in each picture; not beside them, because the folder of pictures comes with the program."""
KEEP_VARIABLE = "FREESPORT_TEST_KEEP_PICTURES"
"""Set: the test keeps the pictures that it has taken."""
EXPORT = r"\\server1c\exchange\webdata"
_IMPORT, _DRY_RUN = EntryKey(EntrySource.RUN, 1), EntryKey(EntrySource.RUN, 2)
_CHECKS: tuple[tuple[str, dict[str, object]], ...] = (
    ("reachable", {"database": "db.example.ru:5432/freesport"}),
    ("version", {"version": "16.4"}),
    ("direct", {}),
    ("temp", {}),
    ("writable", {}),
    ("shop", {}),
    ("customers", {}),
    ("lock_free", {}),
)
_WAITING_TASK = 3
"""Its row, from the newest one."""
_LARGE_CHANGE = {
    "percent": 20,
    "products_deactivated": "11240/12480",
    "products_moved": "0/12480",
    "products_unlisted": "310/12480",
    "variants_deactivated": "30120/35411",
    "prices_zeroed": "12/35411",
    "stocks_zeroed": "4011/35411",
}


def fill(shop: Shop) -> None:
    """An import of the demo export, a dry run after prices have changed, and sessions of others; all at known times."""
    shop.run(resource("demo"), kind="all")
    shop.execute("UPDATE product_variants SET retail_price = round(retail_price * 0.9) WHERE id % 3 = 0")
    shop.run(resource("demo"), kind="all", is_dry_run=True)
    shop.execute(
        "UPDATE freesport_sync.runs SET operator = 'ivanov@PC-7', host = 'PC-7',"
        " request = replace(request::text, to_json(:demo ::text)::text, to_json(:export ::text)::text)::jsonb,"
        " started_at = now() - (3 - id) * interval '20 minutes',"
        " finished_at = now() - (3 - id) * interval '20 minutes' + interval '42 seconds'",
        demo=str(resource("demo")),
        export=EXPORT,
    )
    shop.execute("UPDATE freesport_sync.run_files SET created_at = NULL")  # the demo export is old
    insert_other_sessions(shop.connection, 25)
    insert_tasks(shop.connection, 25)


class Scenes:
    """Brings the window into the state of each picture.

    Args:
        desk: of a shop that `fill` has filled.
    """

    NAMES = ("import", "changes", "issues", "tasks", "history", "undo", "guard", "connections", "exchange")

    def __init__(self, desk: Desk) -> None:
        self._desk, self._window = desk, desk.window
        self._window.connections_page.named.disconnect(self._window._name_connection)
        self._window._name_connection("FREESPORT")
        desk.backend._stop_watching.set()  # nobody else comes and goes

    def show(self, name: str) -> QWidget:
        """Bring one about; returns what is on the picture."""
        shown: QWidget = getattr(self, f"_{name}")()
        return shown

    def _import(self) -> QWidget:
        form = self._window.import_page.form
        self._window.show_page("import")
        self._desk.choose_source(resource("demo"))
        form.source.path.blockSignals(True)
        form.source.path.setEditText(EXPORT)
        form.source.path.blockSignals(False)
        edit = form.source.path.lineEdit()
        assert edit is not None
        edit.home(False)
        return self._window

    def _changes(self) -> QWidget:
        return self._entry(_DRY_RUN, "changes")

    def _issues(self) -> QWidget:
        shown = self._entry(_IMPORT, "issues")
        page = self._window.entry_page.issues
        self._desk.until(lambda: page.table.model().rowCount() > 1)
        page.table.selectRow(1)
        return shown

    def _entry(self, key: EntryKey, tab: str) -> QWidget:
        page = self._window.entry_page
        self._window.open_entry(key)
        self._desk.until(lambda: page.stack.currentIndex() == 1)
        page.tabs.setCurrentWidget(getattr(page, tab))
        return self._window

    def _tasks(self) -> QWidget:
        tab = self._window.tasks_page.list
        self._window.show_page("tasks")
        self._desk.until(lambda: tab.model.rowCount() > 25 and tab.model.row_at(_WAITING_TASK) is not None)
        tab.table.selectRow(_WAITING_TASK)
        self._desk.until(tab.card.isVisible)
        return self._window

    def _history(self) -> QWidget:
        self._window.show_page("history")
        self._desk.until(lambda: self._window.history_page.model.rowCount() > 20)
        return self._window

    def _undo(self) -> QWidget:
        dialog = UndoDialog(self._desk.tools, 1, RestoreBackup("20261121-094107-2"), self._window)
        dialog.show()
        return dialog

    def _guard(self) -> QWidget:
        page, backend = self._window.import_page, self._desk.backend
        request = ShopImport(data_dir=Path(EXPORT))
        submission = backend.submission(request)
        snapshot = first_of_import(request, has_pictures=False)
        page.progress.begin(submission)
        backend.shop.submission, backend.shop.snapshot = submission, snapshot
        error = ImportFailed("large_change", **_LARGE_CHANGE)
        backend.run_ended.emit(RunEnd(submission, snapshot, None, error))
        backend.shop.submission = None
        return page.guard

    def _connections(self) -> QWidget:
        page = self._window.connections_page
        self._window.show_page("connections")
        database = page.database
        database.set_fixed("")
        database.setContentsMargins(GAP, GAP, GAP, GAP)
        database.show_database("FREESPORT", "postgresql://sync@db.example.ru:5432/freesport", "", True)
        database._on_tested(tuple(CheckItem(code, True, dict(params)) for code, params in _CHECKS))
        return database

    def _exchange(self) -> QWidget:
        page = self._window.exchange_page
        server = page.process
        self._window.show_page("onec")
        application = self._desk.backend.application
        assert application is not None
        application.exchange.set_password("пароль обмена")
        page.switch.look_for_password()
        server._child = cast("Any", object())  # as if there were one
        server.started = exchange_scenery.started()
        server._set(ServiceState.RUNNING)
        for served in exchange_scenery.requests(datetime.now()):
            server.updated.emit(served)
        server.updated.emit(exchange_scenery.running())
        server.state_changed.emit()
        return self._window

    def leave(self) -> None:
        """Let the window be closed."""
        server = self._window.exchange_page.process
        server._child = None
        server._set(ServiceState.STOPPED)


def texts_of(root: QWidget) -> list[str]:
    """What can be read in a picture, without lines with numbers, which are of the moment; in order of the alphabet."""
    found: set[str] = set()
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root) and not _is_volatile(widget):
            found.update(_texts(widget))
    lines = {re.sub(r"\s+", " ", text.replace("&", "")).strip() for text in found}
    return sorted(line for line in lines if line and not re.search(r"\d", line))


def _is_volatile(widget: QWidget) -> bool:
    """Rows of a table: which of them are visible depends on the font."""
    return isinstance(widget, QTableView) or isinstance(widget.parent(), QComboBox)


def _texts(widget: QWidget) -> list[str]:
    match widget:
        case QLabel() | QAbstractButton():
            return [widget.text()]
        case QGroupBox():
            return [widget.title()]
        case QLineEdit():
            return [widget.text() or widget.placeholderText()]
        case QComboBox():
            return [widget.currentText()]
        case QTabBar():
            return [widget.tabText(number) for number in range(widget.count()) if widget.isTabVisible(number)]
        case QHeaderView():
            model = widget.model()
            shown = [one for one in range(widget.count()) if not widget.isSectionHidden(one)]
            return [str(model.headerData(one, widget.orientation()) or "") for one in shown]
        case QListWidget():
            return [widget.item(row).text() for row in range(widget.count())]
        case QAbstractItemView():
            return [str(widget.model().index(0, 0, QModelIndex()).data() or "")]
        case _:
            return []


def picture_of(shown: QWidget) -> bytes:
    """A PNG of the 256 most frequent colours: a quarter of the size, and nobody sees the difference."""
    image = shown.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    colours = [colour for colour, _ in Counter(memoryview(image.constBits()).cast("I")).most_common(256)]
    few = image.convertToFormat(QImage.Format.Format_Indexed8, colours, Qt.ImageConversionFlag.AvoidDither)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert few.save(buffer, "PNG", 0)  # type: ignore[call-overload] # the slowest compression
    return bytes(buffer.data().data())


def main() -> int:
    """Take all pictures and keep them."""
    test = Path(__file__).with_name("test_guide_pictures.py")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", str(test)]
    return subprocess.run(command, env=os.environ | {KEEP_VARIABLE: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
