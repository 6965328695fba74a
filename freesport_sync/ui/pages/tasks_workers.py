"""The tab «Исполнители»: the processes that run tasks, and whether they live."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.task_list import Worker
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.models.tasks import worker_columns
from freesport_sync.ui.widgets.parts import SPACE, Tools
from freesport_sync.ui.widgets.polled import PolledTable
from freesport_sync.ui.widgets.table import Table


class WorkersTab(QWidget):
    """Workers of all computers.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self.model: RowsModel[Worker] = RowsModel(worker_columns(texts), self)
        self.table = Table(tools, "workers", texts("workers.title"), self.model, "queues", ("process", "version"))
        self.table.set_delegates(status="badge")
        self.polled = PolledTable(tools, self.table, "computer", lambda history: history.workers(), self._on_read)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.addWidget(self.polled)

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _on_read(self, workers: tuple[Worker, ...]) -> None:
        texts = self._tools.texts
        self.model.show_rows(workers)
        if not workers:
            self.polled.empty.say("computer", texts("workers.empty"), texts("workers.empty_more"))
        self.polled.show_rows(bool(workers))
