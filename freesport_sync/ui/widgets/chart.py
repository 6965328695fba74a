"""A bar for each run: its height is the duration, its colour the result."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from freesport_sync.core.history import HistoryEntry
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.parts import Tools

HEIGHT = 96
_LOWEST = 4.0
_WIDEST = 22.0
_TOP = 18.0


class RunChart(QWidget):
    """The newest runs, the last one at the right; a click or Enter opens one.

    Args:
        tools: of the page.
    """

    opened = Signal(object)
    """`EntryKey`."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._entries: tuple[HistoryEntry, ...] = ()
        self._current: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(tools.texts("history.chart"))
        tools.theme.changed.connect(self.update)

    def show_entries(self, newest_first: tuple[HistoryEntry, ...]) -> None:
        """Show other runs."""
        entries = tuple(reversed(newest_first))
        if entries != self._entries:
            self._entries = entries
            self._choose(None)

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def bar(self, number: int) -> QRectF:
        """Where a run's bar is."""
        step = min(self.width() / max(len(self._entries), 1), _WIDEST)
        left = self.width() - step * (len(self._entries) - number)
        room = self.height() - _TOP - 2
        longest = max((entry.duration_s for entry in self._entries), default=0.0) or 1.0
        height = max(_LOWEST, room * self._entries[number].duration_s / longest)
        return QRectF(left + step * 0.12, self.height() - height - 1, step * 0.76, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, texts = self._tools.theme, self._tools.texts
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        if not self._entries:
            return
        longest = max(entry.duration_s for entry in self._entries)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(0, 0, self.width(), _TOP), Qt.AlignmentFlag.AlignLeft, texts("history.chart"))
        longest_text = texts("history.longest", time=texts.duration(longest))
        painter.drawText(QRectF(0, 0, self.width(), _TOP), Qt.AlignmentFlag.AlignRight, longest_text)
        for number, entry in enumerate(self._entries):
            color = theme.color(tone_of(entry.status))
            if entry.is_dry_run:  # only looked: an outline
                painter.setBrush(theme.color(f"{tone_of(entry.status)}_soft"))
                painter.setPen(QPen(color, 1))
            else:
                painter.setBrush(color)
                painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(self.bar(number), 2, 2)
        if self._current is not None and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.drawRoundedRect(self.bar(self._current).adjusted(-2, -2, 2, 1), 3, 3)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().x())
        if number is not None:
            self._choose(number)
            self.opened.emit(self._entries[number].key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        is_over = self._at(event.position().x()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._entries) - 1
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and last >= 0:
            step = -1 if event.key() == Qt.Key.Key_Left else 1
            self._choose(min(max((last + 1 if self._current is None else self._current) + step, 0), last))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.opened.emit(self._entries[self._current].key)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._at(event.position().x() if hasattr(event, "position") else event.pos().x())
            if number is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self._tooltip(number), self)
            return True
        return super().event(event)

    def _choose(self, number: int | None) -> None:
        self._current = number
        self.setAccessibleDescription("" if number is None else self._tooltip(number))
        self.update()

    def _tooltip(self, number: int) -> str:
        texts, entry = self._tools.texts, self._entries[number]
        return "\n".join(
            (
                f"{texts.kind(entry.kind, entry.is_dry_run)}: {texts.status(entry.status)}",
                f"{texts.moment(entry.started_at)}, {texts.duration(entry.duration_s)}",
            )
        )

    def _at(self, x: float) -> int | None:
        step = min(self.width() / max(len(self._entries), 1), _WIDEST)
        number = int((x - (self.width() - step * len(self._entries))) // step)
        return number if 0 <= number < len(self._entries) else None
