"""The exchange page, «Сервер 1С»: switches the exchange, shows what 1C sends and how it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from freesport_sync.core.exchange import ImportNotRequested
from freesport_sync.ui.dialogs.exchange_password import PasswordDialog
from freesport_sync.ui.dialogs.self_test import SelfTestDialog
from freesport_sync.ui.exchange_feed import ExchangeUpdate, LoggedRequest
from freesport_sync.ui.exchange_progress import ExchangeProgress
from freesport_sync.ui.pages.exchange_current import CurrentExchangeCard
from freesport_sync.ui.pages.exchange_requests import RequestsCard
from freesport_sync.ui.run_feed import RunSnapshot
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.exchange_switch import SwitchCard
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    label,
    row,
)

GATHER_MS = 100
"""Requests are shown together: with small fragments 1C sends hundreds a second."""


class _Scrolled(QWidget):
    """As high as its wrapped texts need at the current width; Qt would assume the minimum width."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scrolled")

    def minimumSizeHint(self) -> QSize:
        hint, layout, area = super().minimumSizeHint(), self.layout(), self.parentWidget()
        if layout is None or area is None:
            return hint
        return QSize(hint.width(), layout.totalMinimumHeightForWidth(max(area.width(), hint.width())))


class ExchangePage(QWidget):
    """Turns the exchange on and off, and shows what 1C does.

    Args:
        tools: of the window.
    """

    entry_opened = Signal(object)

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self.process = tools.backend.exchange_process
        self._progress = ExchangeProgress()
        self._new_requests: list[LoggedRequest] = []
        self.switch = SwitchCard(tools)
        self.current = CurrentExchangeCard(tools)
        self.requests = RequestsCard(tools)
        self.waiting = Notice(tools)
        self.hide_waiting = button(tools.texts("exchange.hide"), self._hide_waiting, tools, role="link")
        self._waiting_row = QWidget()
        self._waiting_row.setLayout(row(self.waiting, self.hide_waiting))
        self._waiting_row.layout().setStretch(0, 1)  # type: ignore[union-attr]
        self._waiting_row.hide()
        self._gather_timer = QTimer(self)
        self._gather_timer.setSingleShot(True)
        self._gather_timer.setInterval(GATHER_MS)
        self._gather_timer.timeout.connect(self._on_gathered)
        self._lay_out()
        self.switch.password_wanted.connect(self.ask_password)
        self.switch.self_test_wanted.connect(self.open_self_test)
        self.current.entry_opened.connect(self.entry_opened)
        self.process.state_changed.connect(self._on_state_changed)
        self.process.updated.connect(self._on_updated)
        tools.backend.opened.connect(self.switch.show_opened)
        tools.backend.failed.connect(self.switch.show_unusable)

    def refresh(self) -> None:
        """Look for the password, which may be set elsewhere; everything else is shown as it happens."""
        self.switch.look_for_password()

    def save_state(self) -> None:
        """Remember the widths of the columns."""
        self.requests.table.keep_widths()

    def ask_password(self) -> None:
        """Open the dialog for a new password."""
        self.password = PasswordDialog(self._tools, self._user, self)
        self.password.password_set.connect(self.switch.look_for_password)
        self.password.open()

    def open_self_test(self) -> None:
        """Open the self-test."""
        self.self_test = SelfTestDialog(self._tools, self.switch.address.text(), self)
        self.self_test.open()

    @property
    def _user(self) -> str:
        application = self._tools.backend.application
        return "1c" if application is None else application.exchange.user

    def _lay_out(self) -> None:
        inner = _Scrolled()
        cards = QVBoxLayout(inner)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(GAP - 4)
        for widget in (self.switch, self._waiting_row, self.current):
            cards.addWidget(widget)
        cards.addWidget(self.requests, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self._tools.texts("exchange.title"))
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(label(self._tools.texts("exchange.title"), "title"))
        layout.addWidget(scroll, 1)

    def _on_state_changed(self) -> None:
        if self.process.state is ServiceState.STARTING:
            self._progress = ExchangeProgress()
            self.current.forget()
            self._hide_waiting()
        if not self.process.is_on:
            self.current.show_process_ended()
        self.requests.show_process(self.process.is_on)

    def _on_updated(self, update: ExchangeUpdate) -> None:
        if isinstance(update, LoggedRequest):
            self._new_requests.append(update)
            if not self._gather_timer.isActive():
                self._gather_timer.start()
        elif isinstance(update, RunSnapshot):
            self.current.show_run(update)
        elif isinstance(update, ImportNotRequested):
            self._warn(update)

    def _on_gathered(self) -> None:
        requests, self._new_requests = self._new_requests, []
        started = self.process.started
        for one in requests:
            self._progress.add(one, started is not None and started.is_dry_run)
            if one.request.mode == "import" and not one.is_failure:
                self._hide_waiting()
        self.requests.add(requests)
        if self._progress.current is not None:
            self.current.show_exchange(self._progress.current)

    def _warn(self, update: ImportNotRequested) -> None:
        """Show that 1C has not asked for an import; it has an option not to (EXCHANGE-13)."""
        texts = self._tools.texts
        names = ", ".join(update.files[:5])
        more = texts("exchange.and_more", count=len(update.files) - 5) if len(update.files) > 5 else ""
        if update.is_imported_now:
            self.waiting.say("neutral", texts("exchange.imported_unasked"), f"{names}{more}")
        elif update.is_overtaken:
            self.waiting.say(
                "warn",
                texts("exchange.not_asked_overtaken"),
                f"{names}{more}",
                texts("exchange.not_asked_overtaken_hint"),
                texts("exchange.not_asked_folder", folder=update.folder),
            )
        else:
            self.waiting.say(
                "warn",
                texts("exchange.not_asked", time=f"{datetime.now() - timedelta(seconds=update.idle_s):%H:%M}"),
                f"{names}{more}",
                texts("exchange.not_asked_hint"),
                texts("exchange.not_asked_folder", folder=update.folder),
            )
        self._waiting_row.show()

    def _hide_waiting(self) -> None:
        self._waiting_row.hide()
