"""«История»: the entries of all workstations and of the shop's own importer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.history import EntryStatus, HistoryEntry, HistoryQuery, HistorySort, Page
from freesport_sync.core.shop import ImportType
from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import icon
from freesport_sync.ui.models.history import entry_columns
from freesport_sync.ui.models.paged import PagedModel
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.chart import RunChart
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    Wrapping,
    button,
    label,
    row,
)
from freesport_sync.ui.widgets.search import SearchField
from freesport_sync.ui.widgets.table import Table

TEXT_WIDTH = 330
CHART_RUNS = 60
PERIODS = {"all": None, "day": 1, "week": 7, "month": 30, "quarter": 90}
_SHOWN_STATUSES = (
    EntryStatus.RUNNING,
    EntryStatus.COMPLETED,
    EntryStatus.REMARKS,
    EntryStatus.FAILED,
    EntryStatus.CANCELLED,
    EntryStatus.INTERRUPTED,
    EntryStatus.STUCK,
)


class HistoryPage(QWidget):
    """A list that the database filters and sorts.

    Args:
        tools: of the window.
    """

    entry_opened = Signal(object)
    """`EntryKey`."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._query = HistoryQuery()
        self._chart_is_asked = self._chart_is_outdated = False
        texts = tools.texts
        self.model: PagedModel[HistoryEntry] = PagedModel(
            tools.backend, entry_columns(texts), None, self, key=lambda entry: entry.key
        )
        self.table = Table(tools, "history", texts("history.title"), self.model)
        self.table.set_delegates(status="badge", result="bar")
        self.table.horizontalHeader().setSortIndicator(2, Qt.SortOrder.DescendingOrder)
        self.table.setSortingEnabled(True)
        self.table.is_openable = True
        self.table.row_opened.connect(self._on_row_opened)
        self.chart = RunChart(tools)
        self.chart.opened.connect(self.entry_opened)
        self.empty = Placeholder(tools, texts("history.reset"), self.reset)
        self.empty.say("history", texts("window.loading"))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.table)
        self.found = label("", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        head = row(label(texts("history.page_title"), "title"), None, self.found)
        layout.addLayout(head)
        layout.addWidget(self._make_filters())
        layout.addWidget(self.chart)
        layout.addWidget(self.stack, 1)
        self.model.loaded.connect(self._on_loaded)
        self.model.failed.connect(self._on_failed)
        self.model.sorted_by.connect(self._on_sorted)
        backend = tools.backend
        backend.opened.connect(self.reload)
        backend.database_status_changed.connect(self._on_database_status)
        tools.theme.changed.connect(self._on_theme_changed)

    def reload(self) -> None:
        """Load the list that the filters describe."""
        query = self._query
        self.model.grows_at_top = query.sort is HistorySort.STARTED and query.is_descending
        self.model.show_list(lambda history, offset, limit: history.entries(query, offset, limit))
        self._ask_chart()

    def reset(self) -> None:
        """Clear all filters."""
        self.text.clear()
        self.kind.setCurrentIndex(0)
        self.period.setCurrentIndex(0)
        for one in self.statuses.values():
            one.setChecked(False)
        self._filter()

    def refresh(self) -> None:
        """Reload what is shown."""
        self.model.refresh(self.table.first_visible)
        self._ask_chart()

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _make_filters(self) -> QWidget:
        texts = self._tools.texts
        self.text = SearchField(texts("history.search"))
        self.text.changed.connect(self._filter)
        self.period = self._choice("history.period", [(texts(f"history.period_{name}"), name) for name in PERIODS])
        kinds = dict.fromkeys((*self._tools.backend.tasks.kinds, *(kind.value for kind in ImportType)))
        any_kind = (texts("history.kind_any"), "")
        self.kind = self._choice("history.kind", [any_kind, *((texts.kind(one), one) for one in kinds)])
        self.statuses: dict[EntryStatus, QToolButton] = {}
        self.text.setMinimumWidth(TEXT_WIDTH)
        words = row(self.text, self.period, self.kind)
        words.setStretch(0, 1)
        layout = row()
        for status in _SHOWN_STATUSES:
            one = QToolButton()
            one.setCheckable(True)
            one.setText(texts.status(status))
            one.setToolTip(texts("history.only_status", status=texts.status(status)))
            one.setAccessibleName(texts("history.only_status", status=texts.status(status)))
            one.toggled.connect(self._filter)
            self.statuses[status] = one
            layout.addWidget(one)
        self.clear = button(texts("history.reset"), self.reset, self._tools, role="link", shortcut="Ctrl+R")
        layout.addWidget(self.clear)
        layout.addStretch(1)
        self._on_theme_changed()
        return Wrapping(words, layout)

    def _choice(self, key: str, items: list[tuple[str, str]]) -> QComboBox:
        result = QComboBox()
        result.setAccessibleName(self._tools.texts(key))
        for text, value in items:
            result.addItem(text, value)
        result.currentIndexChanged.connect(self._filter)
        return result

    def _filter(self) -> None:

        days = PERIODS[self.period.currentData()]
        kind = self.kind.currentData()
        query = replace(
            self._query,
            statuses=frozenset(status for status, one in self.statuses.items() if one.isChecked()),
            kinds=frozenset([kind]) if kind else frozenset(),
            since=None if days is None else _midnight() - timedelta(days=days - 1),
            text=self.text.take(),
        )
        if query != self._query:
            self._query = query
            self.reload()

    def _on_sorted(self, sort: HistorySort, is_descending: bool) -> None:
        query = replace(self._query, sort=sort, is_descending=is_descending)
        if query != self._query:
            self._query = query
            self.reload()

    def _on_database_status(self, _: DatabaseStatus) -> None:
        if self.model.is_loaded:
            self.model.refresh(self.table.first_visible)
        else:
            self.reload()
        self._ask_chart()

    def _ask_chart(self) -> None:
        self._chart_is_outdated = self._chart_is_asked
        if not self._chart_is_asked and self.isVisible() and self._tools.backend.application is not None:
            self._chart_is_asked = True
            query = replace(self._query, sort=HistorySort.STARTED, is_descending=True)
            self._tools.backend.ask(
                lambda history: history.entries(query, 0, CHART_RUNS), self._on_chart_loaded, self._on_chart_failed
            )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_chart()

    def _on_chart_loaded(self, page: Page[HistoryEntry]) -> None:
        self._chart_is_asked = False
        self.chart.show_entries(page.rows)
        self.chart.setVisible(bool(page.rows))
        if self._chart_is_outdated:
            self._ask_chart()

    def _on_chart_failed(self, _: SyncError) -> None:
        self._chart_is_asked = False

    def _on_loaded(self) -> None:
        texts = self._tools.texts
        total = self.model.rowCount()
        self.found.setText(texts.count("history.found", total))
        if total:
            self.stack.setCurrentWidget(self.table)
            return
        query = self._query
        is_filtered = query != HistoryQuery(sort=query.sort, is_descending=query.is_descending)
        key = "nothing_found" if is_filtered else "empty"
        self.empty.say("search" if is_filtered else "history", texts(f"history.{key}"), texts(f"history.{key}_more"))
        self.empty.set_action_visible(is_filtered)
        self.stack.setCurrentWidget(self.empty)

    def _on_failed(self, error: SyncError) -> None:
        if not self.model.rowCount():
            self.empty.say_error(error)
            self.empty.set_action_visible(False)
            self.stack.setCurrentWidget(self.empty)

    def _on_row_opened(self, entry: HistoryEntry) -> None:
        self.entry_opened.emit(entry.key)

    def _on_theme_changed(self) -> None:
        for status, one in self.statuses.items():
            one.setIcon(icon(status.value, self._tools.theme.color(tone_of(status))))


def _midnight() -> datetime:
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
