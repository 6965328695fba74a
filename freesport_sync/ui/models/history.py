"""The columns of the history."""

from __future__ import annotations

from PySide6.QtCore import QObject

from freesport_sync.core.history import (
    Session,
    SessionQuery,
    SessionSort,
    SessionStatus,
)
from freesport_sync.ui.models.paged import Column, PagedModel
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.widgets.parts import Tools


def session_columns(texts: UiTexts) -> list[Column[Session]]:
    """All of them."""

    def title(name: str) -> str:
        return texts(f"history.column_{name}")

    return [
        Column("status", title("status"), lambda one: texts.status(one.status), 17, sort=SessionSort.STATUS),
        Column(
            "kind",
            title("kind"),
            lambda one: texts.kind(one.kind, one.is_dry_run, one.undone_id),
            17,
            sort=SessionSort.KIND,
        ),
        Column("started", title("started"), lambda one: texts.moment(one.started_at), 14, sort=SessionSort.STARTED),
        Column(
            "duration",
            title("duration"),
            lambda one: _duration(texts, one),
            10,
            is_number=True,
            sort=SessionSort.DURATION,
        ),
        Column("result", title("result"), lambda one: result_of(texts, one), 34),
        Column("issues", title("issues"), lambda one: _issues(texts, one), 11, is_number=True),
        Column(
            "trigger",
            title("trigger"),
            lambda one: texts.word("trigger", one.trigger),
            17,
            sort=SessionSort.TRIGGER,
        ),
        Column("operator", title("operator"), lambda one: one.operator or "—", 15, sort=SessionSort.OPERATOR),
        Column("host", title("host"), lambda one: one.host or "—", 10, sort=SessionSort.HOST),
        Column("number", title("number"), lambda one: texts.number(one.key.id), 6, is_number=True),
    ]


def sessions_model(tools: Tools, parent: QObject, columns: list[Column[Session]], max_rows: int) -> PagedModel[Session]:
    """A short list of the newest sessions."""
    return PagedModel(
        tools.backend,
        columns,
        lambda reader, offset, limit: reader.sessions(SessionQuery(), offset, limit),
        parent,
        key=lambda session: session.key,
        max_rows=max_rows,
    )


def result_of(texts: UiTexts, session: Session) -> str:
    """What came of it, in a few words."""
    if session.status is SessionStatus.RUNNING:
        stage = texts.stage(session.stage, session.kind)
        share = f" {100 * session.done // session.total} %" if session.total else ""
        return f"{stage}{share}".strip()
    changed = texts.changed(session.counts, session.is_dry_run, session.kind)
    if session.undone_by is not None:
        return "; ".join(part for part in (texts.undone(session.kind, session.undone_by), changed) if part)
    if changed:
        return changed
    return texts("history.unchanged") if session.status in (SessionStatus.COMPLETED, SessionStatus.REMARKS) else "—"


def _issues(texts: UiTexts, session: Session) -> str:
    count = session.errors + session.warnings
    return texts.number(count) if count else "—"


def _duration(texts: UiTexts, session: Session) -> str:
    return "—" if session.status is SessionStatus.STUCK else texts.duration(session.duration_s)
