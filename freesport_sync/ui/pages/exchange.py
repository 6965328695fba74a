"""«Сервер 1С»: 1C sends its exports itself; the server that it sends them to, and what it has asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from freesport_sync.core.exchange import ImportNotRequested
from freesport_sync.ui.dialogs.exchange_password import PasswordDialog
from freesport_sync.ui.dialogs.self_test import ProbeDialog
from freesport_sync.ui.exchange_feed import ExchangeUpdate, LoggedRequest
from freesport_sync.ui.exchange_process import ExchangeState
from freesport_sync.ui.exchange_progress import ExchangeWatch
from freesport_sync.ui.pages.exchange_current import ExchangeCard
from freesport_sync.ui.pages.exchange_requests import RequestsCard
from freesport_sync.ui.pages.exchange_switch import SwitchCard
from freesport_sync.ui.run_feed import RunSnapshot
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
"""1C sends hundreds of requests a second where its fragments are small."""


class _Scrolled(QWidget):
    """As high as its wrapped texts need at the width that there is; Qt would think of the smallest width."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scrolled")

    def minimumSizeHint(self) -> QSize:
        hint, layout, area = super().minimumSizeHint(), self.layout(), self.parentWidget()
        if layout is None or area is None:
            return hint
        return QSize(hint.width(), layout.totalMinimumHeightForWidth(max(area.width(), hint.width())))


class OnecServerPage(QWidget):
    """Switches the server, shows what 1C does.

    Args:
        tools: of the window.
    """

    entry_opened = Signal(object)

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self.server = tools.backend.exchange
        self._watch = ExchangeWatch()
        self._news: list[LoggedRequest] = []
        self.switch = SwitchCard(tools)
        self.exchange = ExchangeCard(tools)
        self.requests = RequestsCard(tools)
        self.waiting = Notice(tools)
        self.hide_waiting = button(tools.texts("onec_server.hide"), self._hide_waiting, tools, role="link")
        self._waiting_row = QWidget()
        self._waiting_row.setLayout(row(self.waiting, self.hide_waiting))
        self._waiting_row.layout().setStretch(0, 1)  # type: ignore[union-attr]
        self._waiting_row.hide()
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MS)
        self._gather.timeout.connect(self._show_news)
        self._lay_out()
        self.switch.password_wanted.connect(self.ask_password)
        self.switch.probe_wanted.connect(self.open_probe)
        self.exchange.entry_opened.connect(self.entry_opened)
        self.server.state_changed.connect(self._changed)
        self.server.updated.connect(self._hear)
        tools.backend.opened.connect(self.switch.show_opened)
        tools.backend.failed.connect(self.switch.show_unusable)

    def refresh(self) -> None:
        """Everything is told as it happens, but for the password, which may be set elsewhere."""
        self.switch.look_for_password()

    def save_state(self) -> None:
        """Remember widths."""
        self.requests.table.keep_widths()

    def ask_password(self) -> None:
        """A new password for 1C."""
        self.password = PasswordDialog(self._tools, self._user, self)
        self.password.password_set.connect(self.switch.look_for_password)
        self.password.open()

    def open_probe(self) -> None:
        """Play an exchange as 1C would."""
        self.probe = ProbeDialog(self._tools, self.switch.address.text(), self)
        self.probe.open()

    @property
    def _user(self) -> str:
        application = self._tools.backend.application
        return "1c" if application is None else application.settings.exchange.user

    def _lay_out(self) -> None:
        inner = _Scrolled()
        cards = QVBoxLayout(inner)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(GAP - 4)
        for widget in (self.switch, self._waiting_row, self.exchange):
            cards.addWidget(widget)
        cards.addWidget(self.requests, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self._tools.texts("onec_server.title"))
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(label(self._tools.texts("onec_server.title"), "title"))
        layout.addWidget(scroll, 1)

    def _changed(self) -> None:
        if self.server.state is ExchangeState.STARTING:
            self._watch = ExchangeWatch()
            self.exchange.forget()
            self._hide_waiting()
        if not self.server.is_on:
            self.exchange.show_server_gone()
        self.requests.show_server(self.server.is_on)

    def _hear(self, news: ExchangeUpdate) -> None:
        if isinstance(news, LoggedRequest):
            self._news.append(news)
            if not self._gather.isActive():
                self._gather.start()
        elif isinstance(news, RunSnapshot):
            self.exchange.show_run(news)
        elif isinstance(news, ImportNotRequested):
            self._warn(news)

    def _show_news(self) -> None:
        news, self._news = self._news, []
        started = self.server.started
        for served in news:
            self._watch.take(served, started is not None and started.is_dry_run)
            if served.request.mode == "import" and not served.is_failure:
                self._hide_waiting()
        self.requests.add(news)
        if self._watch.current is not None:
            self.exchange.show_exchange(self._watch.current)

    def _warn(self, news: ImportNotRequested) -> None:
        """1C has the option not to wait for imports, and then never asks for one."""
        texts = self._tools.texts
        names = ", ".join(news.files[:5])
        more = texts("onec_server.and_more", count=len(news.files) - 5) if len(news.files) > 5 else ""
        if news.is_imported_now:
            self.waiting.say("neutral", texts("onec_server.imported_unasked"), f"{names}{more}")
        elif news.is_overtaken:
            self.waiting.say(
                "warn",
                texts("onec_server.not_asked_overtaken"),
                f"{names}{more}",
                texts("onec_server.not_asked_overtaken_hint"),
                texts("onec_server.not_asked_folder", folder=news.folder),
            )
        else:
            self.waiting.say(
                "warn",
                texts("onec_server.not_asked", time=f"{datetime.now() - timedelta(seconds=news.idle_s):%H:%M}"),
                f"{names}{more}",
                texts("onec_server.not_asked_hint"),
                texts("onec_server.not_asked_folder", folder=news.folder),
            )
        self._waiting_row.show()

    def _hide_waiting(self) -> None:
        self._waiting_row.hide()
