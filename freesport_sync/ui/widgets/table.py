"""Tables of long lists: badges, live bars, remembered widths, a position that survives a refresh."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from freesport_sync.core.history import EntryStatus, HistoryEntry, IssueCount
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Task, TaskStatus, Worker
from freesport_sync.ui.exchange_feed import LoggedRequest
from freesport_sync.ui.exchange_progress import SentFile
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.models.newest import NewestModel
from freesport_sync.ui.models.paged import ROW_ROLE, Column, PagedModel
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.models.schedules import schedule_badge
from freesport_sync.ui.models.tasks import task_badge, worker_badge
from freesport_sync.ui.theme import Theme, tone_of
from freesport_sync.ui.widgets.columns import ColumnWidths
from freesport_sync.ui.widgets.parts import Tools

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT = 34
COPIED_ROWS = 1000
"""How many rows are copied at most."""
_NO_MODIFIERS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_ICONS = {"note": "info", "warning": "remarks", "error": "failed"}
"""Icons of severities, which have none of their own name."""


class Badge(QStyledItemDelegate):
    """A status with its icon, its word and its colour."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, LoggedRequest | SentFile):
            tone, icon_name = row.badge
        elif isinstance(row, Task):
            tone, icon_name = task_badge(row)
        elif isinstance(row, Worker):
            tone, icon_name, _ = worker_badge(row)
        elif isinstance(row, Schedule):
            tone, icon_name, _ = schedule_badge(row)
        elif isinstance(row, HistoryEntry | RowIssue | IssueCount):
            state = row.status if isinstance(row, HistoryEntry) else row.severity
            tone, icon_name = tone_of(state), _ICONS.get(state.value, state.value)
        else:
            super().paint(painter, option, index)
            return
        draw_background(painter, option)
        paint_badge(painter, option, self._theme, tone, icon_name, str(index.data() or ""))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + 44, ROW_HEIGHT)


