"""Counts and stages of an entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.history import EntrySource, EntryStatus, HistoryDetails
from freesport_sync.core.shop import STAGES_IN_BYTES, sorted_entities, undoes
from freesport_sync.ui.models.paged import Column
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.parts import SPACE, Tools, label
from freesport_sync.ui.widgets.table import Table


class Total(NamedTuple):
    """One line of counts."""

    name: str
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    hidden: int = 0

    @property
    def set_back(self) -> int:
        return self.updated - self.hidden


class StageTime(NamedTuple):
    """How long a stage took."""

    name: str
    duration_s: float | None
    done: int
    total: int
    is_in_bytes: bool
    is_over: bool


class TotalsTab(QWidget):
    """What happened to the records of each kind, and how long each stage took.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        texts = tools.texts
        names = ("created", "updated", "unchanged", "skipped", "failed")
        columns: list[Column[Total]] = [Column("name", texts("cli.column_what"), lambda one: one.name, 22)]
        columns += [Column(name, texts(f"cli.column_{name}"), self._number(name), 14, True) for name in names]
        self.model: RowsModel[Total] = RowsModel(columns, self)
        self.table = Table(tools, "totals", texts("entry.tab_totals"), self.model, "name")
        back = {"set_back": "set_back", "hidden": "hidden", "kept": "skipped"}
        back_columns: list[Column[Total]] = [columns[0]]
        back_columns += [
            Column(name, texts(f"cli.column_{name}"), self._number(number), 14, True) for name, number in back.items()
        ]
        self.undo_model: RowsModel[Total] = RowsModel(back_columns, self)
        self.undo_table = Table(tools, "totals_back", texts("entry.tab_totals"), self.undo_model, "name")
        stage_columns: list[Column[StageTime]] = [
            Column("name", texts("entry.stage"), lambda one: one.name, 22),
            Column("time", texts("history.column_duration"), self._time, 15, True),
            Column("done", texts("entry.stage_done"), self._done, 24, True),
        ]
        self.stages: RowsModel[StageTime] = RowsModel(stage_columns, self)
        self.stage_table = Table(tools, "stages", texts("entry.stages"), self.stages, "name")
        self.nothing = Placeholder(tools)
        self.nothing.say("entry", texts("entry.no_totals"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE + 4, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.nothing)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.undo_table, 3)
        self._stages_title = label(texts("entry.stages"), "heading")
        layout.addWidget(self._stages_title)
        layout.addWidget(self.stage_table, 2)

    def show_entry(self, details: HistoryDetails) -> None:
        """Show the counts of an entry."""
        totals = self._totals(details)
        is_undo = undoes(details.entry.kind)
        self.model.show_rows(() if is_undo else totals)
        self.undo_model.show_rows(totals if is_undo else ())
        self.stages.show_rows(self._stage_times(details))
        self.nothing.setVisible(not totals)
        self.table.setVisible(bool(totals) and not is_undo)
        self.undo_table.setVisible(bool(totals) and is_undo)
        for widget in (self._stages_title, self.stage_table):
            widget.setVisible(bool(details.stages))

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()
        self.undo_table.keep_widths()
        self.stage_table.keep_widths()

    def _number(self, name: str) -> Callable[[Total], str]:
        texts = self._tools.texts
        return lambda one: texts.number(getattr(one, name)) if getattr(one, name) else "—"

    def _totals(self, details: HistoryDetails) -> list[Total]:
        counts, texts = details.entry.counts, self._tools.texts
        totals = [
            Total(
                texts.word("entity", entity),
                counts[entity].created,
                counts[entity].updated,
                counts[entity].unchanged,
                counts[entity].skipped,
                counts[entity].failed,
                counts[entity].hidden,
            )
            for entity in sorted_entities(counts)
        ]
        if details.entry.key.source is EntrySource.SHOP:  # the reference importer counts these for all kinds together
            skipped, failed = (_whole(details.details.get(name)) for name in ("skipped", "errors"))
            totals += [Total(texts("entry.all_together"), 0, 0, 0, skipped, failed)] if skipped or failed else []
        return totals

    def _stage_times(self, details: HistoryDetails) -> list[StageTime]:
        ends = [*(stage.started_at for stage in details.stages[1:]), details.entry.finished_at]
        texts = self._tools.texts
        return [
            StageTime(
                texts.stage(stage.stage, details.entry.kind),
                (end - stage.started_at).total_seconds() if end is not None else None,
                stage.done,
                stage.total,
                stage.stage in STAGES_IN_BYTES,
                details.entry.status in (EntryStatus.COMPLETED, EntryStatus.REMARKS),
            )
            for stage, end in zip(details.stages, ends, strict=False)
        ]

    def _time(self, one: StageTime) -> str:
        return "…" if one.duration_s is None else self._tools.texts.duration(max(one.duration_s, 0.0))

    def _done(self, one: StageTime) -> str:
        texts = self._tools.texts
        if one.total <= 1:
            return "—"
        if one.is_over:  # the last heartbeat came before the end
            return texts.size(one.total) if one.is_in_bytes else texts.count("window.rows", one.total)
        if one.is_in_bytes:
            return texts.size_of(one.done, one.total)
        return texts("window.of_rows", done=texts.number(one.done), total=texts.number(one.total))


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
