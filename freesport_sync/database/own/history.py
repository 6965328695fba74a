"""Reads past runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.history import IssueCount, PastRun
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, ExportFile, FieldChange, IssueTotal
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Trigger
from freesport_sync.database.own.alive import true_status
from freesport_sync.database.own.schema import (
    current_revision,
    field_changes,
    row_issues,
    run_files,
    runs,
)
from freesport_sync.database.server.rows import fetch_in_chunks
from freesport_sync.database.server.sql_files import sql

_COLUMNS = [
    *(runs.c[name] for name in ("id", "kind", "operator", "host", "is_dry_run", "stage", "started_at", "finished_at")),
    *(runs.c[name] for name in ("counts", "issue_totals", "error_code", "error_params", "request")),
    true_status.label("status"),
]


def read_runs(connection: sa.Connection, limit: int) -> tuple[PastRun, ...]:
    """The newest runs first; empty where nothing was ever imported."""
    if current_revision(connection) is None:
        return ()
    rows = connection.execute(_past_runs(connection).order_by(runs.c.id.desc()).limit(limit))
    return tuple(_past_run(row) for row in rows)


def read_run(connection: sa.Connection, run_id: int) -> PastRun | None:
    """One run, or None."""
    if current_revision(connection) is None:
        return None
    row = connection.execute(_past_runs(connection).where(runs.c.id == run_id)).first()
    return _past_run(row) if row else None


def has_undo(connection: sa.Connection) -> bool:
    """Whether the history knows which runs are undone; one that no run has upgraded yet does not."""
    return (current_revision(connection) or "") >= "0004"


def undoer_column(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """The column of that name, as far as the history has it."""
    return runs.c.undone_by if has_undo(connection) else sa.null().label("undone_by")


def read_files(connection: sa.Connection, run_id: int) -> tuple[ExportFile, ...]:
    """The files that a run read."""
    rows = connection.execute(sa.select(run_files).where(run_files.c.run_id == run_id).order_by(run_files.c.path))
    return tuple(ExportFile(row.kind, row.path, row.size_bytes, row.created_at) for row in rows)


def read_issue_counts(connection: sa.Connection, run: PastRun) -> tuple[IssueCount, ...]:
    """What kinds of row issues a run has, the gravest and most frequent first; a run that died has no totals."""
    query = (
        sa.select(row_issues.c.severity, row_issues.c.code, sa.func.count())
        .where(row_issues.c.run_id == run.id)
        .group_by(row_issues.c.severity, row_issues.c.code)
    )
    stored = {(Severity(severity), code): count for severity, code, count in connection.execute(query)}
    occurred = stored | {(total.severity, total.code): total.count for total in run.issue_totals}
    counts = [IssueCount(*kind, count, stored.get(kind, 0)) for kind, count in occurred.items()]
    return tuple(sorted(counts, key=lambda one: (one.severity.rank, -one.count, one.code)))


def read_issues(connection: sa.Connection, run_id: int, limit: int | None = None) -> Iterator[RowIssue]:
    """The row issues of a run, errors first, those of one kind together; they are never all in memory.

    Args:
        connection: used by nobody else while the issues are read.
        run_id: the run.
        limit: of issues; None for all.
    """
    # Whoever reads the list page by page may look at one of them for longer than an import may be idle.
    connection.execute(sql("own/allow_idling"))
    # A history that no run has upgraded yet can be read all the same.
    has_articles = (current_revision(connection) or "") >= "0002"
    query = sql("own/read_issues" if has_articles else "own/read_issues_without_articles")
    for rows in fetch_in_chunks(connection, query, {"run_id": run_id, "limit": limit}, is_held=True):
        for row in rows:
            yield RowIssue(**{**row, "severity": Severity(row["severity"])})


def read_field_changes(connection: sa.Connection, run_id: int, limit: int | None) -> tuple[FieldChange, ...]:
    """What a dry run would have changed, as far as the limit goes."""
    query = sa.select(field_changes).where(field_changes.c.run_id == run_id).order_by(field_changes.c.id).limit(limit)
    return tuple(
        FieldChange(row.entity, row.onec_id, row.name, row.field, row.old_value, row.new_value)
        for row in connection.execute(query)
    )


def last_imported(connection: sa.Connection) -> dict[str, datetime]:
    """File kind -> newest `ДатаФормирования` of the last completed run that imported files of that kind."""
    query = (
        sa.select(run_files.c.kind, sa.func.max(run_files.c.created_at))
        .join(runs, runs.c.id == run_files.c.run_id)
        .where(runs.c.status == "completed", runs.c.is_dry_run.is_(False), run_files.c.created_at.is_not(None))
        .where(runs.c.kind != ImportKind.IMAGES.value)  # it takes only the pictures of its files
        .where(runs.c.undone_by.is_(None))
        .group_by(run_files.c.kind, run_files.c.run_id)
        .order_by(run_files.c.run_id)
    )
    return {kind: created_at for kind, created_at in connection.execute(query)}  # the last run of a kind stays


def undoable_runs_since(connection: sa.Connection, run_id: int) -> tuple[int, ...]:
    """The completed imports, this one or later, that a restore takes back and that none has taken back yet."""
    return tuple(connection.scalars(sa.select(runs.c.id).where(_undoable_since(run_id)).order_by(runs.c.id)))


def note_undone(connection: sa.Connection, run_id: int, undone_by: int) -> None:
    """Remember that the imports of `undoable_runs_since` are undone: an older export may come after them."""
    connection.execute(runs.update().where(_undoable_since(run_id)).values(undone_by=undone_by))


def read_undoer(connection: sa.Connection, run_id: int) -> int | None:
    """The run that has undone another one; None: nobody has."""
    return connection.scalar(sa.select(runs.c.undone_by).where(runs.c.id == run_id))


def note_repair_undone(connection: sa.Connection, run_id: int, undone_by: int) -> None:
    """Remember that a repair is taken back."""
    connection.execute(runs.update().where(runs.c.id == run_id).values(undone_by=undone_by))


def is_outlived(connection: sa.Connection, run_id: int) -> bool:
    """Whether it is no longer known what the runs since a backup have written."""
    since = connection.execute(sa.select(runs.c.id, runs.c.is_forgotten).where(runs.c.id >= run_id)).all()
    return not any(row.id == run_id for row in since) or any(row.is_forgotten for row in since)


def _undoable_since(run_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.id >= run_id, runs.c.is_undoable, runs.c.undone_by.is_(None))


def _past_runs(connection: sa.Connection) -> sa.Select[Any]:
    """Not every column: a history that no run has upgraded yet can be read all the same."""
    return sa.select(*_COLUMNS, undoer_column(connection))


def _past_run(row: Any) -> PastRun:
    return PastRun(
        id=row.id,
        kind=row.kind,
        operator=row.operator,
        host=row.host,
        trigger=row.request.get("trigger", Trigger.COMMAND_LINE.value),
        is_dry_run=row.is_dry_run,
        status=row.status,
        stage=row.stage,
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts={entity: Counts(**count) for entity, count in row.counts.items()},
        issue_totals=tuple(IssueTotal(Severity(t["severity"]), t["code"], t["count"]) for t in row.issue_totals),
        error_code=row.error_code,
        error_params=row.error_params or {},
        data_dir=str(row.request.get("backup_id") or row.request.get("file") or row.request.get("data_dir", "")),
        undone_id=row.request.get("undone_id", 0),
        undone_by=row.undone_by,
    )
