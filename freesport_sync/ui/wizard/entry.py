"""Opens the wizard, at the first start by itself, and does what it ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from freesport_sync.ui.widgets.parts import Tools

if TYPE_CHECKING:
    from freesport_sync.ui.window import MainWindow
    from freesport_sync.ui.wizard.dialog import SetupWizard

_SEEN = "welcome"
"""That the wizard was closed by the operator; the name is that of what was there before it."""


class SetupEntry(QObject):
    """The way into the wizard.

    Args:
        tools: of the window.
        window: that it opens over.
    """

    check_wanted = Signal()
    """Show what an import would change."""

    def __init__(self, tools: Tools, window: MainWindow) -> None:
        super().__init__(window)
        self._tools = tools
        self._window = window
        self.wizard: SetupWizard | None = None
        tools.backend.opened.connect(self._on_opened)

    def open(self) -> None:
        """Lead through the setup."""
        from freesport_sync.ui.wizard.dialog import SetupWizard  # rarely needed: the window is there sooner

        self.wizard = SetupWizard(self._tools, self._window)
        self.wizard.demo_wanted.connect(self._try_demo)
        self.wizard.check_wanted.connect(self.check_wanted)
        self.wizard.exchange_wanted.connect(self._go_to_exchange)
        self.wizard.finished.connect(self._on_closed)
        self.wizard.open()

    def _on_opened(self) -> None:
        is_new = self._tools.backend.is_first_start and not self._tools.state.text(_SEEN)
        if is_new and self._window.isVisible() and self.wizard is None:
            self.open()

    def _on_closed(self, _: int) -> None:
        self._tools.state.keep(_SEEN, "seen")
        self._tools.state.save()  # not before: whoever was interrupted is led again
        if self.wizard is not None and self.wizard.files.is_chosen:
            self._window.import_page.form.source.choose_usual()
        self._window.exchange_page.switch.read_options()

    def _try_demo(self) -> None:
        self._window.show_page("import")
        self._window.import_page.show_demo()

    def _go_to_exchange(self) -> None:
        self._window.show_page("onec")