def paint_badge(
    painter: QPainter, option: QStyleOptionViewItem, theme: Theme, tone: str, icon_name: str, text: str
) -> None:
    """Paint an icon and a word on a soft background."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = option.fontMetrics
    width = min(metrics.horizontalAdvance(text) + 36, option.rect.width() - 12)
    height = min(24, option.rect.height() - 6)
    box = QRectF(option.rect.x() + 6, option.rect.center().y() - height / 2 + 1, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(f"{tone}_soft"))
    painter.drawRoundedRect(box, 6, 6)
    ratio = option.widget.devicePixelRatioF() if option.widget is not None else 1.0
    picture = pixmap(icon_name, theme.color(tone), 16, ratio)
    painter.drawPixmap(int(box.x() + 7), int(box.center().y() - 8), picture)
    painter.setPen(theme.color(tone))
    room = box.adjusted(28, 0, -6, 0)
    painter.drawText(
        room,
        Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
        metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width())),
    )
    painter.restore()


class RunBar(QStyledItemDelegate):
    """The result of an entry or a task; while it runs, a bar."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        done = _fraction(row)
        if done is None:
            super().paint(painter, option, index)
            return
        draw_background(painter, option)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = QRectF(option.rect).adjusted(8, 0, -8, 0)
        painter.setPen(self._theme.color("text"))
        text = option.fontMetrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(inner.adjusted(0, 3, 0, -9), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        groove = QRectF(inner.x(), inner.bottom() - 8, inner.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("neutral_soft"))
        painter.drawRoundedRect(groove, 2, 2)
        if done:
            groove.setWidth(max(groove.width() * min(done, 1.0), 4))
            painter.setBrush(self._theme.color("accent"))
            painter.drawRoundedRect(groove, 2, 2)
        painter.restore()


def _fraction(row: object) -> float | None:
    """How far an entry or a task is; 0: nobody knows yet; None: it does not run."""
    if isinstance(row, HistoryEntry) and row.status is EntryStatus.RUNNING:
        return row.done / row.total if row.total else 0.0
    if isinstance(row, Task) and row.status is TaskStatus.RUNNING:
        return row.percent / 100
    return None


def draw_background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Paint the selection and the line of a cell that paints itself."""
    style = option.widget.style() if option.widget is not None else None
    if style is not None:
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)


class Table(QTableView):
    """A table of a paged model; Enter or a double click opens a row.

    Args:
        tools: of the page.
        name: under which the widths of its columns are remembered.
        title: for screen readers.
        model: to be shown.
        stretched: column that gets the remaining room; empty: the last one.
        spared: columns that are hidden, one after another, if there is no room for all.
    """

    row_opened = Signal(object)
    is_openable = False
    """Whether rows can be opened."""

    def __init__(
        self,
        tools: Tools,
        name: str,
        title: str,
        model: PagedModel[Any] | RowsModel[Any],
        stretched: str = "",
        spared: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._tools = tools
        self._model = model
        self.setAccessibleName(title)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        vertical = self.verticalHeader()
        vertical.setVisible(False)
        vertical.setDefaultSectionSize(ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # 100,000 rows are not measured one by one
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setAccessibleName(title)
        self._badge = Badge(tools.theme, self)
        self._bar = RunBar(tools.theme, self)
        self._widths = ColumnWidths(self, model.columns, name, tools.state, stretched, spared)
        self.doubleClicked.connect(self._open)
        if isinstance(model, PagedModel):
            model.grown.connect(self._keep_place)
            model.modelAboutToBeReset.connect(self._remember_place)
            model.modelReset.connect(self._restore_place)
        elif isinstance(model, NewestModel):
            model.grown.connect(self._keep_place)
        tools.theme.changed.connect(self.viewport().update)
        self._place: tuple[object | None, int] = (None, 0)

    @property
    def columns(self) -> tuple[Column[Any], ...]:
        """The columns of the model."""
        return self._model.columns

    @property
    def first_visible(self) -> int:
        """The row at the top."""
        return max(self.rowAt(0), 0)

    def selected(self) -> Any:
        """The row that is selected, or None."""
        index = self.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    def keep_widths(self) -> None:
        """Remember the widths of the columns."""
        self._widths.keep()

    def set_delegates(self, **delegates: str) -> None:
        """Column -> `badge` or `bar`."""
        for number, column in enumerate(self._model.columns):
            if column.name in delegates:
                self.setItemDelegateForColumn(number, {"badge": self._badge, "bar": self._bar}[delegates[column.name]])
        self._widths.forget()

    def copy_rows(self) -> None:
        """Put the selected rows into the clipboard, as a sheet of a spreadsheet."""
        shown = [number for number in range(len(self._model.columns)) if not self.isColumnHidden(number)]
        ranges = self.selectionModel().selection().toList()
        tops = ((one.top(), min(one.bottom(), one.top() + COPIED_ROWS)) for one in ranges)
        rows = sorted({row for top, bottom in tops for row in range(top, bottom + 1)})
        lines = [[str(self._model.index(row, number).data() or "") for number in shown] for row in rows[:COPIED_ROWS]]
        text = "\n".join("\t".join(" ".join(cell.split()) for cell in line) for line in lines if any(line))
        if text:
            QGuiApplication.clipboard().setText(text)

    def copy_cell(self) -> None:
        """Put the text of the current cell into the clipboard."""
        QGuiApplication.clipboard().setText(str(self.currentIndex().data() or ""))

    def menu(self) -> QMenu:
        """What can be done with the current row."""
        texts, menu = self._tools.texts, QMenu(self)
        menu.setAccessibleName(texts("table.menu"))
        if self.is_openable:
            menu.addAction(texts("table.open"), self._open_current).setShortcut(QKeySequence(Qt.Key.Key_Return))
        menu.addAction(texts("table.copy_rows"), self.copy_rows).setShortcut(QKeySequence.StandardKey.Copy)
        menu.addAction(texts("table.copy_cell"), self.copy_cell)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            place = event.globalPos()
        else:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        if self.currentIndex().isValid():
            self.menu().popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() in _NO_MODIFIERS:
            self._open_current()
            return
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_widths"):
            self._widths.forget()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._widths.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_widths"):
            self._widths.fit()

    def _open_current(self) -> None:
        self._open(self.currentIndex())

    def _open(self, index: Index) -> None:
        row = index.data(ROW_ROLE) if index.isValid() else None
        if row is not None:
            self.row_opened.emit(row)

    def _keep_place(self, rows: int) -> None:
        """Keep what is being read in place when rows appear above it."""
        bar = self.verticalScrollBar()
        if bar.value() > 0:
            bar.setValue(bar.value() + rows * ROW_HEIGHT)

    def _remember_place(self) -> None:
        if isinstance(self._model, PagedModel):
            self._place = (self._model.key_of(self.currentIndex()), self.verticalScrollBar().value())

    def _restore_place(self) -> None:
        key, value = self._place
        number = self._model.find(key) if isinstance(self._model, PagedModel) and key is not None else None
        if number is not None:
            self.setCurrentIndex(self._model.index(number, 0))
        self.verticalScrollBar().setValue(value)
