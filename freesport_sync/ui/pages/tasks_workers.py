"""The tab «Исполнители»: the processes that run tasks, and whether they live."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.task_list import Worker
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.models.tasks import worker_columns
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import SPACE, Tools
from freesport_sync.ui.widgets.table import Table

TICK_MS = 5_000
"""How often the list is read again while it is shown: a sign of life is no change that would be told."""


class WorkersTab(QWidget):
    """Workers of all computers.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self._is_asked = False
        self.model: RowsModel[Worker] = RowsModel(worker_columns(texts), self)
        self.table = Table(tools, "workers", texts("workers.title"), self.model, "queues", ("process", "version"))
        self.table.set_delegates(status="badge")
        self.empty = Placeholder(tools)
        self.empty.say("computer", texts("window.loading"))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.addWidget(self.stack)
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self.refresh)
        tools.backend.opened.connect(self.refresh)
        tools.backend.database_status_changed.connect(self._on_database_status)

    def refresh(self) -> None:
        """Read again what is shown."""
        if self.isVisible() and not self._is_asked and self._tools.backend.application is not None:
            self._is_asked = True
            self._tools.backend.ask(lambda history: history.workers(), self._on_read, self._on_failed)

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def _on_database_status(self, _: DatabaseStatus) -> None:
        self.refresh()

    def _on_read(self, workers: tuple[Worker, ...]) -> None:
        texts = self._tools.texts
        self._is_asked = False
        self.model.show_rows(workers)
        if not workers:
            self.empty.say("computer", texts("workers.empty"), texts("workers.empty_more"))
        self.stack.setCurrentWidget(self.table if workers else self.empty)

    def _on_failed(self, error: SyncError) -> None:
        self._is_asked = False
        self.empty.say_error(error)
        self.stack.setCurrentWidget(self.empty)
