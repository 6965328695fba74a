"""Undoes an import or a repair: offers a dry run before the decision."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from freesport_sync.core.shop import UpkeepKind
from freesport_sync.core.tasks import Request
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Tools,
    button,
    fit,
    row,
)

WIDTH = 600


class UndoDialog(QDialog):
    """Asks whether to try first or to undo at once.

    Args:
        tools: of the page.
        run_id: of the run.
        request: that undoes it.
        parent: the window.
    """

    chosen = Signal(bool)
    """Whether to make only a dry run."""

    def __init__(self, tools: Tools, run_id: int, request: Request, parent: QWidget) -> None:
        super().__init__(parent)
        texts = tools.texts
        of_repair = "_repair" if request.kind == UpkeepKind.UNDO_REPAIR else ""
        title = texts(f"undo.title{of_repair}", run_id=run_id)
        self.setWindowTitle(title)
        notice = Notice(tools)
        notice.say("warn", title, texts(f"undo.what{of_repair}"), texts(f"undo.later{of_repair}"))
        self.look = button(texts("undo.look"), self._look, tools, "eye", "primary")
        self.undo = button(texts(f"undo.undo{of_repair}"), self._undo, tools, role="danger")
        self.leave = button(texts("undo.leave"), self.reject, tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(notice)
        layout.addLayout(row(self.undo, None, self.leave, self.look))
        fit(self, layout, WIDTH)
        self.look.setFocus()

    def _look(self) -> None:
        self.accept()
        self.chosen.emit(True)

    def _undo(self) -> None:
        self.accept()
        self.chosen.emit(False)
