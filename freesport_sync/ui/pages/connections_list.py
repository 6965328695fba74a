"""The list of connections on «Подключения»."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from freesport_sync.core.connections import EMBEDDED
from freesport_sync.ui.icons import icon
from freesport_sync.ui.widgets.parts import Tools


class ConnectionList(QListWidget):
    """Names of connections; the one in use is marked.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self.setAccessibleName(tools.texts("connections.saved"))
        self.setIconSize(QSize(18, 18))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_connections(self, connections: Sequence[tuple[str, str]]) -> None:
        """Replace the list without signalling a selection.

        Args:
            connections: name and address of each.
        """
        self.blockSignals(True)
        self.clear()
        for name, address in connections:
            item = QListWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, address)
            self.addItem(item)
        self.blockSignals(False)

    def row_of(self, address: str) -> int:
        """The row of an address, or -1."""
        addresses = self._addresses()
        return addresses.index(address) if address in addresses else -1

    def chosen(self) -> str:
        """The selected address; before there is one, that of the private database."""
        item = self.currentItem()
        return EMBEDDED if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def mark(self, active: str) -> None:
        """Mark the connection that is in use."""
        texts, theme = self._tools.texts, self._tools.theme
        for number, address in enumerate(self._addresses()):
            item, is_active = self.item(number), address == active
            item.setIcon(icon("completed" if is_active else "waiting", theme.color("good" if is_active else "muted")))
            item.setToolTip(f"{item.text()}\n{texts('connections.active') if is_active else ''}".strip())

    def _addresses(self) -> list[str]:
        return [self.item(number).data(Qt.ItemDataRole.UserRole) for number in range(self.count())]
