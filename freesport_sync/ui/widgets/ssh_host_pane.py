"""The address of an SSH host and how to log in, and a test that names the step that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.connections import PasswordPlace, SshHostChoice
from freesport_sync.errors import SyncError
from freesport_sync.ui.dialogs.host_key import CHANGED, HostKeyQuestion
from freesport_sync.ui.widgets.checks import CheckList, failing_step
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    check_box,
    label,
    row,
    title_of,
)

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.services.remote_export import RemoteExport

_LINES = ("host", "user", "folder", "key_file", "passphrase", "password", "archive_folder", "media_root")
_TEXTS = ("folder", "archive_folder", "media_root")
_SECRETS = ("password", "passphrase")


@dataclass(frozen=True, slots=True)
class EditedSshHost:
    """The content of the form.

    Args:
        ssh: None: there is no SSH host.
        password: None: keep the stored one.
        passphrase: of the key file; None: keep the stored one.
    """

    ssh: SshHostChoice | None
    password: str | None
    passphrase: str | None


class SshHostPane(QWidget):
    """Address, credentials and folders of an SSH host, and a test that shows its steps.

    Args:
        tools: of the page.
    """

    saved = Signal(object)
    """`EditedSshHost`: to be saved."""
    result_shown = Signal()
    """A result was shown below the form."""
    tested = Signal(bool)
    """Whether files can be fetched."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._base: SshHostChoice | None = None
        self.tested_host: EditedSshHost | None = None
        self.is_fixed = False
        """Whether an environment variable or a running import prevents changes."""
        texts = tools.texts
        self.reason, self.notice = Notice(tools), Notice(tools)
        self.checks = CheckList(tools)
        self.host, self.user, self.key_file, self.passphrase, self.password = (QLineEdit() for _ in range(5))
        self.folder, self.archive_folder, self.media_root = (QLineEdit() for _ in range(3))
        self.port = QSpinBox()
        self.port.lineEdit().setTextMargins(SPACE, 0, 0, 0)
        self.port.setRange(1, 65535)
        self.port.setGroupSeparatorShown(False)
        self.use_agent = check_box(texts("connections.ssh_use_agent"))
        self.test = button(
            texts("connections.test"), self._test, tools, "check", tooltip=texts("connections.ssh_test_tip")
        )
        self.save = button(
            texts("connections.ssh_save"), self._save, tools, "save", "primary", "", texts("connections.ssh_save_tip")
        )
        self.host_key = HostKeyQuestion(tools, self)
        self.host_key.accepted.connect(self._check)
        self.host_key.refused.connect(self._on_refused)
        self._lay_out()
        for edit in (self.host, self.user, self.key_file):
            edit.textChanged.connect(self._show_readiness)

    def show_ssh_host(self, ssh: SshHostChoice | None) -> None:
        """Fill in an SSH host; None: there is none."""
        shown = ssh or SshHostChoice("")
        self._base = ssh
        self.host.setText(shown.host)
        self.port.setValue(shown.port)
        self.user.setText(shown.user or "")
        self.key_file.setText("" if shown.key_file is None else str(shown.key_file))
        self.use_agent.setChecked(shown.use_agent)
        for name in _TEXTS:
            self._edit(name).setText(getattr(shown, name) or "")
        for name in _SECRETS:
            self._edit(name).clear()
            self._edit(name).setPlaceholderText("")
        if ssh is not None:
            self._ask_for_secrets(ssh)
        self._show_readiness()

    def _ask_for_secrets(self, ssh: SshHostChoice) -> None:
        """Ask which secrets are stored; the key store may be slow."""
        self._tools.backend.do(
            lambda application: (ssh, application.connections.has_secrets(ssh)),
            self._on_secrets_found,
            self._on_secrets_unknown,
        )

    def _on_secrets_found(self, found: tuple[SshHostChoice, tuple[bool, bool]]) -> None:
        ssh, kept = found
        if ssh is self._base:
            for name, is_kept in zip(_SECRETS, kept, strict=True):
                key = "connections.password_kept" if is_kept else "connections.password_none"
                self._edit(name).setPlaceholderText(self._tools.texts(key))

    def _on_secrets_unknown(self, _: SyncError) -> None:
        """Ignored: the test reports what is wrong with them."""

    def forget_results(self) -> None:
        """Clear the results of another connection."""
        self.notice.hide()
        self.checks.clear()

    def set_fixed(self, reason: str) -> None:
        """Show why nothing can be saved; empty: it can."""
        self.is_fixed = bool(reason)
        self.reason.setVisible(self.is_fixed)
        if reason:
            self.reason.say("neutral", reason)
        self._show_readiness()

    def edited(self) -> EditedSshHost:
        """The content of the form; settings that it does not show stay as they are."""
        if not self.host.text().strip():
            return EditedSshHost(None, None, None)
        key_file = self.key_file.text().strip()
        shown: dict[str, Any] = {
            "host": self.host.text().strip(),
            "port": self.port.value(),
            "user": self.user.text().strip() or None,
            "key_file": Path(key_file) if key_file else None,
            "use_agent": self.use_agent.isChecked(),
            "folder": self.folder.text().strip(),
            "archive_folder": self.archive_folder.text().strip() or None,
            "media_root": self.media_root.text().strip() or None,
        }
        ssh = replace(self._base or SshHostChoice(""), **shown)
        return EditedSshHost(ssh, self.password.text() or None, self.passphrase.text() or None)

    def say_saved(self, place: PasswordPlace | None, is_active: bool) -> None:
        """Show that the host was saved."""
        texts = self._tools.texts
        secret = "" if place is None else texts(f"connections.password_{place.value}")
        later = "" if is_active else texts("connections.ssh_later")
        self.say("good", texts("connections.ssh_saved"), later, secret)

    def say(self, tone: str, what: str, *more: str) -> None:
        """Show what was done."""
        self.notice.say(tone, what, *more)
        self.notice.show()
        self.result_shown.emit()

    def say_error(self, error: SyncError) -> None:
        """Show what did not work."""
        self.notice.say_error(error)
        self.notice.show()
        self.result_shown.emit()

    def _lay_out(self) -> None:
        texts = self._tools.texts
        pick = button(texts("connections.ssh_pick"), self._pick_key, self._tools, "folder")
        port = title_of(self.port, texts("connections.ssh_port"))
        beside: dict[str, tuple[QWidget, ...]] = {"host": (port, self.port), "password": (self.use_agent,)}
        beside["key_file"] = (pick,)
        form = QGridLayout()
        form.setVerticalSpacing(SPACE)
        form.setHorizontalSpacing(GAP)
        form.setColumnStretch(1, 1)
        for line, name in enumerate(_LINES):
            self._add_line(form, line, name, *beside.get(name, ()))
        for name in _SECRETS:
            self._edit(name).setEchoMode(QLineEdit.EchoMode.Password)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(label(texts("connections.ssh_about"), "muted", is_wrapped=True))
        layout.addWidget(self.reason)
        layout.addLayout(form)
        layout.addWidget(label(texts("connections.ssh_ways"), "muted", is_wrapped=True))
        layout.addLayout(row(self.test, self.save, None))
        layout.addWidget(self.notice)
        layout.addWidget(self.checks)
        layout.addStretch(1)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)
        self.reason.hide()
        self.notice.hide()

    def _add_line(self, form: QGridLayout, line: int, name: str, *beside: QWidget) -> None:
        texts, field = self._tools.texts, self._edit(name)
        title = title_of(field, texts(f"connections.ssh_{name}"))
        if name not in _SECRETS:
            field.setPlaceholderText(texts(f"connections.ssh_{name}_hint"))
        fields = row(field, *beside)
        fields.setStretch(0, 1)
        form.addWidget(title, line, 0)
        form.addLayout(fields, line, 1)

    def _edit(self, name: str) -> QLineEdit:
        edit: QLineEdit = getattr(self, name)
        return edit

    def _show_readiness(self) -> None:
        has_host, has_user = bool(self.host.text().strip()), bool(self.user.text().strip())
        self.passphrase.setEnabled(bool(self.key_file.text().strip()))
        self.test.setEnabled(has_host and has_user)
        # Saving without a host name removes the host.
        self.save.setEnabled(not self.is_fixed and has_host == has_user and (has_host or self._base is not None))

    def _pick_key(self) -> None:
        folder = str(Path("~/.ssh").expanduser())
        file, _ = QFileDialog.getOpenFileName(self, self._tools.texts("connections.ssh_key_file"), folder)
        if file:
            self.key_file.setText(str(Path(file)))

    def _save(self) -> None:
        self.saved.emit(self.edited())

    def _test(self) -> None:
        self.tested_host = self.edited()
        self._check()

    def _check(self) -> None:
        """Test the host of the form; called again after a host key was accepted."""
        assert self.tested_host is not None
        self.say("busy", self._tools.texts("connections.testing"))
        self.checks.clear()
        self.test.setEnabled(False)
        backend = self._tools.backend
        check = _of(self.tested_host, lambda host: host.check(backend.leaving))
        backend.do(check, self._on_tested, self._on_refused)

    def _on_tested(self, items: tuple[CheckItem, ...]) -> None:
        texts = self._tools.texts
        self._show_readiness()
        self.checks.show_ssh_host(items)
        failing = failing_step(items)
        if not failing:
            self.say("good", texts("connections.ssh_good"))
            self.tested.emit(True)
            return
        failed = next(item for item in items if not item.is_ok)
        error = SyncError(failed.code, **failed.params)
        self.say(
            "bad",
            texts("connections.ssh_bad", step=texts(f"steps.ssh_{failing}")),
            "" if texts.has(f"check.{failed.code}") else texts.error(error).hint,
        )
        self.tested.emit(False)
        if failed.code in ("host_key_unknown", CHANGED) and self.window().isVisible():  # not left meanwhile
            self.host_key.ask(error, self._pin)

    def _pin(self, application: Application, fingerprint: str, replaces: bool) -> object:
        """Pin the key of the tested host, which may differ from that of the settings; runs on another thread."""
        assert self.tested_host is not None
        leaving = self._tools.backend.leaving
        return _of(self.tested_host, lambda host: host.pin_host_key(fingerprint, leaving, replaces))(application)

    def _on_refused(self, error: SyncError) -> None:
        self._show_readiness()
        self.say_error(error)
        self.tested.emit(False)


def kept(application: Application, ssh_host: EditedSshHost) -> tuple[SshHostChoice | None, PasswordPlace | None]:
    """Keep the secrets of an edited SSH host; returns it as it will be saved, and where the secrets are."""
    if ssh_host.ssh is None:
        return None, None
    return application.connections.keep_secrets(ssh_host.ssh, ssh_host.password, ssh_host.passphrase)


def _of(edited: EditedSshHost, work: Callable[[RemoteExport], object]) -> Callable[[Application], object]:
    """Do something with an SSH host, on another thread."""
    ssh = edited.ssh
    assert ssh is not None
    return lambda application: work(application.connections.remote_export(ssh, edited.password, edited.passphrase))
