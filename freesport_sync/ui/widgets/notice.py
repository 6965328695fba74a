"""A coloured box that says what happened, what is affected and what to do."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from freesport_sync.errors import Cancelled, LockHeld, SyncError
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    clear,
    selectable,
    set_role,
)

LONG = 80
"""Longer messages, in characters, get only their first sentence as a headline."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁ«“])")
_ICONS = {"good": "completed", "warn": "remarks", "bad": "failed", "busy": "running", "neutral": "info"}


class Notice(QFrame):
    """An outcome or an error.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self.setObjectName("notice")
        self._tone = "neutral"
        self._said: tuple[str, ...] = ()
        self._picture = QLabel()
        self._picture.setFixedWidth(28)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP - 2, GAP - 4, GAP - 2, GAP - 4)
        layout.setSpacing(SPACE)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._lines, 1)
        tools.theme.changed.connect(self._draw)

    def say(self, tone: str, what: str, *more: str, code: str = "", words: str = "") -> None:
        """Show a message.

        Args:
            tone: good, warn, bad, busy or neutral.
            what: the sentence in bold.
            more: further sentences; empty ones are left out.
            code: for the support.
            words: the untranslated message of the system or a server; empty: none.
        """
        said = (tone, what, *more, code, words)
        if said == self._said:  # said again with every database status, which must not clear a selection
            return
        self._tone, self._said = tone, said
        set_role(self, "tone", tone)
        clear(self._lines)
        headline, *rest = _SENTENCE.split(what, 1) if len(what) > LONG else (what,)
        self._lines.addWidget(selectable(headline, "big" if tone != "neutral" else "heading"))
        for text in (*rest, *more):
            if text:
                self._lines.addWidget(selectable(text))
        if words:
            self._lines.addWidget(selectable(self._tools.texts("cli.said", words=words), "code"))
        if code:
            self._lines.addWidget(selectable(self._tools.texts("window.code", code=code), "code"))
        self.setAccessibleName(" ".join((what, *more)))
        self._draw()

    def say_error(self, error: SyncError) -> None:
        """Show an error."""
        text = self._tools.texts.error(error)
        self.say(tone_of_error(error), text.what, text.affected, text.hint, code=text.code, words=text.said)

    def _draw(self) -> None:
        color = self._tools.theme.color(self._tone)
        self._picture.setPixmap(pixmap(_ICONS[self._tone], color, 22, self.devicePixelRatioF()))


def tone_of_error(error: SyncError) -> str:
    """The tone of an error; neither a cancel nor another run's lock is a failure."""
    if isinstance(error, Cancelled):
        return "neutral"
    return "warn" if isinstance(error, LockHeld) else "bad"
