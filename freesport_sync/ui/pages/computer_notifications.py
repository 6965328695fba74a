"""Whether somebody is told how tasks have ended, on the page «Этот компьютер»."""

from __future__ import annotations

from freesport_sync.core.connections import PasswordPlace
from freesport_sync.core.notifications import MAIL
from freesport_sync.ui.dialogs.notifications import NotificationsDialog
from freesport_sync.ui.widgets.parts import Card, Tools, button, label, row


class NotificationsCard(Card):
    """Who is told, and the way to change it.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools.texts("notifications.title"))
        self._tools = tools
        self.dialog: NotificationsDialog | None = None
        self.state_text = label("", "big", is_wrapped=True)
        self.about = label(tools.texts("notifications.card_about"), "muted", is_wrapped=True)
        self.kept = label("", "good", is_wrapped=True)
        self.kept.hide()
        self.change = button(tools.texts("notifications.change"), self.open, tools)
        for widget in (self.state_text, self.about, self.kept):
            self.content.addWidget(widget)
        self.content.addLayout(row(self.change, None))
        self.look()

    def look(self) -> None:
        """Show what the settings say."""
        application, texts = self._tools.backend.application, self._tools.texts
        self.change.setEnabled(application is not None)
        if application is None:
            return
        names = [one.name for one in application.notifications.targets]
        has_mail = any(one.way == MAIL for one in application.notifications.targets)
        key = "on" if has_mail else "on_messengers" if names else "off"
        self.state_text.setText(texts(f"notifications.{key}", names=", ".join(names)))

    def open(self) -> None:
        """Ask whom to tell."""
        application = self._tools.backend.application
        if application is None:
            return
        self.kept.hide()
        self.dialog = NotificationsDialog(self._tools, application.notifications.choice, self)
        self.dialog.saved.connect(self._on_saved)
        self.dialog.open()

    def _on_saved(self, place: PasswordPlace) -> None:
        where = self._tools.texts(f"connections.password_{place.value}")
        self.kept.setText(f"{self._tools.texts('notifications.saved')} {where}".strip())
        self.kept.show()
        self._tools.backend.reopen(self._tools.backend.options)
