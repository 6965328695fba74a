"""An SSH host shows an unconfirmed key: the operator compares it, and what was stopped can continue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QShowEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from freesport_sync.core.fingerprints import is_fingerprint, same_fingerprint
from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    check_box,
    label,
    row,
    selectable,
    set_role,
    title_of,
)

if TYPE_CHECKING:
    from freesport_sync.application import Application

WIDTH = 680
CHANGED = "host_key_changed"
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]+=?")

Pin = Callable[["Application", str, bool], Any]
"""Records the key of a host if it has this fingerprint; the flag: it replaces the one on record."""


class HostKeyQuestion(QObject):
    """Asks the operator about a key, and records the answer.

    Args:
        tools: of the page.
        parent: the page.
    """

    accepted = Signal()
    """The key is accepted: what was refused can be tried again."""
    refused = Signal(object)
    """`SyncError`: the key could not be recorded."""

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._page = parent
        self._pin: Pin | None = None
        self._is_changed = False
        self.dialog: HostKeyDialog | None = None

    def ask(self, error: SyncError, pin: Pin) -> None:
        """Ask about a key.

        Args:
            error: `HostKeyUnknown`, or `HostKeyChanged`.
            pin: called on another thread.
        """
        self._pin = pin
        self._is_changed = error.code == CHANGED
        self.dialog = HostKeyDialog(self._tools, error, self._page.window())
        self.dialog.answered.connect(self._on_answered)
        self.dialog.open()

    def _on_answered(self, fingerprint: str, is_remembered: bool) -> None:
        backend, pin = self._tools.backend, self._pin
        if is_remembered and pin is not None:
            replaces = self._is_changed
            backend.do(
                lambda application: pin(application, fingerprint, replaces), self._on_pinned, self._on_not_pinned
            )
            return
        backend.accept_host_key_once(fingerprint)
        self.accepted.emit()

    def _on_pinned(self, _: object) -> None:
        self.accepted.emit()

    def _on_not_pinned(self, error: SyncError) -> None:
        self.refused.emit(error)


class HostKeyDialog(QDialog):
    """The fingerprint, how to compare it, and a field that compares it.

    Args:
        tools: of the page.
        error: `HostKeyUnknown`, or `HostKeyChanged`, which shows both fingerprints and lets the operator replace the
            old key if it is on our own record.
        parent: the window.
    """

    answered = Signal(str, bool)
    """The fingerprint, and whether to remember it; not emitted if it is not accepted."""

    def __init__(self, tools: Tools, error: SyncError, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools = tools
        self._fingerprint = str(error.params["fingerprint"])
        self._is_changed = error.code == CHANGED
        may_replace = bool(error.params.get("is_ours"))
        texts = tools.texts
        which = "changed_" if self._is_changed else ""
        self.setWindowTitle(texts(f"host_key.{which}title"))
        self.setModal(True)
        notice = Notice(tools)
        tone = "bad" if self._is_changed else "warn"
        notice.say(tone, texts(f"host_key.{which}title"), texts(f"host_key.{which}why"))
        self.confirmed = check_box(texts("host_key.confirmed"))
        self.confirmed.setVisible(self._is_changed and may_replace)
        self.elsewhere = label(texts("host_key.elsewhere", place=error.params.get("place", "")), is_wrapped=True)
        self.elsewhere.setVisible(self._is_changed and not may_replace)
        self.expected = QLineEdit()
        self.expected.setPlaceholderText(texts("host_key.expected_hint"))
        self.expected.textChanged.connect(self._compare)
        title = title_of(self.expected, texts("host_key.expected"))
        self.verdict = label("", "muted", is_wrapped=True)
        self.verdict.setMinimumHeight(2 * self.verdict.fontMetrics().lineSpacing())
        words = texts("host_key.replace" if self._is_changed else "host_key.remember")
        role = "danger" if self._is_changed else ""
        self.remember = button(words, self._remember, tools, "lock", role, tooltip=texts("host_key.tip"))
        self.remember.setVisible(not self._is_changed or may_replace)
        self.once = button(texts("host_key.once"), self._accept_once, tools, tooltip=texts("host_key.once_tip"))
        self.once.setVisible(not self._is_changed)
        self.leave = button(texts("host_key.leave"), self.reject, tools, role="primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(SPACE + 2)
        layout.addWidget(notice)
        layout.addLayout(self._facts(error))
        layout.addWidget(label(texts("host_key.how"), is_wrapped=True))
        layout.addWidget(_fixed_width(texts("host_key.command", file=_key_file(str(error.params.get("key_type"))))))
        layout.addSpacing(SPACE // 2)
        layout.addWidget(title)
        layout.addWidget(self.expected)
        layout.addWidget(self.verdict)
        layout.addWidget(self.confirmed)
        layout.addWidget(self.elsewhere)
        layout.addStretch(1)
        layout.addLayout(row(self.remember, self.once, None, self.leave))
        self._compare("")
        self.confirmed.toggled.connect(self._compare_again)
        self.setMinimumWidth(WIDTH)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # its texts are not that narrow
        self.expected.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        height = self.heightForWidth(WIDTH)  # it knows its fonts only now
        self.setMinimumHeight(height)
        self.resize(WIDTH, height)

    def _facts(self, error: SyncError) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setColumnStretch(1, 1)
        names = ("host", "port", "key_type", "old_fingerprint", "fingerprint")
        for line, name in enumerate(name for name in names if error.params.get(name)):
            title = "new_fingerprint" if self._is_changed and name == "fingerprint" else name
            grid.addWidget(label(self._tools.texts(f"host_key.{title}"), "muted"), line, 0)
            value = str(error.params.get(name, ""))
            grid.addWidget(_fixed_width(value) if name.endswith("fingerprint") else selectable(value), line, 1)
        return grid

    def _compare(self, text: str) -> None:
        texts = self._tools.texts
        found = _FINGERPRINT.search(text)  # ssh-keygen prints more than that in its line
        expected = found[0] if found else text.strip()
        if not expected:
            key, tone = "host_key.not_compared", "muted"
        elif not is_fingerprint(expected):
            key, tone = "host_key.no_fingerprint", "warn"
        elif same_fingerprint(expected, self._fingerprint):
            key, tone = "host_key.same", "good"
        else:
            key, tone = "host_key.other", "bad"
        self.verdict.setText(texts(key))
        set_role(self.verdict, "role", tone)
        is_sure = not self._is_changed or self.confirmed.isChecked() or tone == "good"
        for one in (self.remember, self.once):
            one.setEnabled(tone in ("muted", "good") and is_sure)

    def _compare_again(self, _: bool) -> None:
        self._compare(self.expected.text())

    def _remember(self) -> None:
        self.accept()
        self.answered.emit(self._fingerprint, True)

    def _accept_once(self) -> None:
        self.accept()
        self.answered.emit(self._fingerprint, False)


def _fixed_width(text: str) -> QWidget:
    result = label(text)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    result.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return result


def _key_file(key_type: str) -> str:
    """Where OpenSSH's server keeps the key."""
    name = next((one for one in ("ed25519", "ecdsa") if one in key_type), "rsa")
    return f"/etc/ssh/ssh_host_{name}_key.pub"
