"""«Журнал»: the program's own log."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.masking import masked
from freesport_sync.errors import SyncError
from freesport_sync.ui.dialogs.support import SupportDialog
from freesport_sync.ui.log_file import LogLine, read_log
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    check_box,
    label,
    row,
)
from freesport_sync.ui.widgets.search import SearchField
from freesport_sync.ui.widgets.table import Table

FOLLOW_MS = 1000
LEVELS = ("INFO", "WARNING", "ERROR")


class LogPage(QWidget):
    """The lines of the log, filtered by level and words; follows the file.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._lines: tuple[LogLine, ...] = ()
        self._is_reading = False
        texts = tools.texts
        columns: list[Column[LogLine]] = [
            Column("time", texts("log.time"), lambda one: texts.moment(datetime.fromisoformat(one.time), True), 20),
            Column("level", texts("log.level"), lambda one: _level(tools, one.level), 17),
            Column("message", texts("log.message"), lambda one: texts.logged(one.message), 30),
        ]
        self.model: RowsModel[LogLine] = RowsModel(columns, self)
        self.table = Table(tools, "log", texts("log.title"), self.model, "message")
        self.table.selectionModel().currentRowChanged.connect(self._show_details)
        self.level = QComboBox()
        self.level.setAccessibleName(texts("log.level"))
        for name in LEVELS:
            self.level.addItem(texts(f"log.from_{name.lower()}"), name)
        self.level.currentIndexChanged.connect(self._filter)
        self.text = SearchField(texts("log.search"))
        self.text.textChanged.connect(self._filter)  # at once: the lines are in memory
        self.follow = check_box(texts("log.follow"), is_checked=True)
        self.open = button(texts("log.open"), self._open, tools, "folder")
        self.support = button(
            texts("log.support"), self._open_support, tools, "archive", tooltip=texts("support_dialog.tip")
        )
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(texts("log.details"))
        self.details.hide()
        self.empty = Placeholder(tools)
        self.empty.say("log", texts("window.reading"))
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.details)
        split.setSizes([500, 160])
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(label(texts("log.title"), "title"))
        bar = row(self.text, self.level, self.follow, self.open, self.support)
        bar.setStretch(0, 1)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self._tick)
        tools.backend.opened.connect(self.read)

    def read(self) -> None:
        """Read the file again."""
        application = self._tools.backend.application
        if application is not None and not self._is_reading:
            self._is_reading = True
            folder = application.installation.logs
            self._tools.backend.work(lambda: read_log(folder), self._show, self._on_failed)

    def refresh(self) -> None:
        """Read the file again."""
        self.read()

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        if self.follow.isChecked():
            self.read()

    def _show(self, lines: tuple[LogLine, ...]) -> None:
        self._is_reading = False
        if lines != self._lines or not lines:
            self._lines = lines
            self._filter()

    def _filter(self) -> None:
        wanted = LEVELS[LEVELS.index(self.level.currentData()) :]
        others = ("CRITICAL",)
        text = self.text.take().casefold()
        rows = [line for line in self._lines if line.level in (*wanted, *others) and text in self._searched(line)]
        self.model.show_rows(rows)
        if rows:
            self.stack.setCurrentIndex(1)
            if self.follow.isChecked() and not self.table.currentIndex().isValid():
                self.table.scrollToBottom()
            return
        texts = self._tools.texts
        if self._lines:
            self.empty.say("search", texts("log.nothing_found"))
        else:
            self.empty.say("log", texts("log.empty"), texts("log.empty_more"))
        self.stack.setCurrentIndex(0)

    def _searched(self, line: LogLine) -> str:
        texts = self._tools.texts
        return f"{line.time} {line.source} {texts.logged(line.message)} {line.message}".casefold()

    def _show_details(self) -> None:
        line = self.table.selected()
        self.details.setVisible(isinstance(line, LogLine))
        if isinstance(line, LogLine):
            self.details.setPlainText(masked(f"{line.time} {line.level} {line.source}\n{line.message}"))

    def _open(self) -> None:
        application = self._tools.backend.application
        if application is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(application.installation.logs)))

    def _open_support(self) -> None:
        self.support_dialog = SupportDialog(self._tools, None, self.window())
        self.support_dialog.open()

    def _on_failed(self, error: SyncError) -> None:
        self._is_reading = False
        self.empty.say_error(error)
        self.stack.setCurrentIndex(0)


def _level(tools: Tools, level: str) -> str:
    key = f"log.level_{level.lower()}"
    return tools.texts(key) if tools.texts.has(key) else level
