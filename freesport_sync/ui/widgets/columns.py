"""The widths of a table's columns: first as wide as their content, then as the window has room."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QHeaderView, QTableView

from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.state import WindowState

TEXT_WIDTH = 20
"""Columns of this nominal width in characters, or more, hold texts of any length; all others are never cut."""
_MOST = 2.0
"""Maximum width of a text column, as a multiple of its nominal width."""


class ColumnWidths(QObject):
    """Sets the widths until the operator does; rows are measured as they come into view.

    Args:
        table: with its model.
        columns: of the model.
        name: under which the widths that the operator has set are remembered.
        state: of the window.
        stretched: column that gets the remaining room; empty: the last one.
        spared: columns that are hidden, one after another, if there is no room for all.
    """

    def __init__(
        self,
        table: QTableView,
        columns: tuple[Column[Any], ...],
        name: str,
        state: WindowState,
        stretched: str,
        spared: tuple[str, ...],
    ) -> None:
        super().__init__(table)
        self._table, self._columns, self._name, self._state = table, columns, f"columns/{name}", state
        self._stretched, self._spared = stretched, spared
        self._natural: dict[str, int] = {}
        self._is_fitting = False
        header = table.horizontalHeader()
        self._is_set = header.restoreState(state.bytes(self._name))
        header.setResizeContentsPrecision(0)  # measure only what is in view, not 100,000 rows
        header.setStretchLastSection(not stretched)
        header.setMinimumSectionSize(40)
        if stretched:
            header.setSectionResizeMode(self._number_of(stretched), QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._on_resized)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.fit)
        table.verticalScrollBar().valueChanged.connect(self._soon.start)  # other rows are in view
        model = table.model()
        for signal in (model.modelReset, model.rowsInserted, model.dataChanged):
            signal.connect(self._soon.start)
        self.fit()

    def keep(self) -> None:
        """Remember the widths that the operator has set."""
        if self._is_set:
            self._state.keep(self._name, self._table.horizontalHeader().saveState())

    def forget(self) -> None:
        """Measure again, because the font has changed."""
        self._natural = {}
        self._soon.start()

    def fit(self) -> None:
        """Measure what is in view and share out the room; no column becomes narrower while it is shown."""
        if self._is_fitting or not self._table.isVisible():  # Qt would measure all 100,000 rows of a hidden table
            return
        self._is_fitting = True
        try:
            for number, column in enumerate(self._columns):
                known = self._natural.get(column.name, 0)
                self._natural[column.name] = max(known, min(self._wanted(number), self._most(column)))
            self._spare()
            if not self._is_set:
                for name, width in self._shared_out().items():
                    self._table.setColumnWidth(self._number_of(name), width)
        finally:
            self._is_fitting = False

    def _wanted(self, number: int) -> int:
        header = self._table.horizontalHeader()
        return max(self._table.sizeHintForColumn(number) + 6, header.sectionSizeHint(number))

    def _meant(self, column: Column[Any]) -> int:
        return column.width * self._table.fontMetrics().horizontalAdvance("0") + 12

    def _most(self, column: Column[Any]) -> int:
        return int(_MOST * self._meant(column))

    def _shared_out(self) -> dict[str, int]:
        """The widths of the shown columns; if there is no room for all, texts give up what exceeds their share."""
        shown = [one for one in self._columns if not self._table.isColumnHidden(self._number_of(one.name))]
        widths = {one.name: self._natural[one.name] for one in shown if one.name != self._stretched}
        stretched = [self._least(one) for one in shown if one.name == self._stretched]
        lacking = sum(widths.values()) + sum(stretched) - self._table.viewport().width()
        for one in sorted(shown, key=lambda column: -self._natural[column.name]):
            if lacking > 0 and one.name in widths and one.width >= TEXT_WIDTH:
                given = min(lacking, max(widths[one.name] - self._least(one), 0))
                widths[one.name] -= given
                lacking -= given
        return widths

    def _least(self, column: Column[Any]) -> int:
        natural = self._natural[column.name]
        return min(natural, self._meant(column)) if column.width >= TEXT_WIDTH else natural

    def _spare(self) -> None:
        """Hide what there is no room for."""
        left = {one.name: self._least(one) for one in self._columns}
        for name in self._spared:
            has_no_room = sum(left.values()) > self._table.viewport().width()
            self._table.setColumnHidden(self._number_of(name), has_no_room)
            if has_no_room:
                del left[name]

    def _number_of(self, name: str) -> int:
        return [column.name for column in self._columns].index(name)

    def _on_resized(self, number: int, old: int, new: int) -> None:
        is_ours = self._is_fitting or self._columns[number].name == self._stretched or number == len(self._columns) - 1
        is_hiding = not (old and new)  # Qt tells it later, when `fit` is over
        self._is_set = self._is_set or not (is_ours or is_hiding)
