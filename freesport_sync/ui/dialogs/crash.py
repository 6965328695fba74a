"""An unexpected error, with everything that the developers need."""

from __future__ import annotations

import traceback

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from freesport_sync.core.masking import masked
from freesport_sync.ui.diagnostics import window_facts
from freesport_sync.ui.dialogs.support import SupportDialog
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Tools,
    button,
    row,
)


class CrashDialog(QDialog):
    """Shows an unexpected error; the window keeps running.

    Args:
        tools: of the window.
        error: that was not caught.
        parent: the window.
    """

    def __init__(self, tools: Tools, error: BaseException, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("crash.title"))
        notice = Notice(tools)
        notice.say("bad", texts("crash.title"), texts("crash.affected"), texts("crash.hint"))
        self.details = QPlainTextEdit(masked("\n".join([window_facts(tools), "", *traceback.format_exception(error)])))
        self.details.setReadOnly(True)
        self.details.setAccessibleName(texts("crash.details"))
        self.copy = button(texts("crash.copy"), self._copy, tools, "copy")
        self.support = button(texts("crash.support"), self._open_support, tools, "archive")
        self.leave = button(texts("crash.close"), self.accept, tools, role="primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, GAP, GAP, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(notice)
        layout.addWidget(self.details, 1)
        layout.addLayout(row(self.copy, self.support, None, self.leave))
        self.resize(760, 460)

    def _open_support(self) -> None:
        self.support_dialog = SupportDialog(self._tools, None, self)
        self.support_dialog.open()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
