"""A field for words to search for."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit

TYPING_MS = 300


class SearchField(QLineEdit):
    """Waits until typing has paused before it reports a change.

    Args:
        hint: shown while the field is empty; also its name for screen readers.
    """

    changed = Signal()

    def __init__(self, hint: str) -> None:
        super().__init__()
        self.setClearButtonEnabled(True)
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_MS)
        self._pause.timeout.connect(self.changed)
        self.textChanged.connect(self._pause.start)

    def take(self) -> str:
        """The words to search for; a change that was not reported yet no longer needs to be."""
        self._pause.stop()
        return self.text().strip()
