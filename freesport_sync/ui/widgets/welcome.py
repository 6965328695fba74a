"""The first start: try the demo data, or connect to the shop."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from freesport_sync.ui.widgets.parts import (
    SPACE,
    Card,
    Tools,
    button,
    label,
    line,
    row,
)


class Welcome(Card):
    """Two ways to start, both ending in a dry run.

    Args:
        tools: of the page.
    """

    demo_chosen = Signal()
    shop_chosen = Signal()
    left = Signal()

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        texts = tools.texts
        self.demo = button(texts("welcome.demo"), self.demo_chosen.emit, tools, "eye", "primary")
        self.shop = button(texts("welcome.shop"), self.shop_chosen.emit, tools, "connections")
        self.leave = button(texts("welcome.leave"), self.left.emit, tools, role="link")
        self.content.addWidget(label(texts("welcome.title"), "big"))
        self.content.addWidget(label(texts("welcome.text"), is_wrapped=True))
        self.content.addSpacing(SPACE)
        for name, one in (("demo", self.demo), ("shop", self.shop)):
            self.content.addWidget(line())
            self.content.addSpacing(SPACE // 2)
            self.content.addLayout(row(one, None))
            self.content.addWidget(label(texts(f"welcome.{name}_help"), "muted", is_wrapped=True))
            self.content.addSpacing(SPACE // 2)
        self.content.addWidget(line())
        self.content.addLayout(row(self.leave, None))
