"""Reads past runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, Entity, ExportFile, FieldChange, IssueTotal, RunKind
from freesport_sync.database.own_schema import current_revision, field_changes, row_issues, run_files, runs


@dataclass(frozen=True, slots=True)
class PastRun:
    """One row of the history."""

    id: int
    kind: str
    operator: str
    host: str
    is_dry_run: bool
    status: str
    stage: str
    started_at: datetime
    finished_at: datetime | None
    counts: dict[Entity, Counts]
    issue_totals: tuple[IssueTotal, ...]
    error_code: str | None
    error_params: dict[str, Any]
    data_dir: str


def read_runs(connection: sa.Connection, limit: int) -> tuple[PastRun, ...]:
    """The newest runs first; empty where nothing was ever imported."""
    if current_revision(connection) is None:
        return ()
    rows = connection.execute(sa.select(runs).order_by(runs.c.id.desc()).limit(limit))
    return tuple(_past_run(row) for row in rows)


def read_run(connection: sa.Connection, run_id: int) -> PastRun | None:
    """One run, or None."""
    if current_revision(connection) is None:
        return None
    row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
    return _past_run(row) if row else None


def read_files(connection: sa.Connection, run_id: int) -> tuple[ExportFile, ...]:
    """The files that a run read."""
    rows = connection.execute(sa.select(run_files).where(run_files.c.run_id == run_id).order_by(run_files.c.path))
    return tuple(ExportFile(row.kind, row.path, row.size_bytes, row.created_at) for row in rows)


def read_issues(connection: sa.Connection, run_id: int, limit: int) -> Iterator[RowIssue]:
    """The row issues of a run, errors first."""
    rank = sa.case({"error": 0, "warning": 1}, value=row_issues.c.severity, else_=2)
    query = sa.select(row_issues).where(row_issues.c.run_id == run_id).order_by(rank, row_issues.c.id).limit(limit)
    for row in connection.execute(query):
        yield RowIssue(
            Severity(row.severity),
            row.code,
            row.file,
            row.line,
            row.onec_id,
            row.name,
            row.field,
            row.value,
            row.params,
        )


def read_field_changes(connection: sa.Connection, run_id: int, limit: int) -> tuple[FieldChange, ...]:
    """What a dry run would have changed."""
    query = sa.select(field_changes).where(field_changes.c.run_id == run_id).order_by(field_changes.c.id).limit(limit)
    return tuple(
        FieldChange(Entity(row.entity), row.onec_id, row.name, row.field, row.old_value, row.new_value)
        for row in connection.execute(query)
    )


def last_imported(connection: sa.Connection) -> dict[str, datetime]:
    """File kind -> newest `ДатаФормирования` of the last completed run that imported files of that kind."""
    query = (
        sa.select(run_files.c.kind, sa.func.max(run_files.c.created_at))
        .join(runs, runs.c.id == run_files.c.run_id)
        .where(runs.c.status == "completed", runs.c.is_dry_run.is_(False), run_files.c.created_at.is_not(None))
        .where(runs.c.kind != RunKind.IMAGES.value)  # it takes only the pictures of its files
        .group_by(run_files.c.kind, run_files.c.run_id)
        .order_by(run_files.c.run_id)
    )
    return {kind: created_at for kind, created_at in connection.execute(query)}  # the last run of a kind stays


def _past_run(row: Any) -> PastRun:
    return PastRun(
        id=row.id,
        kind=row.kind,
        operator=row.operator,
        host=row.host,
        is_dry_run=row.is_dry_run,
        status=row.status,
        stage=row.stage,
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts={Entity(entity): Counts(**count) for entity, count in row.counts.items()},
        issue_totals=tuple(IssueTotal(Severity(t["severity"]), t["code"], t["count"]) for t in row.issue_totals),
        error_code=row.error_code,
        error_params=row.error_params or {},
        data_dir=str(row.request.get("data_dir", "")),
    )
