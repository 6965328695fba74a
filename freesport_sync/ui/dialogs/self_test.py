"""The self-test, «Проверить как 1С»: a small exchange with the running server, step by step."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.ui.widgets.checks import CheckList
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Tools,
    button,
    form,
    label,
    row,
)

WIDTH = 680


class SelfTestDialog(QDialog):
    """Asks for the password, then shows each step as it is done.

    Args:
        tools: of the page.
        address: the URL that 1C is to use.
        parent: the page.
    """

    _stepped = Signal(object)

    def __init__(self, tools: Tools, address: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._own_address = address
        self._cancel: CancelToken | None = None
        self._items: tuple[CheckItem, ...] = ()
        texts = tools.texts
        self.setWindowTitle(texts("exchange.self_test_title"))
        self.address, self.password = QLineEdit(address), QLineEdit()
        self.address.setCursorPosition(0)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        fields = form(
            (texts("exchange.self_test_address"), self.address), (texts("exchange.self_test_password"), self.password)
        )
        self.notice = Notice(tools)
        self.checks = CheckList(tools)
        self.run = button(texts("exchange.self_test_run"), self._on_run, tools, "check", "primary")
        self.run.setDefault(True)
        self.leave = button(texts("exchange.self_test_close"), self.reject, tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP - 4)
        layout.addWidget(label(texts("exchange.self_test_about"), "", is_wrapped=True))
        layout.addLayout(fields)
        layout.addWidget(self.notice)
        layout.addWidget(self.checks)
        layout.addStretch(1)
        layout.addLayout(row(None, self.leave, self.run))
        self.notice.hide()
        self._fit()
        self.password.setFocus()
        self._stepped.connect(self._on_step, Qt.ConnectionType.QueuedConnection)
        self.finished.connect(self._on_finished)

    def _on_run(self) -> None:
        texts, cancel, stepped = self._tools.texts, CancelToken(), self._stepped
        self._cancel, self._items = cancel, ()
        password, address = self.password.text(), self.address.text().strip()
        self.checks.clear()
        self.notice.say("busy", texts("exchange.self_test_running"))
        self.notice.show()
        self.run.setEnabled(False)

        def report(item: CheckItem) -> None:
            if not cancel.is_set:
                stepped.emit(item)

        own = None if address == self._own_address and self._is_port_set else address
        self._tools.backend.do(
            lambda application: application.exchange.self_test(password, own, cancel, report),
            self._on_done,
            self._on_failed,
        )

    @property
    def _is_port_set(self) -> bool:
        application = self._tools.backend.application
        return application is not None and application.exchange.has_fixed_port

    def _on_step(self, item: CheckItem) -> None:
        if not self.run.isEnabled():
            self._items = (*self._items, item)
            self.checks.show_items(self._items)
            QTimer.singleShot(0, self, self._fit)  # new labels have no size yet

    def _on_done(self, items: tuple[CheckItem, ...]) -> None:
        texts = self._tools.texts
        self._items, self._cancel = items, None
        self.run.setEnabled(True)
        self.checks.show_items(items)
        self.notice.show()
        if all(item.is_ok for item in items):
            self.notice.say("good", texts("exchange.self_test_good"), texts("exchange.self_test_good_more"))
        else:
            self.notice.say("bad", texts("exchange.self_test_bad"), texts("exchange.self_test_bad_more"))
        QTimer.singleShot(0, self, self._fit)  # new labels have no size yet

    def _on_failed(self, error: SyncError) -> None:
        self._cancel = None
        self.run.setEnabled(True)
        if not isinstance(error, Cancelled):
            self.notice.say_error(error)
        QTimer.singleShot(0, self, self._fit)  # new labels have no size yet

    def _fit(self) -> None:
        """Grow with the steps; never shrink, so that buttons stay under the mouse."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(WIDTH, max(self.height() if self.isVisible() else 0, layout.totalHeightForWidth(WIDTH)))

    def _on_finished(self, _: int) -> None:
        if self._cancel is not None:
            self._cancel.cancel()
