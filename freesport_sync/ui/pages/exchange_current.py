"""The current exchange, on the page of the exchange."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.run import RunStatus
from freesport_sync.ui.exchange_progress import PICTURES, CurrentExchange, SentFile
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.run_feed import RunSnapshot, StageState
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Card,
    Tools,
    button,
    label,
    row,
    set_role,
)
from freesport_sync.ui.widgets.progress import Bar
from freesport_sync.ui.widgets.table import ROW_HEIGHT, Table

FILE_ROWS = 3
"""How many are visible without scrolling."""
_RUN_TONES = {RunStatus.COMPLETED: "good", RunStatus.CANCELLED: "muted"}


class CurrentExchangeCard(Card):
    """Who sends, which files have arrived, how far the import is.

    Args:
        tools: of the page.
    """

    entry_opened = Signal(object)

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools.texts("exchange.current"))
        self._tools = tools
        self._run: RunSnapshot | None = None
        texts = tools.texts
        self.client = label(texts("exchange.nobody_yet"), "muted", is_wrapped=True)
        columns: list[Column[SentFile]] = [
            Column("name", texts("exchange.file"), self._name, 18),
            Column("size", texts("exchange.size"), self._size, 11, is_number=True),
            Column("state", texts("exchange.file_state"), self._state, 15),
        ]
        self.model: RowsModel[SentFile] = RowsModel(columns, self)
        self.files = Table(tools, "server_files", texts("exchange.files"), self.model, "name", ("size",))
        self.files.set_delegates(state="badge")
        self.files.setObjectName("inner")
        self.files.setFixedHeight((FILE_ROWS + 1) * ROW_HEIGHT)
        self.run_title = label(texts("exchange.no_import"), "muted", is_wrapped=True)
        self.stage = label("")
        self.bar = Bar(texts("exchange.import"))
        self.issues = label("", "muted")
        self.open = button(texts("exchange.open_entry"), self._on_open, tools, "entry")
        self._lay_out()
        self.forget()

    def forget(self) -> None:
        """Show that there is no exchange yet."""
        self._run = None
        self.model.show_rows(())
        self._parts.hide()
        self.client.setText(self._tools.texts("exchange.nobody_yet"))
        set_role(self.client, "role", "muted")
        self.run_title.setText(self._tools.texts("exchange.no_import"))
        set_role(self.run_title, "role", "muted")
        self._show_run_parts(False)

    def show_exchange(self, now: CurrentExchange) -> None:
        """Show who sends what."""
        texts = self._tools.texts
        count = sum(file.count for file in now.files if file.size_bytes)
        words = (
            texts.client(now.client),
            now.address,
            texts("exchange.since", time=f"{now.began_at:%H:%M}"),
            texts.count("exchange.received", count, size=texts.size(now.received_bytes)) if count else "",
        )
        self.client.setText(" · ".join(filter(None, words)))
        set_role(self.client, "role", "")
        self.model.show_rows(now.files)
        self._parts.show()

    def show_run(self, run: RunSnapshot) -> None:
        """Show how far the import is."""
        texts = self._tools.texts
        self._run = run
        self._show_run_parts(True)
        self._parts.show()
        set_role(self.run_title, "role", "heading")
        self.run_title.setText(texts("exchange.run_dry" if run.is_dry_run else "exchange.run", run_id=run.run_id))
        self.issues.setText(texts.remarks(errors=run.errors, warnings=run.warnings, notes=run.notes))
        if run.report is None:
            current = next((line.stage for line in run.stages if line.state is StageState.RUNNING), None)
            words = texts("exchange.run_begins") if current is None else texts.word("stage", current)
            self.stage.setText(f"{words}, {int(100 * run.fraction)} %")
            set_role(self.stage, "role", "")
            self.bar.show_fraction(run.fraction)
            return
        status = run.report.status
        tone = _RUN_TONES.get(status, "bad")
        time = texts.duration(run.report.duration_s)
        self.stage.setText(texts("exchange.run_ended", status=texts(f"status.{status.value}"), time=time))
        set_role(self.stage, "role", tone)
        self.bar.show_fraction(run.fraction, "good" if tone == "good" else "bad")

    def show_process_ended(self) -> None:
        """Show that a run which had not ended has written nothing."""
        if self._run is not None and self._run.report is None:
            self.stage.setText(self._tools.texts("exchange.run_cut_off"))
            set_role(self.stage, "role", "bad")

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        left.addWidget(self.files)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        for widget in (self.run_title, self.stage, self.bar, self.issues):
            right.addWidget(widget)
        right.addStretch(1)
        right.addLayout(row(self.open, None))
        self._parts = QWidget()
        columns = QHBoxLayout(self._parts)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(2 * GAP)
        columns.addLayout(left, 3)
        columns.addLayout(right, 2)
        self.content.addWidget(self.client)
        self.content.addWidget(self._parts)

    def _show_run_parts(self, is_visible: bool) -> None:
        for widget in (self.stage, self.bar, self.issues, self.open):
            widget.setVisible(is_visible)

    def _on_open(self) -> None:
        if self._run is not None and self._run.run_id is not None:
            self.entry_opened.emit(EntryKey(EntrySource.RUN, self._run.run_id))

    def _name(self, file: SentFile) -> str:
        return self._tools.texts.count("exchange.pictures", file.count) if file.name == PICTURES else file.name

    def _size(self, file: SentFile) -> str:
        texts = self._tools.texts
        return texts.size(file.size_bytes) if file.size_bytes else texts("exchange.from_archive")

    def _state(self, file: SentFile) -> str:
        return self._tools.texts(f"exchange.file_{file.state.value}")
