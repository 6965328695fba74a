"""The log of an entry, stage by stage, and this computer's log of the same time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from freesport_sync.core.history import HistoryDetails
from freesport_sync.errors import SyncError
from freesport_sync.ui.entry_story import story_of
from freesport_sync.ui.log_file import LogLine, read_log
from freesport_sync.ui.widgets.parts import SPACE, Tools, label

SLACK = timedelta(seconds=2)
"""The server's clock and ours differ a little."""


class LogTab(QWidget):
    """The log of the entry, then the program's own log of the same time.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._details: HistoryDetails | None = None
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setAccessibleName(tools.texts("entry.tab_log"))
        self.view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE + 4, 0, 0)
        layout.addWidget(label(tools.texts("entry.log_help"), "muted", is_wrapped=True))
        layout.addWidget(self.view, 1)

    def show_entry(self, details: HistoryDetails) -> None:
        """Show the log of an entry."""
        self._details = details
        application = self._tools.backend.application
        self._show(())
        if application is not None:
            folder = application.installation.logs
            entry = details.entry
            since, until = entry.started_at - SLACK, (entry.finished_at or datetime.now().astimezone()) + SLACK
            self._tools.backend.work(lambda: _between(folder, since, until), self._show, self._on_log_unreadable)

    def _show(self, lines: tuple[LogLine, ...]) -> None:
        details = self._details
        if details is None:
            return
        texts = self._tools.texts
        own = [f"{texts.moment(datetime.fromisoformat(one.time), True)}  {texts.logged(one.message)}" for one in lines]
        log = "\n".join([texts("story.own_log"), *own]) if own else ""
        text = "\n\n".join(part for part in (story_of(texts, details), log) if part)
        if text != self.view.toPlainText():
            self.view.setPlainText(text)

    def _on_log_unreadable(self, _: SyncError) -> None:
        """Ignored: the log of the entry is shown all the same."""


def _between(folder: Path, since: datetime, until: datetime) -> tuple[LogLine, ...]:
    first, last = (f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" for moment in (since, until))
    return tuple(line for line in read_log(folder) if first <= line.time[:19] <= last)
