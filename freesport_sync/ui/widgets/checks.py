"""The items of a check, one below the other, each with an icon and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    clear,
    selectable,
)

_STEPS = ("server", "login", "database", "direct")
_FAILING = {
    "database_unreachable": "server",
    "connection_lost": "server",
    "database_connection_limit": "server",
    "database_login_refused": "login",
    "password_file_open": "login",
    "password_file_unreadable": "login",
    "database_not_found": "database",
    "server_too_old": "database",
    "pooler_detected": "direct",
}
"""Error code -> the step of connecting that fails."""

SSH_STEPS = ("resolve", "port", "host_key", "login", "folder", "commands", "rights")
_STEP_OF = {
    "ssh_commands_missing": "commands",
    **dict.fromkeys(
        ("ssh_file_unreadable", "ssh_archive", "ssh_archive_missing", "ssh_media", "ssh_media_missing"), "rights"
    ),
}
"""Code of an item of the SSH check -> its step, if the code is not `ssh_` plus the step."""


def failing_step(items: Sequence[CheckItem]) -> str:
    """The step at which the check of an SSH host failed; empty if everything works."""
    passed = [_step_of(item) for item in items if item.is_ok]
    failed = [item for item in items if not item.is_ok]
    if not failed:
        return ""
    own = _step_of(failed[0])
    return own if own in SSH_STEPS else next(step for step in SSH_STEPS if step not in passed)


def _step_of(item: CheckItem) -> str:
    return _STEP_OF.get(item.code, item.code.removeprefix("ssh_"))


_ADVICE = "advice"
"""Works, but should be fixed."""
_SIGNS: dict[bool | str | None, tuple[str, str, str, str]] = {
    _ADVICE: ("remarks", "warn", "", "works"),
    True: ("completed", "good", "", "works"),
    False: ("failed", "bad", "bad", "fails"),
    None: ("waiting", "muted", "muted", "not_reached"),
}
"""Picture, colour, role of the text, tool tip."""


class CheckList(QWidget):
    """What works and what does not.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._count = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(SPACE - 2)
        self._grid.setColumnStretch(1, 1)

    def clear(self) -> None:
        """Show nothing."""
        clear(self._grid)
        self._count = 0

    def show_items(self, items: tuple[CheckItem, ...]) -> None:
        """Show the items of a check."""
        self.clear()
        for item in items:
            self._add(_ADVICE if item.is_advice else item.is_ok, self._tools.texts.check(item.code, item.params))

    def show_lines(self, lines: Sequence[tuple[bool, str]]) -> None:
        """Show sentences; one that is not ready yet is an advice."""
        self.clear()
        for is_ready, text in lines:
            self._add(True if is_ready else _ADVICE, text)

    def show_failure(self, error: SyncError) -> None:
        """Show at which step connecting failed."""
        self.clear()
        failing = _FAILING.get(error.code)
        if failing is None:
            return
        for step in _STEPS[: _STEPS.index(failing) + 1]:
            is_ok = step != failing
            self._add(is_ok, self._tools.texts(f"steps.{step}" if is_ok else f"steps.{step}_failed"))

    def show_ssh_host(self, items: Sequence[CheckItem]) -> None:
        """Show the steps of the check of an SSH host, including those that it did not reach."""
        self.clear()
        texts = self._tools.texts
        failing = failing_step(items)
        for step in SSH_STEPS:
            name = texts(f"steps.ssh_{step}")
            passed = [item for item in items if item.is_ok and _step_of(item) == step]
            for item in passed:
                text = texts.check(item.code, item.params).removeprefix("SSH: ")
                self._add(True, text[:1].upper() + text[1:])
            if step == failing:
                failed = next(item for item in items if not item.is_ok)
                is_point = texts.has(f"check.{failed.code}")
                error = texts.error(SyncError(failed.code, **failed.params))
                what = texts.check(failed.code, failed.params) if is_point else error.what
                self._add(False, f"{name}: {what.removeprefix('SSH: ')}")
            elif failing and not passed:
                self._add(None, f"{name}: {texts('steps.not_reached')}")

    def _add(self, is_ok: bool | str | None, text: str) -> None:
        number, self._count = self._count, self._count + 1
        sign = QLabel()
        picture, tone, role, tip = _SIGNS[is_ok]
        sign.setPixmap(pixmap(picture, self._tools.theme.color(tone), 16, self.devicePixelRatioF()))
        sign.setToolTip(self._tools.texts(f"steps.{tip}"))
        self._grid.addWidget(sign, number, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(selectable(text, role), number, 1)
