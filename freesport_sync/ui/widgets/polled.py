"""A list that changes without anybody being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget

from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.widgets.table import Table

if TYPE_CHECKING:
    from freesport_sync.services.history import History

T = TypeVar("T")
TICK_MS = 5_000
"""Starts of schedules and signs of life of workers come without being told."""


class PolledTable(QStackedWidget):
    """A table that is read again every few seconds while it is shown, or what there is to say instead.

    Args:
        tools: of the page.
        table: shows the rows.
        icon: of what is said while they are read.
        ask: reads; called on a thread of the backend.
        take: receives what was read, and says with `show_rows` whether there are rows.
    """

    def __init__(
        self, tools: Tools, table: Table, icon: str, ask: Callable[[History], T], take: Callable[[T], None]
    ) -> None:
        super().__init__()
        self._backend = tools.backend
        self._table = table
        self._is_asked = False
        self._ask: Callable[[History], Any] = ask
        self._take: Callable[[Any], None] = take
        self.empty = Placeholder(tools)
        self.empty.say(icon, tools.texts("window.loading"))
        self.addWidget(self.empty)
        self.addWidget(table)
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self.refresh)
        tools.backend.opened.connect(self.refresh)
        tools.backend.database_status_changed.connect(self._on_database_status)

    def refresh(self) -> None:
        """Read again what is shown."""
        if self.isVisible() and not self._is_asked and self._backend.application is not None:
            self._is_asked = True
            self._backend.ask(self._ask, self._on_read, self._on_failed)

    def show_rows(self, are_there: bool) -> None:
        """Show the table, or what was said to `empty`."""
        self.setCurrentWidget(self._table if are_there else self.empty)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def _on_database_status(self, _: object) -> None:
        self.refresh()

    def _on_read(self, read: Any) -> None:
        self._is_asked = False
        self._take(read)

    def _on_failed(self, error: SyncError) -> None:
        self._is_asked = False
        self.empty.say_error(error)
        self.show_rows(False)
