"""The tab «Расписание»."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import Tools


class ScheduleTab(QWidget):
    """The schedules of the database.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = Placeholder(tools)
        self.empty.say("history", tools.texts("tasks.no_schedules"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.empty)

    def refresh(self) -> None:
        """Read again what is shown."""

    def save_state(self) -> None:
        """Remember widths."""
