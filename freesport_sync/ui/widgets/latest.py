"""The card of the last result, with the age of each kind of data."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from freesport_sync.core.history import DataAge, HistoryEntry, Overview
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.history import result_of
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Card,
    Tools,
    button,
    clear,
    label,
)
from freesport_sync.ui.widgets.summary import sentence

OLD_AFTER_S = 24 * 3600
"""Older prices and stocks get a warning."""
TICK_MS = 10_000
"""How often ages are updated."""
_QUICK_KINDS = ("prices", "rests")


class LatestResult(QWidget):
    """The result of the last import, and how fresh the data in the shop is.

    Args:
        tools: of the page.
    """

    opened = Signal(object)

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self._overview = Overview((), ())
        self._notice = Notice(tools)
        self._open = button(texts("import_page.open_latest"), self._open_entry, tools, "entry", "link")
        self._result = result = Card(texts("import_page.latest"))
        result.content.addWidget(self._notice)
        result.content.addWidget(self._open)
        self._ages = QGridLayout()
        self._ages.setHorizontalSpacing(GAP)
        self._ages.setColumnStretch(1, 1)
        ages = Card(texts("import_page.ages"))
        ages.content.addLayout(self._ages)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(result)
        layout.addWidget(ages)
        self._notice.say("neutral", texts("window.loading"))
        self._open.hide()
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._tick)

    def show_overview(self, overview: Overview) -> None:
        """Show the newest entry and the ages."""
        texts = self._tools.texts
        self._overview = overview
        self._clock.start()
        self._open.setVisible(self._entry is not None)
        if self._entry is None:
            self._notice.say("neutral", texts("import_page.nothing_yet"), texts("import_page.nothing_yet_more"))
        else:
            self._show_entry(self._entry)
        clear(self._ages)
        if not overview.ages:
            self._ages.addWidget(label(texts("import_page.no_ages"), "muted", is_wrapped=True), 0, 0, 1, 2)
        for number, age in enumerate(overview.ages):
            self._show_age(number, age)

    def show_result(self, is_visible: bool) -> None:
        """Show or hide the result."""
        self._result.setVisible(is_visible)

    def show_error(self, error: SyncError) -> None:
        """Say why nothing can be shown."""
        if self._entry is None:
            self._notice.say_error(error)

    @property
    def _entry(self) -> HistoryEntry | None:
        return self._overview.entries[0] if self._overview.entries else None

    def _tick(self) -> None:
        self.show_overview(self._overview)

    def _show_entry(self, entry: HistoryEntry) -> None:
        texts = self._tools.texts
        age_s = (_now() - entry.started_at).total_seconds()
        self._notice.say(
            tone_of(entry.status),
            texts.outcome_of(entry),
            f"{texts.age(age_s)}, {texts.duration(entry.duration_s)}",
            sentence(result_of(texts, entry).replace("—", "")),
            texts.remarks(errors=entry.errors, warnings=entry.warnings),
        )

    def _show_age(self, number: int, age: DataAge) -> None:
        texts = self._tools.texts
        # 1C writes its local time without a zone; the workstation is taken to be in the same zone.
        created = age.created_at.astimezone() if age.created_at is not None else age.imported_at
        age_s = (_now() - created).total_seconds()
        is_old = age.kind in _QUICK_KINDS and age_s > OLD_AFTER_S
        self._ages.addWidget(label(texts(f"import_page.data_{age.kind}")), number, 0)
        shown = label(texts.age(age_s), "warn" if is_old else "muted")
        shown.setToolTip(
            texts("import_page.age_tip", created=texts.moment(created), imported=texts.moment(age.imported_at))
        )
        self._ages.addWidget(shown, number, 1)

    def _open_entry(self) -> None:
        if self._entry is not None:
            self.opened.emit(self._entry.key)


def _now() -> datetime:
    return datetime.now(UTC)
