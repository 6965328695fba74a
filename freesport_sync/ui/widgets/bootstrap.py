"""What became of the file with which an administrator sets up many workstations."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import Tools

_TONES = {"bootstrap_refused": "bad", "bootstrap_changed": "warn"}


class BootstrapNotice(Notice):
    """Says whether the bootstrap file was applied, and why not; hidden where there is none.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(tools, parent)
        self._backend, self._texts = tools.backend, tools.texts
        self.hide()
        self._backend.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        application = self._backend.application
        items = () if application is None else application.installation.bootstrap_items()
        if items:
            said = [self._texts.check(item.code, item.params) for item in items]
            self.say(_TONES.get(items[0].code, "neutral"), *said)
        self.setVisible(bool(items))
