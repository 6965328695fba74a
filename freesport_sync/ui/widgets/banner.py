"""The banner above all pages, which says that the database cannot be reached."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from freesport_sync.errors import ConnectionFailed, SyncError
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    label,
)


class Banner(QFrame):
    """Says what is wrong until it is fixed; there is only one.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self.setObjectName("banner")
        self._picture = QLabel()
        self._text = label("", is_wrapped=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP, SPACE, GAP, SPACE)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        tools.theme.changed.connect(self._draw)
        self._draw()
        self.hide()

    def say_error(self, error: SyncError) -> None:
        """Show what is wrong and what to do; the program tries again by itself."""
        text = self._tools.texts.error(error)
        is_lost = isinstance(error, ConnectionFailed)
        what = text.what if text.what.endswith((".", "…")) else f"{text.what}."
        words = [what, self._tools.texts("window.reconnecting") if is_lost else text.hint]
        self._text.setText(" ".join(words))
        self.setAccessibleName(" ".join(words))
        self.show()

    def _draw(self) -> None:
        self._picture.setPixmap(pixmap("offline", self._tools.theme.color("warn"), 20, self.devicePixelRatioF()))
