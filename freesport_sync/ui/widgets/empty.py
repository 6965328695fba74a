"""What a page shows instead of its content: nothing there yet, still loading, unreadable."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    button,
    label,
)


class Placeholder(QWidget):
    """A picture, a sentence, and perhaps something to do.

    Args:
        tools: of the page.
        action: text of the button; empty for none.
        on_click: what it does.
    """

    def __init__(
        self,
        tools: Tools,
        action: str = "",
        on_click: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tools = tools
        self._icon, self._tone = "waiting", "muted"
        self._picture = QLabel()
        self._title = label("", "big", is_wrapped=True)
        self._text = label("", "muted", is_wrapped=True)
        layout = QVBoxLayout(self)
        layout.setSpacing(SPACE)
        layout.addStretch(2)
        for widget in (self._picture, self._title, self._text):
            if isinstance(widget, QLabel):
                widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(widget)
        self._button = None if on_click is None else button(action, on_click, tools)
        if self._button is not None:
            layout.addSpacing(SPACE)
            layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        tools.theme.changed.connect(self._draw)

    def say(self, icon_name: str, title: str, text: str = "", tone: str = "muted") -> None:
        """Change icon and texts."""
        self._icon, self._tone = icon_name, tone
        self._title.setText(title)
        self._text.setText(text)
        self._draw()

    def set_action_visible(self, is_visible: bool) -> None:
        """Show or hide the button."""
        if self._button is not None:
            self._button.setVisible(is_visible)

    def say_error(self, error: SyncError) -> None:
        """Say what is wrong."""
        text = self._tools.texts.error(error)
        self.say("failed", text.what, text.hint, "bad")

    def _draw(self) -> None:
        color = self._tools.theme.color(self._tone)
        self._picture.setPixmap(pixmap(self._icon, color, 40, self.devicePixelRatioF()))
