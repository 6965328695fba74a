"""The card of the last result, and the age of each kind of data."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.history import EntrySource, EntryStatus, HistoryEntry
from freesport_sync.core.shop import is_import
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.history import result_of
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.data_ages import DataAges
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Card,
    Tools,
    button,
    row,
)
from freesport_sync.ui.widgets.summary import sentence

TICK_MS = 10_000
"""How often the age of the result is updated."""


class LatestResult(QWidget):
    """The result of the last import, and how fresh the data in the shop is.

    Args:
        tools: of the page.
    """

    opened = Signal(object)
    """`EntryKey`."""
    repeat_wanted = Signal(object)
    """`EntryKey` of an import whose program has died."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self._entry: HistoryEntry | None = None
        self._notice = Notice(tools)
        self._open = button(texts("import_page.open_latest"), self._open_entry, tools, "entry", "link")
        self.repeat = button(texts("import_page.repeat_latest"), self._repeat, tools, "repeat")
        self._result = result = Card(texts("import_page.latest"))
        result.content.addWidget(self._notice)
        result.content.addLayout(row(self.repeat, None))
        result.content.addLayout(row(self._open, None))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(result)
        layout.addWidget(DataAges(tools))
        self._notice.say("neutral", texts("window.loading"))
        self._open.hide()
        self.repeat.hide()
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._tick)

    def show_entry(self, entry: HistoryEntry | None) -> None:
        """Show the newest entry; None: there is none."""
        texts = self._tools.texts
        self._entry = entry
        self._clock.start()
        self._open.setVisible(entry is not None)
        self.repeat.setVisible(entry is not None and _is_cut_off(entry))
        if entry is None:
            self._notice.say("neutral", texts("import_page.nothing_yet"), texts("import_page.nothing_yet_more"))
        else:
            self._notice.say(tone_of(entry.status), *self._sentences(entry))

    def show_result(self, is_visible: bool) -> None:
        """Show or hide the result."""
        self._result.setVisible(is_visible)

    def show_error(self, error: SyncError) -> None:
        """Say why nothing can be shown."""
        if self._entry is None:
            self._notice.say_error(error)

    def _tick(self) -> None:
        self.show_entry(self._entry)

    def _sentences(self, entry: HistoryEntry) -> tuple[str, ...]:
        texts = self._tools.texts
        when = f"{texts.age((_now() - entry.started_at).total_seconds())}, {texts.duration(entry.duration_s)}"
        if entry.status is EntryStatus.INTERRUPTED and entry.error is not None:
            error = texts.error(texts.of_run(entry.error, entry.kind, entry.is_dry_run))
            return error.what, error.affected, when
        result = sentence(result_of(texts, entry).replace("—", ""))
        return texts.outcome_of(entry), when, result, texts.remarks(errors=entry.errors, warnings=entry.warnings)

    def _repeat(self) -> None:
        if self._entry is not None:
            self.repeat_wanted.emit(self._entry.key)

    def _open_entry(self) -> None:
        if self._entry is not None:
            self.opened.emit(self._entry.key)


def _is_cut_off(entry: HistoryEntry) -> bool:
    """Whether it is an import of ours whose program has died."""
    is_ours = entry.key.source is EntrySource.RUN
    return is_ours and entry.status is EntryStatus.INTERRUPTED and is_import(entry.kind)


def _now() -> datetime:
    return datetime.now(UTC)
