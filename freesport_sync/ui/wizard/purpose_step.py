"""What the program is wanted for."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from freesport_sync.ui.widgets.parts import SPACE, Tools, label, line
from freesport_sync.ui.wizard.step import WizardStep

INDENT = 25
"""Of the explanation below a choice, in pixels."""


class Purpose(StrEnum):
    """What the program is wanted for."""

    DEMO = "demo"
    SHOP = "shop"
    EXCHANGE = "exchange"


class PurposeStep(WizardStep):
    """Try the demo, connect to the shop, or let 1C send its exports to this computer.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "purpose")
        texts = tools.texts
        self._group = QButtonGroup(self)
        self.choices: dict[Purpose, QRadioButton] = {}
        for purpose in Purpose:
            choice = QRadioButton(texts(f"wizard.{purpose.value}"))
            choice.setAccessibleName(choice.text().replace("&", ""))
            choice.setAccessibleDescription(texts(f"wizard.{purpose.value}_help"))
            self._group.addButton(choice)
            self.choices[purpose] = choice
            about = label(texts(f"wizard.{purpose.value}_help"), "muted", is_wrapped=True)
            about.setContentsMargins(INDENT, 0, 0, 0)
            self.content.addWidget(line())
            self.content.addWidget(choice)
            self.content.addWidget(about)
            self.content.addSpacing(SPACE // 2)
        self.content.addStretch(1)
        self.choices[Purpose.DEMO].setChecked(True)
        self._group.buttonClicked.connect(self.changed)

    @property
    def purpose(self) -> Purpose:
        """What was chosen."""
        return next(purpose for purpose, choice in self.choices.items() if choice.isChecked())

    @property
    def next_text(self) -> str:
        return self.tools.texts("wizard.try" if self.purpose is Purpose.DEMO else "wizard.next")

    @property
    def first_field(self) -> QWidget:
        return self.choices[self.purpose]
