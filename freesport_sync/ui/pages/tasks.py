"""«Задания»: what waits, runs and has run on all computers, the workers, and the schedules."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from freesport_sync.core.task_list import Submitted
from freesport_sync.ui.pages.tasks_list import TasksTab
from freesport_sync.ui.pages.tasks_schedule import ScheduleTab
from freesport_sync.ui.pages.tasks_workers import WorkersTab
from freesport_sync.ui.widgets.parts import GAP, SPACE, Tools, allow, button, label, row


class TasksPage(QWidget):
    """Three tabs; each has `refresh` and `save_state`.

    Args:
        tools: of the window.
    """

    entry_opened = Signal(object)
    """`EntryKey`."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        texts = tools.texts
        self.list = TasksTab(tools)
        self.workers = WorkersTab(tools)
        self.schedule = ScheduleTab(tools)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(texts("tasks.page_title"))
        for name, tab in (("list", self.list), ("workers", self.workers), ("schedule", self.schedule)):
            self.tabs.addTab(tab, texts(f"tasks.tab_{name}"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        self.submit = button(texts("tasks.submit"), self.list.ask_what, tools, "tasks", shortcut="Ctrl+N")
        layout.addLayout(row(label(texts("tasks.page_title"), "title"), None, self.list.list.found, self.submit))
        layout.addWidget(self.tabs, 1)
        self.tabs.currentChanged.connect(self._on_tab)
        self.list.entry_opened.connect(self.entry_opened)
        self.schedule.submitted.connect(self.show_submitted)

        tools.backend.database_status_changed.connect(self._on_database_status)
        self._on_database_status(None)

    def show_task(self, task_id: int) -> None:
        """Show one task."""
        self.tabs.setCurrentWidget(self.list)
        self.list.show_task(task_id)

    def show_submitted(self, submitted: Submitted) -> None:
        """Show a task that was put into the queue."""
        self.tabs.setCurrentWidget(self.list)
        self.list.show_submitted(submitted)

    def refresh(self) -> None:
        """Read again what is shown."""
        self.tabs.currentWidget().refresh()  # type: ignore[attr-defined]

    def save_state(self) -> None:
        """Remember widths."""
        for tab in (self.list, self.workers, self.schedule):
            tab.save_state()

    def _on_tab(self, _: int) -> None:
        self.list.list.found.setVisible(self.tabs.currentWidget() is self.list)

    def _on_database_status(self, _: object) -> None:
        backend, texts = self._tools.backend, self._tools.texts
        refusal = backend.rights.runs
        reason = "" if refusal is None else texts.error(refusal.error).what
        allow(self.submit, reason if backend.database_status is not None else texts("import_page.no_database"))
