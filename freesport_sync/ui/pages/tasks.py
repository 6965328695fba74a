"""«Задания»: what waits, runs and has run on all computers, the workers, and the schedules."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from freesport_sync.ui.pages.tasks_list import TasksTab
from freesport_sync.ui.pages.tasks_schedule import ScheduleTab
from freesport_sync.ui.pages.tasks_workers import WorkersTab
from freesport_sync.ui.widgets.parts import GAP, SPACE, Tools, label, row


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
        layout.addLayout(row(label(texts("tasks.page_title"), "title"), None))
        layout.addWidget(self.tabs, 1)
        self.list.entry_opened.connect(self.entry_opened)

    def refresh(self) -> None:
        """Read again what is shown."""
        self.tabs.currentWidget().refresh()  # type: ignore[attr-defined]

    def save_state(self) -> None:
        """Remember widths."""
        for tab in (self.list, self.workers, self.schedule):
            tab.save_state()
