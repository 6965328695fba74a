"""The last step: what was set up and is to be checked, or the server that 1C sends its exports to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from freesport_sync.ui.dialogs.exchange_password import PasswordDialog
from freesport_sync.ui.dialogs.self_test import SelfTestDialog
from freesport_sync.ui.widgets.checks import CheckList
from freesport_sync.ui.widgets.exchange_switch import SwitchCard
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.wizard.step import WizardStep


class EndStep(WizardStep):
    """What was set up; what would change can be checked at once.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "end")
        self.has_files = False
        """Whether there is something to check."""
        self.checks = CheckList(tools)
        self.content.addWidget(self.checks)
        self.content.addStretch(1)

    def show_summary(self, lines: Sequence[tuple[bool, str]], has_files: bool) -> None:
        """Show what was set up.

        Args:
            lines: whether each part is ready, and what it is.
            has_files: whether there is something to check.
        """
        self.has_files = has_files
        self.checks.show_lines(lines)

    @property
    def next_text(self) -> str:
        return self.tools.texts("wizard.check" if self.has_files else "wizard.done")

    @property
    def first_field(self) -> QWidget:
        return self


class ExchangeStep(WizardStep):
    """Password, address and switch of the server that 1C sends its exports to.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "exchange")
        self.switch = SwitchCard(tools)
        self.content.addWidget(self.switch)
        self.content.addStretch(1)
        self.switch.password_wanted.connect(self._ask_password)
        self.switch.self_test_wanted.connect(self._open_self_test)

    @property
    def next_text(self) -> str:
        return self.tools.texts("wizard.done")

    @property
    def first_field(self) -> QWidget:
        return self.switch.set_password

    def enter(self) -> None:
        """Show the settings of the exchange."""
        self.switch.show_opened()

    def _ask_password(self) -> None:
        self.password = PasswordDialog(self.tools, self.switch.user.text(), self)
        self.password.password_set.connect(self.switch.look_for_password)
        self.password.open()

    def _open_self_test(self) -> None:
        self.self_test = SelfTestDialog(self.tools, self.switch.address.text(), self)
        self.self_test.open()
