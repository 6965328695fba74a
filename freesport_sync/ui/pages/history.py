"""«История»: the entries of all workstations and of the shop's own importer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.history import EntryStatus, HistoryEntry, HistoryQuery, HistorySort, Page
from freesport_sync.core.shop import ImportType
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.history import entry_columns
from freesport_sync.ui.models.paged import PagedModel
from freesport_sync.ui.widgets.chart import RunChart
from freesport_sync.ui.widgets.long_list import LongList, StatusFilter, choice
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
        self.list = LongList(tools, "history", "history", self.table, self.model, self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        head = row(label(texts("history.page_title"), "title"), None, self.list.found)
        layout.addLayout(head)
        layout.addWidget(self._make_filters())
        layout.addWidget(self.chart)
        layout.addWidget(self.list, 1)
        self.model.sorted_by.connect(self._on_sorted)
        backend = tools.backend
        backend.opened.connect(self._ask_chart)
        backend.database_status_changed.connect(self._on_database_status)
        self.reload()

    def reload(self) -> None:
        """Load the list that the filters describe."""
        query = self._query
        self.model.grows_at_top = query.sort is HistorySort.STARTED and query.is_descending
        is_filtered = query != HistoryQuery(sort=query.sort, is_descending=query.is_descending)
        self.list.show_list(lambda history, offset, limit: history.entries(query, offset, limit), is_filtered)
        self._ask_chart()

    def reset(self) -> None:
        """Clear all filters."""
        self.text.clear()
        self.kind.setCurrentIndex(0)
        self.period.setCurrentIndex(0)
        self.statuses.clear()
        self._filter()

    def refresh(self) -> None:
        """Reload what is shown."""
        self.list.refresh()
        self._ask_chart()

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _make_filters(self) -> QWidget:
        texts = self._tools.texts
        self.text = SearchField(texts("history.search"))
        self.text.changed.connect(self._filter)
        periods = [(texts(f"history.period_{name}"), name) for name in PERIODS]
        self.period = choice(texts("history.period"), periods, self._filter)
        kinds = dict.fromkeys((*self._tools.backend.tasks.kinds_of_runs, *(kind.value for kind in ImportType)))
        any_kind = (texts("history.kind_any"), "")
        self.kind = choice(texts("history.kind"), [any_kind, *((texts.kind(one), one) for one in kinds)], self._filter)
        self.statuses = StatusFilter(self._tools, _SHOWN_STATUSES, "entry_status")
        self.statuses.changed.connect(self._filter)
        self.text.setMinimumWidth(TEXT_WIDTH)
        words = row(self.text, self.period, self.kind)
        words.setStretch(0, 1)
        self.clear = button(texts("history.reset"), self.reset, self._tools, role="link", shortcut="Ctrl+R")
        return Wrapping(words, row(self.statuses, self.clear, None))

    def _filter(self) -> None:
        days = PERIODS[self.period.currentData()]
        kind = self.kind.currentData()
        query = replace(
            self._query,
            statuses=self.statuses.chosen,
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

    def _on_row_opened(self, entry: HistoryEntry) -> None:
        self.entry_opened.emit(entry.key)


def _midnight() -> datetime:
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
