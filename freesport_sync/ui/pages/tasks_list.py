"""The tab «Задания»: a list that the database filters."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.task_list import Submitted, Task, TaskQuery, TaskStatus
from freesport_sync.ui.dialogs.submit import SubmitDialog
from freesport_sync.ui.models.paged import PagedModel
from freesport_sync.ui.models.tasks import task_columns
from freesport_sync.ui.pages.task_card import TaskCard
from freesport_sync.ui.widgets.long_list import LongList, StatusFilter, choice
from freesport_sync.ui.widgets.parts import SPACE, Tools, Wrapping, button, row
from freesport_sync.ui.widgets.search import SearchField
from freesport_sync.ui.widgets.table import Table

TEXT_WIDTH = 300
TICK_MS = 10_000
"""How often the words of the list are compared with the clock."""


class TasksTab(QWidget):
    """Tasks of all computers, the newest first.

    Args:
        tools: of the page.
    """

    entry_opened = Signal(object)
    """`EntryKey` of a run."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self._query = TaskQuery()
        self.model: PagedModel[Task] = PagedModel(
            tools.backend, task_columns(texts), None, self, key=lambda task: task.id
        )
        self.model.grows_at_top = True
        self.table = Table(
            tools, "tasks", texts("tasks.title"), self.model, "state", ("trigger", "priority", "host", "operator")
        )
        self.table.set_delegates(status="badge", state="bar")
        self.table.is_openable = True
        self.table.row_opened.connect(self._on_row_opened)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        self.list = LongList(tools, "tasks", "tasks", self.table, self.model, self.reset)
        self.card = TaskCard(tools)
        self.card.entry_opened.connect(self.entry_opened)
        self.card.submitted.connect(self.show_submitted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(self._make_filters())
        layout.addWidget(self.list, 1)
        layout.addWidget(self.card)
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self.table.viewport().update)
        self._clock.start()
        self._show_list()

    def reset(self) -> None:
        """Clear all filters."""
        self.text.clear()
        self.type.setCurrentIndex(0)
        self.statuses.clear()
        self._filter()

    def refresh(self) -> None:
        """Read again what is shown."""
        self.list.refresh()
        self.card.refresh()

    def show_task(self, task_id: int) -> None:
        """Show one task, whatever the list shows."""
        number = self.model.find(task_id)
        if number is None:
            self.table.clearSelection()
            self.table.setCurrentIndex(QModelIndex())
        else:
            self.table.selectRow(number)
        self.card.show_task(task_id)

    def show_submitted(self, submitted: Submitted) -> None:
        """Show a task that was put into the queue."""
        self.reset()
        self.show_task(submitted.id)
        self.card.tell(submitted)

    def ask_what(self) -> None:
        """Ask what is to be put into the queue."""
        self.dialog = SubmitDialog(self._tools, self.window())
        self.dialog.submitted.connect(self.show_submitted)
        self.dialog.open()

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _make_filters(self) -> QWidget:
        texts = self._tools.texts
        self.text = SearchField(texts("tasks.search"))
        self.text.changed.connect(self._filter)
        self.text.setMinimumWidth(TEXT_WIDTH)
        types = [(texts.word("task_type", one.name), one.name) for one in self._tools.backend.tasks]
        self.type = choice(texts("tasks.type"), [(texts("tasks.type_any"), ""), *types], self._filter)
        self.statuses = StatusFilter(self._tools, list(TaskStatus), "task_status")
        self.statuses.changed.connect(self._filter)
        self.clear = button(texts("tasks.reset"), self.reset, self._tools, role="link", shortcut="Ctrl+R")
        words = row(self.text, self.type)
        words.setStretch(0, 1)
        return Wrapping(words, row(self.statuses, self.clear, None))

    def _on_row_chosen(self, index: QModelIndex, _: QModelIndex) -> None:
        task = self.model.row_at(index.row()) if index.isValid() else None
        if task is not None:
            self.card.show_task(task.id, task)

    def _on_row_opened(self, task: Task) -> None:
        if task.run_id is not None:
            self.entry_opened.emit(EntryKey(EntrySource.RUN, task.run_id))

    def _filter(self) -> None:
        type_name = self.type.currentData()
        query = TaskQuery(
            statuses=self.statuses.chosen,
            types=frozenset([type_name]) if type_name else frozenset(),
            text=self.text.take(),
        )
        if query != self._query:
            self._query = query
            self._show_list()

    def _show_list(self) -> None:
        query = self._query
        self.list.show_list(lambda history, offset, limit: history.tasks(query, offset, limit), query != TaskQuery())
