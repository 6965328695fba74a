"""Sets the password of 1C; it is never shown, because only its hash is kept."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Tools,
    button,
    fit,
    form,
    label,
    row,
)

WIDTH = 520


class PasswordDialog(QDialog):
    """Asks for the new password twice.

    Args:
        tools: of the page.
        user: of the exchange, whose password is set.
        parent: the page.
    """

    password_set = Signal()

    def __init__(self, tools: Tools, user: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("exchange.password_title"))
        self.first, self.second = QLineEdit(), QLineEdit()
        for field in (self.first, self.second):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        fields = form((texts("exchange.password_new"), self.first), (texts("exchange.password_again"), self.second))
        self.notice = Notice(tools)
        self.notice.hide()
        self.save = button(texts("exchange.password_save"), self._on_save, tools, "lock", "primary")
        self.save.setDefault(True)
        self.leave = button(texts("exchange.password_leave"), self.reject, tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP - 4)
        layout.addWidget(label(texts("exchange.password_about", user=user), "", is_wrapped=True))
        layout.addLayout(fields)
        layout.addWidget(self.notice)
        layout.addLayout(row(None, self.leave, self.save))
        fit(self, layout, WIDTH)
        self.first.setFocus()

    def _on_save(self) -> None:
        password = self.first.text()
        if password != self.second.text():
            self._on_failed(ConfigError("exchange_passwords_differ"))
            return
        self.save.setEnabled(False)
        self._tools.backend.do(
            lambda application: application.exchange.set_password(password), self._on_saved, self._on_failed
        )

    def _on_saved(self, _: object) -> None:
        self.password_set.emit()
        self.accept()

    def _on_failed(self, error: SyncError) -> None:
        self.save.setEnabled(True)
        self.notice.say_error(error)
        self.notice.show()
        layout = self.layout()
        assert layout is not None
        fit(self, layout, WIDTH)
