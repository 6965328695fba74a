"""What a dry run would change: old value, new value."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QStackedWidget, QVBoxLayout, QWidget

from freesport_sync.core.history import ChangeQuery, HistoryDetails
from freesport_sync.core.run import FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.paged import Column, PagedModel
from freesport_sync.ui.widgets.csv_file import ask_csv_file
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    button,
    label,
    row,
)
from freesport_sync.ui.widgets.search import SearchField
from freesport_sync.ui.widgets.table import Table

if TYPE_CHECKING:
    from freesport_sync.services.history import History


class ChangesTab(QWidget):
    """All listed changes, page by page.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._query: ChangeQuery | None = None
        self._run_id: int | None = None
        texts = tools.texts
        columns: list[Column[FieldChange]] = [
            Column("entity", texts("cli.column_what"), lambda one: texts.word("entity_one", one.entity), 16),
            Column("name", texts("cli.column_name"), lambda one: one.name or one.onec_id, 30),
            Column("field", texts("cli.column_field"), texts.field, 18),
            Column("old", texts("changes_tab.old"), lambda one: texts.values(one)[0], 20),
            Column("new", texts("changes_tab.new"), lambda one: texts.values(one)[1], 20),
            Column("onec_id", texts("cli.column_onec_id"), lambda one: one.onec_id, 36),
        ]
        self.model: PagedModel[FieldChange] = PagedModel(tools.backend, columns, None, self)
        self.table = Table(tools, "changes", texts("entry.tab_changes"), self.model)
        self.entity = QComboBox()
        self.entity.setAccessibleName(texts("changes_tab.entity"))
        self.entity.addItem(texts("changes_tab.any"), None)
        self._offer(Entity)
        self.entity.currentIndexChanged.connect(self._filter)
        self.text = SearchField(texts("changes_tab.search"))
        self.text.changed.connect(self._filter)
        self.found = label("", "muted")
        self.empty = Placeholder(tools)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE + 4, 0, 0)
        layout.setSpacing(SPACE)
        self.save = button(
            texts("changes_tab.csv"), self._pick_file, tools, "save", tooltip=texts("changes_tab.csv_tip")
        )
        bar = row(self.text, self.entity, self.found, self.save)
        bar.setStretch(0, 1)
        layout.addLayout(bar)
        layout.addWidget(self.stack, 1)
        self.model.loaded.connect(self._on_loaded)
        self.model.failed.connect(self._on_failed)

    def show_entry(self, details: HistoryDetails) -> None:
        """Show the changes of a dry run."""
        if details.entry.key.id != self._run_id:
            self._run_id = details.entry.key.id
            self._query = None
            self.text.clear()
        self._offer(details.entry.counts)  # another task than the shop's has entities of its own
        if details.entry.is_dry_run:
            self._filter()

    def _offer(self, entities: Iterable[str]) -> None:
        for one in entities:
            if self.entity.findData(str(one)) < 0:
                self.entity.addItem(self._tools.texts.word("entity", one), str(one))

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _filter(self) -> None:
        words = self.text.take()
        if self._run_id is None:
            return
        query = ChangeQuery(self._run_id, self.entity.currentData(), words)
        if query == self._query:
            self.model.refresh(self.table.first_visible)
            return
        self._query = query
        self.model.show_list(lambda history, offset, limit: history.changes(query, offset, limit))

    def _on_loaded(self) -> None:
        texts = self._tools.texts
        total = self.model.rowCount()
        self.found.setText(texts.count("changes_tab.found", total))
        is_filtered = self._query is not None and (self._query.text or self._query.entity)
        if not total:
            key = "history.nothing_found" if is_filtered else "import_page.nothing_to_change"
            self.empty.say("search" if is_filtered else "completed", texts(key))
        self.stack.setCurrentIndex(1 if total else 0)

    def _on_failed(self, error: SyncError) -> None:
        if not self.model.rowCount():
            self.empty.say_error(error)
            self.stack.setCurrentIndex(0)

    def _pick_file(self) -> None:
        texts = self._tools.texts
        name = texts("changes_tab.csv_name", run_id=self._run_id)
        if file := ask_csv_file(self, self._tools, texts("changes_tab.csv_tip"), name):
            self.save_to(file)

    def save_to(self, file: Path) -> None:
        """Write all listed changes of the run into a CSV file."""
        run_id, texts = self._run_id, self._tools.texts
        if run_id is None:
            return
        self.save.setEnabled(False)

        def write(history: History) -> tuple[int, Path]:
            from freesport_sync.services.issue_export import save_changes

            return save_changes(history.all_changes(run_id), texts, file), file

        self._tools.backend.ask(write, self._on_saved, self._on_save_failed)

    def _on_saved(self, result: tuple[int, Path]) -> None:
        count, file = result
        self.save.setEnabled(True)
        self.found.setText(
            self._tools.texts("changes_tab.saved", count=self._tools.texts.number(count), file=file.name)
        )

    def _on_save_failed(self, error: SyncError) -> None:
        self.save.setEnabled(True)
        self.found.setText(self._tools.texts.error(error).what)
