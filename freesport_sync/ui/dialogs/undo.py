"""To undo an import: first what that would change, then the decision."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import GAP, Tools, button, fit, row

WIDTH = 600


class UndoDialog(QDialog):
    """Asks whether to look first.

    Args:
        tools: of the page.
        run_id: of the import.
        backup_id: of the backup that was made before it.
        parent: the window.
    """

    chosen = Signal(str, bool)
    """The backup, and whether only to look."""

    def __init__(self, tools: Tools, run_id: int, backup_id: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._backup_id = backup_id
        texts = tools.texts
        self.setWindowTitle(texts("undo.title", run_id=run_id))
        notice = Notice(tools)
        notice.say("warn", texts("undo.title", run_id=run_id), texts("undo.what"), texts("undo.later"))
        self.look = button(texts("undo.look"), self._look, tools, "eye", "primary")
        self.undo = button(texts("undo.undo"), self._undo, tools, role="danger")
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
        self.chosen.emit(self._backup_id, True)

    def _undo(self) -> None:
        self.accept()
        self.chosen.emit(self._backup_id, False)
