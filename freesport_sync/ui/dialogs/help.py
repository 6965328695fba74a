"""F1: what the page is for, and the keys."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from freesport_sync import __version__
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    label,
    row,
)

WIDTH = 620
_KEYS = ("pages", "refresh", "enter", "start", "check", "cancel", "copy", "letters", "help")


class HelpDialog(QDialog):
    """Describes a page in a few words, and the keys of the window.

    Args:
        tools: of the window.
        page: the one that is shown.
        parent: the window.
    """

    def __init__(self, tools: Tools, page: str, parent: QWidget) -> None:
        super().__init__(parent)
        texts = tools.texts
        self.setWindowTitle(texts("help.title"))
        keys = QGridLayout()
        keys.setHorizontalSpacing(GAP)
        keys.setVerticalSpacing(SPACE)
        keys.setColumnStretch(1, 1)
        for line, name in enumerate(_KEYS):
            keys.addWidget(label(texts(f"help.key_{name}"), "heading"), line, 0)
            keys.addWidget(label(texts(f"help.{name}"), is_wrapped=True), line, 1)
        self.leave = button(texts("help.close"), self.accept, tools, role="primary")
        self.leave.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(label(texts(f"window.page_{page}"), "title"))
        layout.addWidget(label(texts(f"help.page_{page}"), is_wrapped=True))
        layout.addWidget(label(texts("help.keys"), "heading"))
        layout.addLayout(keys)
        layout.addLayout(row(label(texts("help.version", version=__version__), "muted"), None, self.leave))
        self.setMinimumWidth(WIDTH)
        self.leave.setFocus()
