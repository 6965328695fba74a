"""The address and password of a database, and a test that names the step that failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QSpinBox, QVBoxLayout, QWidget

from freesport_sync.core.checks import REPAIR_DUE, CheckItem
from freesport_sync.errors import SyncError
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.widgets.checks import CheckList
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    button,
    form,
    label,
    row,
)

NEW_URL = "postgresql://freesport_sync@localhost:5432/freesport"
"""Of a database that nobody has described yet."""
_USUAL_PORT = 5432
_DELIMITERS = re.compile(r"[\s/?#@\\[\]]")


class DatabasePane(QWidget):
    """Address and password of a database, or a description of one of our own; a test that names the step that failed.

    Args:
        tools: of the page.
    """

    use_wanted = Signal()
    check_wanted = Signal()
    """The database is in use; the next step is a dry run."""
    repair_wanted = Signal()
    """Give products of the database in use different times of creation."""
    tested = Signal(bool)
    """Whether an import could run, perhaps after another one."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._is_active = False
        self._asked = ""
        self.tested_content = ("", "")
        """What the form contained when the test began, see `DatabaseForm.content`."""
        texts = tools.texts
        self.form = DatabaseForm(tools)
        self.about = label("", "", is_wrapped=True)
        self.reason, self.notice = Notice(tools), Notice(tools)
        self.checks = CheckList(tools)
        self.test = button(texts("connections.test"), self._test, tools, "check", tooltip=texts("connections.test_tip"))
        self.use = button(texts("connections.use"), self.use_wanted.emit, tools, "connections", "primary")
        self.repair = button(texts("connections.repair"), self._ask_repair, tools, "repeat")
        self.next = button(texts("connections.to_exchange"), self.check_wanted.emit, tools, "eye")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE)
        for widget in (self.reason, self.about, self.form):
            layout.addWidget(widget)
        layout.addLayout(row(self.test, self.use, None, self.next))
        layout.addWidget(self.notice)
        layout.addWidget(self.checks)
        layout.addLayout(row(self.repair, None))
        layout.addStretch(1)
        for hidden in (self.reason, self.notice, self.repair, self.next):
            hidden.hide()

    def show_database(self, name: str, url: str | None, about: str, is_active: bool) -> None:
        """Fill in a database.

        Args:
            name: of the connection.
            url: None: one of our own.
            about: description of a database of our own.
            is_active: whether it is in use.
        """
        self._is_active = is_active
        self.about.setVisible(url is None)
        self.form.setVisible(url is not None)
        self.about.setText(about)
        if url is not None:
            self.form.fill(name, url)
            self._ask_for_password(url)
        self.test.setVisible(url is not None or is_active)

    def _ask_for_password(self, url: str) -> None:
        """Ask whether a password is stored; the key store may be slow."""
        self._asked = url
        self.form.password.setPlaceholderText("")
        self._tools.backend.do(
            lambda application: (url, application.connections.has_password(url)),
            self._on_password_found,
            self._on_password_unknown,
        )

    def _on_password_found(self, found: tuple[str, bool]) -> None:
        url, has_password = found
        if url == self._asked:
            key = "connections.password_kept" if has_password else "connections.password_none"
            self.form.password.setPlaceholderText(self._tools.texts(key))

    def _on_password_unknown(self, _: SyncError) -> None:
        """Ignored: the test reports what is wrong with it."""

    def forget_results(self) -> None:
        """Clear the results of another connection."""
        for widget in (self.notice, self.repair, self.next):
            widget.hide()
        self.checks.clear()

    def set_fixed(self, reason: str) -> None:
        """Show why no other database can be used; empty: it can."""
        self.reason.setVisible(bool(reason))
        if reason:
            self.reason.say("neutral", reason)
        self.use.setEnabled(not reason)

    def say(self, tone: str, what: str, *more: str) -> None:
        """Show what was done."""
        self.notice.say(tone, what, *more)
        self.notice.show()

    def say_error(self, error: SyncError) -> None:
        """Show what did not work."""
        self.test.setEnabled(True)
        self.notice.say_error(error)
        self.notice.show()
        self.checks.show_failure(error)
        self.tested.emit(False)

    def _test(self) -> None:
        self.say("busy", self._tools.texts("connections.testing"))
        self.checks.clear()
        self.repair.hide()
        self.test.setEnabled(False)
        self.tested_content = self.form.content()
        self._tools.backend.do(self._question(), self._on_tested, self.say_error)

    def _question(self) -> Callable[[Any], Any]:
        if not self.form.isVisibleTo(self):
            return lambda application: application.checks.database()
        url, password = self.form.url(), self.form.password.text() or None
        return lambda application: application.connections.check(url, password)

    def _on_tested(self, items: tuple[CheckItem, ...]) -> None:
        texts = self._tools.texts
        self.test.setEnabled(True)
        failed = [one for one in items if not one.is_ok]
        if not failed:
            self.notice.say("good", texts("connections.good"))
        elif all(one.is_busy for one in failed):
            self.notice.say("busy", texts("connections.busy"))
        else:
            self.notice.say("bad", texts("connections.bad"))
        self.checks.show_items(items)
        # Another database gets only the advice: runs always use the one in use.
        self.repair.setVisible(self._is_active and any(one.code == REPAIR_DUE for one in items))
        self.tested.emit(all(one.is_busy for one in failed))

    def _ask_repair(self) -> None:
        texts = self._tools.texts
        words = (texts(f"connections.repair_{name}") for name in ("title", "text", "yes", "no"))
        self.question = question(self.window(), *words)
        self.question.finished.connect(self._repair)
        self.question.open()

    def _repair(self, _: int) -> None:
        if answered_yes(self.question):
            self.repair.hide()
            self.checks.clear()
            self.notice.hide()
            self.repair_wanted.emit()


