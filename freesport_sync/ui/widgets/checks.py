"""The points of a check, one below the other, each with its sign and its sentence."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from freesport_sync.core.history import CheckItem
from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import SPACE, Tools, clear, selectable

_STEPS = ("server", "login", "database", "direct")
_FAILING = {
    "database_unreachable": "server",
    "connection_lost": "server",
    "database_connection_limit": "server",
    "database_login_refused": "login",
    "password_file_open": "login",
    "password_file_unreadable": "login",
    "database_not_found": "database",
    "server_too_old": "database",
    "pooler_detected": "direct",
}
"""Error code -> the step of connecting that fails."""


class CheckList(QWidget):
    """What works and what does not.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(SPACE - 2)
        self._grid.setColumnStretch(1, 1)

    def clear(self) -> None:
        """Show nothing."""
        clear(self._grid)

    def show_items(self, items: tuple[CheckItem, ...]) -> None:
        """Show the points of a check."""
        self.clear()
        for item in items:
            self._add(item.is_ok, self._tools.texts(f"check.{item.code}", **item.params))

    def show_failure(self, error: SyncError) -> None:
        """Show how far connecting came."""
        self.clear()
        failing = _FAILING.get(error.code)
        if failing is None:
            return
        for step in _STEPS[: _STEPS.index(failing) + 1]:
            is_ok = step != failing
            self._add(is_ok, self._tools.texts(f"steps.{step}" if is_ok else f"steps.{step}_failed"))

    def _add(self, is_ok: bool, text: str) -> None:
        number = self._grid.rowCount()
        sign = QLabel()
        tone = "good" if is_ok else "bad"
        picture = pixmap(
            "completed" if is_ok else "failed", self._tools.theme.color(tone), 16, self.devicePixelRatioF()
        )
        sign.setPixmap(picture)
        sign.setToolTip(self._tools.texts("steps.works" if is_ok else "steps.fails"))
        self._grid.addWidget(sign, number, 0)
        self._grid.addWidget(selectable(text, "" if is_ok else "bad"), number, 1)
