"""Mentions once, at the next start, that a process of the program has crashed."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from freesport_sync.crash_reports import CrashReport
from freesport_sync.errors import SyncError
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.dialogs.support import SupportDialog
from freesport_sync.ui.widgets.parts import Tools

_MENTIONED = "support/crash"
"""Name of the newest report that was mentioned."""


class CrashNotice(QObject):
    """Looks for reports of crashes when the program has opened, and offers the support package.

    Args:
        tools: of the window.
        window: the parent of what is shown.
    """

    def __init__(self, tools: Tools, window: QWidget) -> None:
        super().__init__(window)
        self._tools = tools
        self._window = window
        self.question: QMessageBox | None = None
        self.support: SupportDialog | None = None
        tools.backend.opened.connect(self._look)

    def _look(self) -> None:
        self._tools.backend.do(
            lambda application: application.support.crash_reports(), self._on_found, self._on_unreadable
        )

    def _on_found(self, reports: tuple[CrashReport, ...]) -> None:
        texts, state = self._tools.texts, self._tools.state
        if not reports or reports[0].path.name <= state.text(_MENTIONED):
            return
        state.keep(_MENTIONED, reports[0].path.name)
        state.save()  # at once: the next crash may come before the window is closed
        newest = reports[0]
        what = texts.word("process_kind", newest.process_kind)
        text = texts("crash_notice.text", what=what, moment=texts.moment(newest.crashed_at))
        self.question = question(
            self._window, texts("crash_notice.title"), text, texts("crash_notice.yes"), texts("crash_notice.no")
        )
        self.question.finished.connect(self._on_answered)
        self.question.open()

    def _on_answered(self, _: int) -> None:
        if self.question is not None and answered_yes(self.question):
            self.support = SupportDialog(self._tools, None, self._window)
            self.support.open()

    def _on_unreadable(self, _: SyncError) -> None:
        """Ignored: nobody has asked."""
