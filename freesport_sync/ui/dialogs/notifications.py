"""Whom to tell how tasks have ended, and by which mail server; tried before it is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QTime, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QSpinBox, QTimeEdit, QVBoxLayout, QWidget

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.connections import PasswordPlace
from freesport_sync.core.notifications import Chosen, MailSecurity, NotificationChoice
from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.checks import CheckList
from freesport_sync.ui.widgets.fixed import why_notifications_are_fixed
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import GAP, SPACE, Tools, allow, button, check_box, fit, form, label, row

if TYPE_CHECKING:
    from freesport_sync.application import Application

WIDTH = 640
USUAL_DIGEST = QTime(8, 0)
_BETWEEN = re.compile(r"[\s,;]+")


class NotificationsDialog(QDialog):
    """Mail server, recipients, and what they are told.

    Args:
        tools: of the page.
        choice: that of the settings.
        parent: the page.
    """

    saved = Signal(object)
    """`PasswordPlace`."""

    def __init__(self, tools: Tools, choice: NotificationChoice, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("notifications.title"))
        self.host, self.user, self.password, self.mail_from, self.recipients = (QLineEdit() for _ in range(5))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.port = QSpinBox()
        self.port.setRange(0, 65_535)
        self.port.setGroupSeparatorShown(False)
        self.port.lineEdit().setTextMargins(SPACE, 0, 0, 0)
        self.port.setSpecialValueText(texts("notifications.usual_port"))
        self.mail_from.setPlaceholderText(texts("notifications.usual_sender"))
        self.recipients.setPlaceholderText(texts("notifications.recipients_tip"))
        self.security = QComboBox()
        for security in MailSecurity:
            self.security.addItem(texts(f"notifications.security_{security.value}"), security)
        self.success = check_box(texts("notifications.success"))
        self.remarks = check_box(texts("notifications.remarks"))
        self.has_digest = check_box(texts("notifications.digest"))
        self.digest_at = QTimeEdit(USUAL_DIGEST)
        self.digest_at.setDisplayFormat("HH:mm")
        self.digest_at.setAccessibleName(texts("notifications.digest").replace("&", ""))
        self.has_digest.toggled.connect(self._show_readiness)
        self.checks, self.notice = CheckList(tools), Notice(tools)
        self.notice.hide()
        self.test = button(texts("notifications.test"), self._on_test, tools, "check")
        self.save = button(texts("notifications.save"), self._on_save, tools, "save", "primary")
        self.leave = button(texts("notifications.leave"), self.reject, tools)
        self._lay_out()
        self._fill_in(choice)
        for field in (self.host, self.recipients):
            field.textChanged.connect(self._show_readiness)
        self._show_readiness()
        self._ask_for_password(choice)

    def edited(self) -> NotificationChoice:
        """The content of the form."""
        chosen = {Chosen.SUCCESS: self.success, Chosen.REMARKS: self.remarks}
        return NotificationChoice(
            events=frozenset(event for event, box in chosen.items() if box.isChecked()),
            digest_at=self.digest_at.time().toString("HH:mm") if self.has_digest.isChecked() else None,
            mail_to=tuple(one for one in _BETWEEN.split(self.recipients.text()) if one),
            mail_from=self.mail_from.text().strip() or None,
            mail_host=self.host.text().strip() or None,
            mail_port=self.port.value() or None,
            mail_security=MailSecurity(self.security.currentData()),
            mail_user=self.user.text().strip() or None,
        )

    def _lay_out(self) -> None:
        texts = self._tools.texts
        fields = form(
            (texts("notifications.host"), self.host),
            (texts("notifications.security"), self.security),
            (texts("notifications.port"), self.port),
            (texts("notifications.user"), self.user),
            (texts("notifications.password"), self.password),
            (texts("notifications.sender"), self.mail_from),
            (texts("notifications.recipients"), self.recipients),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP - 4)
        layout.addWidget(label(texts("notifications.about"), "muted", is_wrapped=True))
        layout.addLayout(fields)
        layout.addWidget(label(texts("notifications.what"), "heading"))
        layout.addWidget(label(texts("notifications.always"), is_wrapped=True))
        layout.addLayout(row(self.remarks, self.success, None, spacing=GAP))
        layout.addLayout(row(self.has_digest, self.digest_at, None))
        layout.addWidget(self.checks)
        layout.addWidget(self.notice)
        layout.addLayout(row(self.test, None, self.leave, self.save))
        fit(self, layout, WIDTH)

    def _fill_in(self, choice: NotificationChoice) -> None:
        self.host.setText(choice.mail_host or "")
        self.port.setValue(choice.mail_port or 0)
        self.security.setCurrentIndex(self.security.findData(choice.mail_security))
        self.user.setText(choice.mail_user or "")
        self.mail_from.setText(choice.mail_from or "")
        self.recipients.setText(", ".join(choice.mail_to))
        self.success.setChecked(Chosen.SUCCESS in choice.events)
        self.remarks.setChecked(Chosen.REMARKS in choice.events)
        self.has_digest.setChecked(choice.digest_at is not None)
        if choice.digest_at is not None:
            self.digest_at.setTime(QTime.fromString(choice.digest_at, "HH:mm"))

    def _ask_for_password(self, choice: NotificationChoice) -> None:
        """Ask whether it is kept; the key store may be slow."""
        if choice.mail_host is not None and choice.mail_user is not None:
            self._tools.backend.do(
                lambda one: one.notifications.has_password(choice), self._on_password_known, self._on_password_unknown
            )

    def _on_password_known(self, is_kept: bool) -> None:
        key = "connections.password_kept" if is_kept else "connections.password_none"
        self.password.setPlaceholderText(self._tools.texts(key))

    def _on_password_unknown(self, _: SyncError) -> None:
        """Ignored: the test says what is wrong with it."""

    def _show_readiness(self) -> None:
        self.digest_at.setEnabled(self.has_digest.isChecked())
        fixed = why_notifications_are_fixed(self._tools)
        is_complete = bool(self.host.text().strip() and self.recipients.text().strip())
        allow(self.test, "" if is_complete else self._tools.texts("notifications.incomplete"))
        allow(self.save, fixed)

    def _on_test(self) -> None:
        choice, password = self.edited(), self.password.text() or None
        self._begin()
        self.notice.say("busy", self._tools.texts("notifications.testing"))
        self.notice.show()
        self._fit()

        def send(application: Application) -> tuple[CheckItem, ...]:
            return application.notifications.trying(choice, password).test(lambda _: None)

        self._tools.backend.do(send, self._on_tested, self._on_failed)

    def _on_tested(self, items: tuple[CheckItem, ...]) -> None:
        self.notice.hide()
        self.checks.show_items(items)
        self._end()

    def _on_save(self) -> None:
        choice, password = self.edited(), self.password.text() or None
        self._begin()
        self._tools.backend.do(lambda one: one.notifications.choose(choice, password), self._on_saved, self._on_failed)

    def _on_saved(self, place: PasswordPlace) -> None:
        self.saved.emit(place)
        self.accept()

    def _on_failed(self, error: SyncError) -> None:
        self.notice.say_error(error)
        self.notice.show()
        self._end()

    def _begin(self) -> None:
        self.checks.clear()
        self.notice.hide()
        self.test.setEnabled(False)
        self.save.setEnabled(False)

    def _end(self) -> None:
        self._show_readiness()
        QTimer.singleShot(0, self, self._fit)  # once the items have their sizes

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        fit(self, layout, WIDTH)
