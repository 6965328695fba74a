"""What the steps of the wizard have in common."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.ui.widgets.parts import SPACE, Tools, label


class WizardStep(QWidget):
    """One step: what it is about, and what can be entered.

    Args:
        tools: of the window.
        name: of the step; its texts are `wizard.NAME_title` and `wizard.NAME_text`.
    """

    passed = Signal()
    """What was entered is saved: the next step can come."""
    changed = Signal()
    """The button for the next step means something else now."""
    shown = Signal(QWidget)
    """A result was shown below what can be entered."""

    def __init__(self, tools: Tools, name: str) -> None:
        super().__init__()
        self.tools = tools
        self.title = tools.texts(f"wizard.{name}_title")
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(SPACE)
        self.content.addWidget(label(self.title, "big"))
        self.content.addWidget(label(tools.texts(f"wizard.{name}_text"), is_wrapped=True))
        self.content.addSpacing(SPACE)

    @property
    def next_text(self) -> str:
        """What the button for the next step says."""
        return self.tools.texts("wizard.next")

    @property
    def may_go_on(self) -> bool:
        """Whether the button for the next step can be used."""
        return True

    @property
    def first_field(self) -> QWidget:
        """Where the typing begins."""
        raise NotImplementedError

    def enter(self) -> None:
        """The step is shown; what was typed there before stays."""

    def leave(self) -> None:
        """The step is left, perhaps while it tests what was entered: nothing more is saved, and `passed` stays away."""

    def submit(self) -> None:
        """Save what was entered, then emit `passed`."""
        self.passed.emit()
