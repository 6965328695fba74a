"""The sidebar of the window: its pages, and the links below them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout

from freesport_sync.ui.icons import icon
from freesport_sync.ui.widgets.parts import SPACE, Tools, button

_WIDTH = 190
"""At least; in pixels."""
_ICON_SIZE = QSize(20, 20)


class Sidebar(QFrame):
    """Lists the pages, each of which Ctrl and its number choose as well.

    Args:
        tools: of the window.
        names: of the pages, from top to bottom.
    """

    page_chosen = Signal(int)
    """The number of the page, from 0."""
    help_wanted = Signal()
    about_wanted = Signal()

    def __init__(self, tools: Tools, names: Sequence[str]) -> None:
        super().__init__()
        self._tools = tools
        self._names = tuple(names)
        texts = tools.texts
        self.setObjectName("sidebar")
        self.pages = QListWidget()
        self.pages.setObjectName("navigation")
        self.pages.setAccessibleName(texts("window.pages"))
        self.pages.setIconSize(_ICON_SIZE)
        self.pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for number, name in enumerate(names, 1):
            self._add(name, f"Ctrl+{number}")
        self.pages.currentRowChanged.connect(self.page_chosen)
        self.help_button = button(texts("window.help"), self.help_wanted.emit, tools, "help", "link", tooltip="F1")
        self.about_button = button(texts("about.title"), self.about_wanted.emit, tools, "info", "link")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 1, SPACE)
        layout.setSpacing(0)
        layout.addWidget(self.pages, 1)
        for link in (self.help_button, self.about_button):
            layout.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        tools.theme.changed.connect(self._draw)
        self.pages.ensurePolished()  # else the lines would get their size before the style sheet is known
        self._draw()
        self.pages.setFixedWidth(max(_WIDTH, self.pages.sizeHintForColumn(0)))  # fonts differ

    @property
    def page(self) -> str:
        """Return the name of the page that is shown."""
        return self._names[self.pages.currentRow()]

    def choose(self, name: str) -> None:
        """Go to a page."""
        self.pages.setCurrentRow(self._names.index(name))

    def _add(self, name: str, keys: str) -> None:
        title = self._tools.texts(f"window.page_{name}")
        item = QListWidgetItem(title)
        item.setToolTip(keys)
        self.pages.addItem(item)
        action = QAction(title, self)
        action.setShortcut(QKeySequence(keys))
        action.setData(name)
        action.triggered.connect(self._go)
        self.addAction(action)

    def _go(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.choose(action.data())

    def _draw(self) -> None:
        color = self._tools.theme.color("text")
        for number, name in enumerate(self._names):
            self.pages.item(number).setIcon(icon(name, color))
