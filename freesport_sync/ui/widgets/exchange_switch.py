"""The switch of the exchange, and what must be entered in 1C."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import icon, pixmap
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Card,
    Tools,
    allow,
    button,
    check_box,
    label,
    line,
    rename,
    row,
    set_role,
)

COPIED_MS = 1500
_LOOKS = {
    ServiceState.STOPPED: ("stop", "neutral"),
    ServiceState.STARTING: ("running", "busy"),
    ServiceState.RUNNING: ("completed", "good"),
    ServiceState.STOPPING: ("running", "busy"),
    ServiceState.FAILED: ("failed", "bad"),
}
AUTOSTART, DRY_RUN = "server/autostart", "server/dry_run"


class SwitchCard(Card):
    """State and switch, address, user and password.

    Args:
        tools: of the page.
    """

    password_wanted = Signal()
    self_test_wanted = Signal()

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._process = tools.backend.exchange_process
        self._has_password: bool | None = None
        self._was_opened = False
        texts, state = tools.texts, tools.state
        self._picture = QLabel()
        self._picture.setFixedWidth(36)
        self.state_text = label(texts("window.loading"), "big")
        self.about = label("", "muted", is_wrapped=True)
        self.start = button(texts("exchange.start"), self._on_start, tools, "play", "primary")
        self.stop = button(texts("exchange.stop"), self._process.stop, tools, "stop", "danger")
        self.stop.hide()
        self.dry_run = check_box(texts("exchange.dry_run"), texts("exchange.dry_run_tip"), bool(state.text(DRY_RUN)))
        self.dry_run.toggled.connect(self._on_option_toggled)
        self.autostart = check_box(
            texts("exchange.autostart"), texts("exchange.autostart_tip"), bool(state.text(AUTOSTART))
        )
        self.autostart.toggled.connect(self._on_option_toggled)
        self.address = QLineEdit()
        self.address.setReadOnly(True)
        self.address.setAccessibleName(texts("exchange.address"))
        self.copy = button(texts("exchange.copy"), self._on_copy, tools, "copy")
        self.user = label("", "heading")
        self.copy_user = button("", self._on_copy_user, tools, "copy", "link", tooltip=texts("exchange.copy_user"))
        self.copy_user.setAccessibleName(texts("exchange.copy_user"))
        self.password_state = label("", "heading")
        self.set_password = button(texts("exchange.set_password"), self.password_wanted.emit, tools, "lock")
        self.self_test = button(
            texts("exchange.self_test"),
            self.self_test_wanted.emit,
            tools,
            "check",
            tooltip=texts("exchange.self_test_tip"),
        )
        self.notice = Notice(tools)
        self.notice.hide()
        self._lay_out()
        self._process.state_changed.connect(self._show)
        tools.theme.changed.connect(self._draw)
        self._show()

    def show_opened(self) -> None:
        """Show the loaded settings."""
        self._show()
        self.look_for_password()

    def show_unusable(self, error: SyncError) -> None:
        """Show that the settings cannot be used.

        Args:
            error: what is wrong with them.
        """
        self.state_text.setText(self._tools.texts("exchange.state_unusable"))
        self.notice.say_error(error)
        self.notice.show()

    def toggle(self) -> bool:
        """Switch it on or off; returns whether that was possible."""
        (self.stop if self._process.is_on else self.start).click()  # a button that is disabled does nothing
        return self._process.is_on  # until it has stopped

    def look_for_password(self) -> None:
        """Check whether a password is set."""
        application = self._tools.backend.application
        if application is not None:
            self._tools.backend.work(
                application.exchange.has_password, self._on_password_found, self._on_password_unknown
            )

    def read_options(self) -> None:
        """Show the options as another switch has remembered them."""
        self.dry_run.setChecked(bool(self._tools.state.text(DRY_RUN)))
        self.autostart.setChecked(bool(self._tools.state.text(AUTOSTART)))

    @property
    def _is_dry_run(self) -> bool:
        started = self._process.started
        return started is not None and started.is_dry_run and self._process.is_on

    def _lay_out(self) -> None:
        texts = self._tools.texts
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.state_text)
        words.addWidget(self.about)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self._picture)
        head.addLayout(words, 1)
        for widget in (self.start, self.stop):
            head.addWidget(widget)
        address = row(label(texts("exchange.address")), self.address, self.copy)
        address.setStretch(1, 1)
        login = row(
            label(texts("exchange.user")),
            self.user,
            self.copy_user,
            label(texts("exchange.password")),
            self.password_state,
            self.set_password,
            None,
            self.self_test,
            spacing=GAP - 4,
        )
        login.insertSpacing(3, GAP)
        self.content.addLayout(head)
        self.content.addLayout(row(self.dry_run, self.autostart, None, spacing=2 * GAP))
        self.content.addWidget(self.notice)
        self.content.addWidget(line())
        self.content.addLayout(address)
        self.content.addLayout(login)

    def _on_start(self) -> None:
        self._process.start(self._tools.backend.options, self.dry_run.isChecked())

    def _on_option_toggled(self) -> None:
        self._tools.state.keep(DRY_RUN, "yes" if self.dry_run.isChecked() else "")
        self._tools.state.keep(AUTOSTART, "yes" if self.autostart.isChecked() else "")

    def _on_password_found(self, has_password: bool) -> None:
        self._has_password = has_password
        self._show()
        is_first, self._was_opened = not self._was_opened, True
        if is_first and has_password and self.autostart.isChecked():
            self._on_start()

    def _on_password_unknown(self, _: SyncError) -> None:
        self._on_password_found(False)

    def _show(self) -> None:
        texts, process = self._tools.texts, self._process
        application = self._tools.backend.application
        started = process.started
        self.start.setVisible(not process.is_on)
        allow(self.start, "" if self._has_password else texts("exchange.needs_password"))
        self.stop.setVisible(process.is_on)
        self.stop.setEnabled(process.state is not ServiceState.STOPPING)
        self.self_test.setEnabled(application is not None)
        self.dry_run.setEnabled(not process.is_on)
        if application is not None:
            key = "dry" if self._is_dry_run and process.state is ServiceState.RUNNING else process.state.value
            self.state_text.setText(texts(f"exchange.state_{key}"))
            setup = application.exchange
            self.user.setText(setup.user if started is None else started.user)
            address = setup.address if started is None else started.address
            self.address.setText(address if setup.has_fixed_port or started is not None else "")
            self.address.setPlaceholderText(texts("exchange.address_later"))
            self.address.setCursorPosition(0)
        self.about.setText(
            texts("exchange.is_dry_run" if self._is_dry_run else f"exchange.about_{process.state.value}")
        )
        if self._has_password is not None:
            self.password_state.setText(
                texts("exchange.has_password" if self._has_password else "exchange.no_password")
            )
            set_role(self.password_state, "role", "heading" if self._has_password else "warn")
        self._show_notice()
        self._draw()

    def _show_notice(self) -> None:
        texts, process = self._tools.texts, self._process
        started = process.started
        if process.state is ServiceState.FAILED and process.error is not None:
            self.notice.say_error(process.error)
        elif self._has_password is False and not process.is_on:
            self.notice.say("warn", texts("exchange.needs_password"), texts("exchange.needs_password_more"))
        elif process.is_on and started is not None and started.is_unprotected:
            self.notice.say("warn", texts("exchange.unprotected"), texts("exchange.unprotected_hint"))
        elif process.has_lost_database and not process.is_on:
            self.notice.say("neutral", texts("exchange.other_database"), texts("exchange.other_database_more"))
        else:
            self.notice.hide()
            return
        self.notice.show()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.address.text())
        rename(self.copy, self._tools.texts("exchange.copied"))
        QTimer.singleShot(COPIED_MS, self, self._show_copy)

    def _on_copy_user(self) -> None:
        QGuiApplication.clipboard().setText(self.user.text())
        self.copy_user.setIcon(icon("check", self._tools.theme.color("good")))
        self.copy_user.setToolTip(self._tools.texts("exchange.copied"))
        QTimer.singleShot(COPIED_MS, self, self._show_copy_user)

    def _show_copy_user(self) -> None:
        self.copy_user.setIcon(icon("copy", self._tools.theme.color("busy")))
        self.copy_user.setToolTip(self._tools.texts("exchange.copy_user"))

    def _show_copy(self) -> None:
        rename(self.copy, self._tools.texts("exchange.copy"))

    def _draw(self) -> None:
        name, tone = _LOOKS[self._process.state]
        if self._is_dry_run and self._process.state is ServiceState.RUNNING:
            name, tone = "eye", "busy"
        self._picture.setPixmap(pixmap(name, self._tools.theme.color(tone), 30, self.devicePixelRatioF()))
