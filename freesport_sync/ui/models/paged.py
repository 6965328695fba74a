"""A list of any length, of which only recently viewed pages are in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from freesport_sync.core.history import Page
from freesport_sync.errors import SyncError
from freesport_sync.ui.backend import Backend

if TYPE_CHECKING:
    from freesport_sync.services.history import History

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
Fetch = Callable[["History", int, int], Page[Any]]

PAGE_ROWS = 100
MAX_PAGES = 30
"""In memory; the least recently viewed are dropped first."""
MAX_ASKED = 3
"""Pages asked for at once: dragging the scroll bar must not load every page it passes."""

ROW_ROLE = Qt.ItemDataRole.UserRole
"""The row itself; None: not loaded yet."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table.

    Args:
        name: identifies it, for its remembered width.
        title: for people.
        text: makes the text for a row.
        width: nominal, in characters.
        is_number: right-aligned.
        sort: what sorting by it means; None: it cannot be sorted by.
    """

    name: str
    title: str
    text: Callable[[Row], str]
    width: int = 14
    is_number: bool = False
    sort: Any = None


def alignment(column: Column[Any]) -> Qt.AlignmentFlag:
    """The alignment of a column: numbers to the right."""
    return _RIGHT if column.is_number else _LEFT


class PagedModel(QAbstractTableModel, Generic[Row]):
    """Loads pages when the view needs them; until then it shows gaps.

    Args:
        backend: to query.
        columns: of the table.
        fetch: reads a page, on another thread.
        parent: owns it.
        key: identifies a row across refreshes.
        max_rows: of the list; further ones are left out.
    """

    loaded = Signal()
    """The first page was loaded, after `reload` or `refresh`."""
    failed = Signal(object)
    """`SyncError`: a page cannot be read."""
    sorted_by = Signal(object, bool)
    """`Column.sort`, and whether descending."""
    grown = Signal(int)
    """How many rows have appeared at the top."""

    def __init__(
        self,
        backend: Backend,
        columns: Sequence[Column[Row]],
        fetch: Fetch | None,
        parent: QObject,
        key: Callable[[Row], object] = lambda row: row,
        max_rows: int | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._backend = backend
        self._fetch = fetch
        self._key = key
        self._max_rows = max_rows
        self._total = 0
        self._pages: dict[int, tuple[Row, ...]] = {}
        self._stale: set[int] = set()
        self._asked: dict[int, _Question] = {}
        self._wanted: list[int] = []
        self._generation = 0
        self._has_failed = False
        self.grows_at_top = False
        self.is_loaded = False
        backend.database_status_changed.connect(self._try_again)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's own way
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return section + 1 if role == Qt.ItemDataRole.DisplayRole else None
        if not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(self.columns[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < self._total:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, ROW_ROLE):
            return None
        row = self.row_at(index.row())
        if role == ROW_ROLE:
            return row
        if row is None:
            return "…" if index.column() == 0 and role == Qt.ItemDataRole.DisplayRole else None
        return column.text(row)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Called by the view when its header is clicked; the database sorts."""
        if 0 <= column < len(self.columns) and self.columns[column].sort is not None:
            self.sorted_by.emit(self.columns[column].sort, order is Qt.SortOrder.DescendingOrder)

    def row_at(self, number: int) -> Row | None:
        """A row; None: not loaded yet, and asked for now."""
        page = number // PAGE_ROWS
        rows = self._pages.get(page)
        if rows is None or page in self._stale:
            self._want(page)
        if rows is None:
            return None
        self._pages[page] = self._pages.pop(page)  # the last one looked at
        place = number % PAGE_ROWS
        return rows[place] if place < len(rows) else None

    def find(self, key: object) -> int | None:
        """The number of a row, if it is in memory."""
        for page, rows in self._pages.items():
            for place, row in enumerate(rows):
                if self._key(row) == key:
                    return page * PAGE_ROWS + place
        return None

    def key_of(self, index: Index) -> object | None:
        """The key of the row at an index."""
        row = self.row_at(index.row()) if index.isValid() else None
        return None if row is None else self._key(row)

    def show_list(self, fetch: Fetch | None) -> None:
        """Show another list from its beginning; None: nothing."""
        self._fetch = fetch
        self.beginResetModel()
        self._forget()
        self._total = 0
        self.is_loaded = False
        self.endResetModel()
        self.reload()

    def reload(self) -> None:
        """Load the first page again; the old one stays until then."""
        self._forget_questions()
        self._stale = set(self._pages)
        self._ask(0, is_reload=True)

    def refresh(self, first_visible: int = 0) -> None:
        """Load the visible page again, without moving what is being read.

        Args:
            first_visible: row at the top of the view.
        """
        self._stale = set(self._pages)
        for question in self._asked.values():  # the answer may be on its way, from before the change
            question.is_outdated = True
        page = first_visible // PAGE_ROWS
        if page not in self._asked:
            self._ask(page, is_reload=False)

    def _want(self, page: int) -> None:
        if page in self._asked:
            return
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted.append(page)
        self._ask_next()

    def _ask_next(self) -> None:
        while self._wanted and len(self._asked) < MAX_ASKED:
            self._ask(self._wanted.pop(), is_reload=False)  # the last one wanted is the one in view
        del self._wanted[:-MAX_ASKED]

    def _ask(self, page: int, is_reload: bool) -> None:
        fetch = self._fetch
        if fetch is None:
            return
        question = _Question(self, page, self._generation, is_reload)
        self._asked[page] = question
        offset, limit = page * PAGE_ROWS, PAGE_ROWS
        if self._max_rows is not None:
            limit = min(limit, max(self._max_rows - offset, 0))
        self._backend.ask(lambda history: fetch(history, offset, limit), question.answer, question.refuse)

    def take(self, question: _Question, page: Page[Row]) -> None:
        """Called by the question when it is answered."""
        question.deleteLater()
        if question.generation != self._generation:
            return
        self._asked.pop(question.page, None)
        total = page.total if self._max_rows is None else min(page.total, self._max_rows)
        if question.is_reload:
            self._replace(total, page)
        elif total == self._total:
            self._store(question.page, page.rows)
        elif total > self._total and self.grows_at_top:
            self._insert(total, question.page, page.rows)
        else:
            self._relayout(total, question.page, page.rows)
        is_first = not self.is_loaded
        self.is_loaded = True
        if is_first or question.is_reload or question.page == 0:
            self.loaded.emit()
        if question.is_outdated and question.page not in self._asked:
            self._ask(question.page, is_reload=False)
        self._ask_next()

    def refused(self, question: _Question, error: SyncError) -> None:
        """Called by the question when it cannot be answered."""
        question.deleteLater()
        if question.generation == self._generation:
            self._asked.pop(question.page, None)
            self._wanted.clear()
            self._has_failed = True
            self.failed.emit(error)

    def _try_again(self, _: object) -> None:
        """Load what could not be read, now that the database is back."""
        if not self._has_failed:
            return
        self._has_failed = False
        if not self.is_loaded:
            self.reload()
        elif self._total:
            self.dataChanged.emit(self.index(0, 0), self.index(self._total - 1, len(self.columns) - 1))

    def _replace(self, total: int, page: Page[Row]) -> None:
        self.beginResetModel()
        self._pages = {0: page.rows}
        self._stale = set()
        self._total = total
        self.endResetModel()

    def _store(self, number: int, rows: tuple[Row, ...]) -> None:
        old = self._pages.get(number, ())
        self._pages[number] = rows
        self._stale.discard(number)
        for page in list(self._pages)[: max(len(self._pages) - MAX_PAGES, 0)]:
            if page != number:
                del self._pages[page]
        if old != rows and rows:
            first = number * PAGE_ROWS
            last = min(first + len(rows), self._total) - 1
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def _insert(self, total: int, number: int, rows: tuple[Row, ...]) -> None:
        count = total - self._total
        self.beginInsertRows(QModelIndex(), 0, count - 1)
        self._pages = {number: rows}
        self._stale = set()
        self._total = total
        self.endInsertRows()
        self.grown.emit(count)

    def _relayout(self, total: int, number: int, rows: tuple[Row, ...]) -> None:
        self.beginResetModel()
        self._pages = {number: rows}
        self._stale = set()
        self._total = total
        self.endResetModel()

    def _forget(self) -> None:
        self._pages = {}
        self._stale = set()
        self._forget_questions()

    def _forget_questions(self) -> None:
        self._generation += 1
        self._asked.clear()
        self._wanted.clear()


class _Question(QObject):
    """Remembers which page an answer is for; owned by its model."""

    def __init__(self, model: PagedModel[Any], page: int, generation: int, is_reload: bool) -> None:
        super().__init__(model)
        self._model = model
        self.page = page
        self.generation = generation
        self.is_reload = is_reload
        self.is_outdated = False

    def answer(self, page: Page[Any]) -> None:
        self._model.take(self, page)

    def refuse(self, error: SyncError) -> None:
        self._model.refused(self, error)
