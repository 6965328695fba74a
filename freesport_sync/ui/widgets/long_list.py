"""A list that the database filters: its table, how many rows it has, and what is shown while there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QToolButton, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.history import EntryStatus
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.errors import SyncError
from freesport_sync.ui.icons import icon
from freesport_sync.ui.models.paged import Fetch, PagedModel
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import SPACE, Tools, label
from freesport_sync.ui.widgets.table import Table

Status = TypeVar("Status", EntryStatus, TaskStatus)
_ICONS = {TaskStatus.PENDING: "waiting"}


class LongList(QStackedWidget):
    """Follows the database; a list that cannot be read says why.

    Args:
        tools: of the page.
        section: of the texts `found`, `empty`, `empty_more`, `nothing_found`, `nothing_found_more` and `reset`.
        icon_name: of an empty list.
        table: shows the list.
        model: of the table.
        reset: clears all filters.
    """

    def __init__(
        self,
        tools: Tools,
        section: str,
        icon_name: str,
        table: Table,
        model: PagedModel[Any],
        reset: Callable[[], None],
    ) -> None:
        super().__init__()
        self._tools, self._section, self._icon = tools, section, icon_name
        self._table, self._model = table, model
        self._fetch: Fetch | None = None
        self._is_filtered = False
        self.found = label("", "muted")
        self.empty = Placeholder(tools, tools.texts(f"{section}.reset"), reset)
        self.empty.say(icon_name, tools.texts("window.loading"))
        self.empty.set_action_visible(False)
        self.addWidget(self.empty)
        self.addWidget(table)
        model.loaded.connect(self._on_loaded)
        model.failed.connect(self._on_failed)
        tools.backend.opened.connect(self._reload)
        tools.backend.database_status_changed.connect(self._on_database_status)

    def show_list(self, fetch: Fetch, is_filtered: bool) -> None:
        """Show another list from its beginning.

        Args:
            fetch: reads a page of it, on another thread.
            is_filtered: it is a part of all rows.
        """
        self._fetch, self._is_filtered = fetch, is_filtered
        self._reload()

    def refresh(self) -> None:
        """Read again what is shown."""
        if self._model.is_loaded:
            self._model.refresh(self._table.first_visible)
        else:
            self._reload()

    def _reload(self) -> None:
        if self._fetch is not None:
            self._model.show_list(self._fetch)

    def _on_database_status(self, _: DatabaseStatus) -> None:
        self.refresh()

    def _on_loaded(self) -> None:
        texts = self._tools.texts
        total = self._model.rowCount()
        self.found.setText(texts.count(f"{self._section}.found", total))
        if total:
            self.setCurrentWidget(self._table)
            return
        is_filtered = self._is_filtered
        key = f"{self._section}.{'nothing_found' if is_filtered else 'empty'}"
        self.empty.say("search" if is_filtered else self._icon, texts(key), texts(f"{key}_more"))
        self.empty.set_action_visible(is_filtered)
        self.setCurrentWidget(self.empty)

    def _on_failed(self, error: SyncError) -> None:
        if not self._model.rowCount():
            self.empty.say_error(error)
            self.empty.set_action_visible(False)
            self.setCurrentWidget(self.empty)


class StatusFilter(QWidget):
    """A button for each status; those that are pressed are wanted, none: all.

    Args:
        tools: of the page.
        statuses: to choose from.
        section: of the texts with their names.
    """

    changed = Signal()

    def __init__(self, tools: Tools, statuses: Sequence[Status], section: str) -> None:
        super().__init__()
        self._tools = tools
        self.buttons: dict[Any, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        for status in statuses:
            name = tools.texts(f"{section}.{status.value}")
            one = QToolButton()
            one.setCheckable(True)
            one.setText(name)
            one.setToolTip(tools.texts("history.only_status", status=name))
            one.setAccessibleName(one.toolTip())
            one.toggled.connect(self.changed)
            self.buttons[status] = one
            layout.addWidget(one)
        tools.theme.changed.connect(self._draw)
        self._draw()

    @property
    def chosen(self) -> frozenset[Any]:
        """The wanted statuses; empty: all."""
        return frozenset(status for status, one in self.buttons.items() if one.isChecked())

    def clear(self) -> None:
        """Want all."""
        for one in self.buttons.values():
            one.setChecked(False)

    def _draw(self) -> None:
        for status, one in self.buttons.items():
            name = _ICONS.get(status, status.value)
            one.setIcon(icon(name, self._tools.theme.color(tone_of(status))))


def choice(name: str, items: Sequence[tuple[str, str]], on_changed: Callable[[], None]) -> QComboBox:
    """A filter with a list of values.

    Args:
        name: for screen readers.
        items: text and value of each.
        on_changed: called when another one is chosen.
    """
    result = QComboBox()
    result.setAccessibleName(name)
    for text, value in items:
        result.addItem(text, value)
    result.currentIndexChanged.connect(on_changed)
    return result
