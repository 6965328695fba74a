"""A list that grows at its top and drops rows at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QObject, Signal

from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.models.rows import RowsModel

Row = TypeVar("Row")


class NewestModel(RowsModel[Row], Generic[Row]):
    """Rows, the newest first.

    Args:
        columns: of the table.
        parent: owns it.
        max_rows: that are kept.
    """

    grown = Signal(int)
    """How many rows have appeared at the top."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject, max_rows: int) -> None:
        super().__init__(columns, parent)
        self._max_rows = max_rows
        self._known: tuple[Row, ...] = ()
        self._is_wanted: Callable[[Row], bool] | None = None

    @property
    def known(self) -> tuple[Row, ...]:
        """All rows, shown or not."""
        return self._known

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows, the newest last."""
        new = tuple(reversed(rows))[: self._max_rows]
        kept = self._known[: self._max_rows - len(new)]
        lost = len(self._wanted(self._known[len(kept) :]))
        self._known = new + kept
        if lost:
            first = len(self._rows) - lost
            self.beginRemoveRows(QModelIndex(), first, len(self._rows) - 1)
            self._rows = self._rows[:first]
            self.endRemoveRows()
        shown = self._wanted(new)
        if shown:
            self.beginInsertRows(QModelIndex(), 0, len(shown) - 1)
            self._rows = shown + self._rows
            self.endInsertRows()
            self.grown.emit(len(shown))

    def show_only(self, is_wanted: Callable[[Row], bool] | None) -> None:
        """Show a part of the rows; None: all."""
        self._is_wanted = is_wanted
        self.beginResetModel()
        self._rows = self._wanted(self._known)
        self.endResetModel()

    def forget(self) -> None:
        """Drop all rows."""
        self._known = ()
        self.show_only(self._is_wanted)

    def _wanted(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows if self._is_wanted is None else tuple(filter(self._is_wanted, rows))
