"""The columns of the history."""

from __future__ import annotations

from PySide6.QtCore import QObject

from freesport_sync.core.history import (
    EntryStatus,
    HistoryEntry,
    HistoryQuery,
    HistorySort,
)
from freesport_sync.ui.models.paged import Column, PagedModel
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.widgets.parts import Tools


def entry_columns(texts: UiTexts) -> list[Column[HistoryEntry]]:
    """All columns of the history."""

    def title(name: str) -> str:
        return texts(f"history.column_{name}")

    return [
        Column("status", title("status"), lambda one: texts.status(one.status), 17, sort=HistorySort.STATUS),
        Column(
            "kind",
            title("kind"),
            lambda one: texts.kind(one.kind, one.is_dry_run, one.undone_id),
            17,
            sort=HistorySort.KIND,
        ),
        Column("started", title("started"), lambda one: texts.moment(one.started_at), 14, sort=HistorySort.STARTED),
        Column(
            "duration",
            title("duration"),
            lambda one: _duration(texts, one),
            10,
            is_number=True,
            sort=HistorySort.DURATION,
        ),
        Column("result", title("result"), lambda one: result_of(texts, one), 34),
        Column("issues", title("issues"), lambda one: _issues(texts, one), 11, is_number=True),
        Column(
            "trigger",
            title("trigger"),
            lambda one: texts.word("trigger", one.trigger),
            17,
            sort=HistorySort.TRIGGER,
        ),
        Column("operator", title("operator"), lambda one: one.operator or "—", 15, sort=HistorySort.OPERATOR),
        Column("host", title("host"), lambda one: one.host or "—", 10, sort=HistorySort.HOST),
        Column("number", title("number"), lambda one: texts.number(one.key.id), 6, is_number=True),
    ]


def entries_model(
    tools: Tools, parent: QObject, columns: list[Column[HistoryEntry]], max_rows: int
) -> PagedModel[HistoryEntry]:
    """A short list of the newest entries."""
    return PagedModel(
        tools.backend,
        columns,
        lambda history, offset, limit: history.entries(HistoryQuery(), offset, limit),
        parent,
        key=lambda entry: entry.key,
        max_rows=max_rows,
    )


def result_of(texts: UiTexts, entry: HistoryEntry) -> str:
    """The result of an entry, in a few words."""
    if entry.status is EntryStatus.RUNNING:
        stage = texts.stage(entry.stage, entry.kind)
        share = f" {100 * entry.done // entry.total} %" if entry.total else ""
        return f"{stage}{share}".strip()
    changed = texts.changed(entry.counts, entry.is_dry_run, entry.kind)
    if entry.undone_by is not None:
        return "; ".join(part for part in (texts.undone(entry.kind, entry.undone_by), changed) if part)
    if changed:
        return changed
    return texts("history.unchanged") if entry.status in (EntryStatus.COMPLETED, EntryStatus.REMARKS) else "—"


def _issues(texts: UiTexts, entry: HistoryEntry) -> str:
    count = entry.errors + entry.warnings
    return texts.number(count) if count else "—"


def _duration(texts: UiTexts, entry: HistoryEntry) -> str:
    return "—" if entry.status is EntryStatus.STUCK else texts.duration(entry.duration_s)