class DatabaseForm(QWidget):
    """Name, address and password of a PostgreSQL database."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        texts = tools.texts
        self.name, self.host, self.database, self.user, self.password = (QLineEdit() for _ in range(5))
        self.port = QSpinBox()
        self.port.lineEdit().setTextMargins(SPACE, 0, 0, 0)
        self.port.setRange(1, 65535)
        self.port.setGroupSeparatorShown(False)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._query = ""
        """Of the address: what has no field of its own."""
        names = ("name", "host", "port", "database", "user", "password")
        layout = form(*((texts(f"connections.field_{name}"), getattr(self, name)) for name in names))
        layout.setContentsMargins(0, 0, 0, SPACE)
        layout.addRow("", label(texts("connections.password_help"), "muted", is_wrapped=True))
        self.setLayout(layout)

    def fill(self, name: str, url: str) -> None:
        """Show a connection."""
        parts = urlsplit(url)
        self.name.setText(name)
        self.host.setText(parts.hostname or "")
        self.port.setValue(parts.port or _USUAL_PORT)
        self.database.setText(unquote(parts.path.lstrip("/")))
        self.user.setText(unquote(parts.username or ""))
        self.password.clear()
        self._query = parts.query

    def url(self) -> str:
        """The address that the form describes, without a password."""
        host = self.host.text().strip()
        # What would make something else of the address is encoded, and refused with it: other letters may stay.
        host = _DELIMITERS.sub(lambda found: quote(found[0], safe=""), re.sub(r"^\[(.*:.*)\]$", r"\1", host))
        host = f"[{host}]" if ":" in host else host
        user = f"{quote(self.user.text().strip(), safe='')}@" if self.user.text().strip() else ""
        query = f"?{self._query}" if self._query else ""
        return f"postgresql://{user}{host}:{self.port.value()}/{quote(self.database.text().strip(), safe='')}{query}"

    def content(self) -> tuple[str, str]:
        """The address and the password."""
        return self.url(), self.password.text()

    def title(self) -> str:
        """The name of the connection."""
        return self.name.text().strip() or self.host.text().strip()
