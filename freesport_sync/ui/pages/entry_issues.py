"""Row issues of a run: grouped by code, searched, saved as CSV, with what to fix in 1C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from freesport_sync.core.history import EntryKey, EntrySource, HistoryDetails, IssueCount, IssueQuery
from freesport_sync.core.issues import RowIssue
from freesport_sync.errors import SyncError
from freesport_sync.ui.models.paged import Column, PagedModel
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.csv_file import ask_csv_file
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.notice import Notice
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


class IssuesTab(QWidget):
    """All issues of a run, page by page.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._run_id: int | None = None
        self._query: IssueQuery | None = None
        texts = tools.texts
        groups: list[Column[IssueCount]] = [
            Column("severity", texts("cli.column_severity"), lambda one: texts(f"severity.{one.severity.value}"), 13),
            Column("title", texts("cli.column_issue"), lambda one: texts.issue_title(one.code), 16),
            Column("count", texts("cli.column_count"), lambda one: texts.number(one.count), 10, True),
        ]
        self.groups: RowsModel[IssueCount] = RowsModel(groups, self)
        self.group_table = Table(tools, "issue_groups", texts("issues_tab.groups"), self.groups, "title", ("severity",))
        self.group_table.set_delegates(severity="badge")
        self.group_table.selectionModel().selectionChanged.connect(self._filter)
        columns: list[Column[RowIssue]] = [
            Column("severity", texts("cli.column_severity"), lambda one: texts(f"severity.{one.severity.value}"), 13),
            Column("name", texts("cli.column_name"), lambda one: one.name or one.onec_id, 30),
            Column("article", texts("cli.column_article"), lambda one: one.article, 14),
            Column("what", texts("cli.column_what_is_wrong"), lambda one: texts.issue(one)[0], 50),
            Column("field", texts("cli.column_field"), lambda one: one.field, 16),
            Column("value", texts("cli.column_value"), lambda one: one.value, 20),
            Column("file", texts("cli.column_file"), lambda one: one.file, 26),
            Column("line", texts("cli.column_line"), lambda one: texts.number(one.line) if one.line else "", 8, True),
            Column("onec_id", texts("cli.column_onec_id"), lambda one: one.onec_id, 36),
        ]
        self.model: PagedModel[RowIssue] = PagedModel(tools.backend, columns, None, self)
        self.table = Table(tools, "issues", texts("entry.tab_issues"), self.model)
        self.table.set_delegates(severity="badge")
        self.table.selectionModel().currentRowChanged.connect(self._explain)
        self.text = SearchField(texts("issues_tab.search"))
        self.text.changed.connect(self._filter)
        self.all = button(texts("issues_tab.all"), self._show_all, tools, role="link")
        self.save = button(texts("issues_tab.csv"), self._pick_file, tools, "save", tooltip=texts("issues_tab.csv_tip"))
        self.status = label("", "muted")
        self.hint = Notice(tools)
        self.hint.hide()
        self.empty = Placeholder(tools)
        self.stack = QStackedWidget()
        right = QWidget()
        inner = QVBoxLayout(right)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACE)
        inner.addWidget(self.table, 1)
        inner.addWidget(self.hint)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(SPACE)
        split.addWidget(self.group_table)
        split.addWidget(right)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 8)
        split.setSizes([380, 640])
        full = QWidget()
        layout = QVBoxLayout(full)
        layout.setContentsMargins(0, SPACE + 4, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(self._make_bar())
        layout.addWidget(split, 1)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.model.failed.connect(self._on_failed)
        self.model.loaded.connect(self._explain)

    def show_entry(self, details: HistoryDetails) -> None:
        """Show the issues of a run."""
        texts = self._tools.texts
        is_other = details.entry.key.id != self._run_id
        self._run_id = details.entry.key.id
        self.groups.show_rows(details.issue_counts)
        if not details.issue_counts:
            self.empty.say("completed", texts("import_page.no_issues"), texts("issues_tab.none_more"), "good")
            self.stack.setCurrentIndex(0)
            return
        self.stack.setCurrentIndex(1)
        occurred, stored = (sum(getattr(one, name) for one in details.issue_counts) for name in ("count", "stored"))
        lost = texts("cli.issues_not_stored", occurred=texts.number(occurred), stored=texts.number(stored))
        self.status.setText(lost if stored < occurred else "")
        if is_other:
            self.text.clear()
            self.group_table.clearSelection()
            self._query = None
        self._filter()

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()
        self.group_table.keep_widths()

    def _make_bar(self) -> QHBoxLayout:
        bar = row(self.text, self.all, self.status, self.save)
        bar.setStretch(0, 1)
        return bar

    def _show_all(self) -> None:
        self.text.clear()
        self.group_table.clearSelection()
        self._filter()

    def _filter(self) -> None:
        words = self.text.take()
        if self._run_id is None:
            return
        groups = self.groups.rows
        selected = [index.row() for index in self.group_table.selectionModel().selectedRows()]
        codes = frozenset(groups[number].code for number in selected if number < len(groups))
        query = IssueQuery(self._run_id, codes, words)
        if query != self._query:
            self._query = query
            self.hint.hide()
            self.model.show_list(lambda history, offset, limit: history.issues(query, offset, limit))
        else:
            self.model.refresh(self.table.first_visible)

    def _explain(self) -> None:
        issue = self.table.selected()
        self.hint.setVisible(isinstance(issue, RowIssue))
        if isinstance(issue, RowIssue):
            what, hint = self._tools.texts.issue(issue)
            who = " · ".join(word for word in (issue.name, issue.article, issue.onec_id) if word)
            to_do = self._tools.texts("issues_tab.to_mend", hint=hint) if hint else ""
            self.hint.say(tone_of(issue.severity), what, who, to_do, code=issue.code)

    def _pick_file(self) -> None:
        texts = self._tools.texts
        name = texts("issues_tab.csv_name", run_id=self._run_id)
        if file := ask_csv_file(self, self._tools, texts("issues_tab.csv_tip"), name):
            self.save_to(file)

    def save_to(self, file: Path) -> None:
        """Write all issues of the run into a CSV file."""
        run_id, texts = self._run_id, self._tools.texts
        if run_id is None:
            return
        self.save.setEnabled(False)

        def write(history: History) -> tuple[int, Path]:
            from freesport_sync.services.issue_export import save_csv

            with history.all_issues(EntryKey(EntrySource.RUN, run_id)) as found:
                return save_csv(found.issues, texts, file), file

        self._tools.backend.ask(write, self._on_saved, self._on_failed)

    def _on_saved(self, result: tuple[int, Path]) -> None:
        count, file = result
        texts = self._tools.texts
        self.save.setEnabled(True)
        self.status.setText(texts("cli.issues_saved", count=texts.number(count), file=file.name))

    def _on_failed(self, error: SyncError) -> None:
        self.save.setEnabled(True)
        self.hint.say_error(error)
        self.hint.show()
