"""A part of the status bar."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QWidget

from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import SPACE, Tools, label


class StatusItem(QWidget):
    """An icon and a few words of the status bar."""

    def __init__(self, tools: Tools, icon_name: str, text: str) -> None:
        super().__init__()
        self._tools = tools
        self._name, self._tone = icon_name, "muted"
        self._picture = QLabel()
        self._text = label(text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, 2, SPACE, 2)
        layout.setSpacing(6)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        layout.addWidget(self._picture)
        layout.addWidget(self._text)
        tools.theme.changed.connect(self._draw)
        self._draw()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, icon_name: str, text: str, tone: str = "muted") -> None:
        self._name, self._tone = icon_name, tone
        self._text.setText(text)
        self._draw()

    def _draw(self) -> None:
        color = self._tools.theme.color(self._tone)
        self._picture.setPixmap(pixmap(self._name, color, 16, self.devicePixelRatioF()))
