"""Reads the long lists of a run, page by page or as a stream: row issues, and the changes that a dry run has listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.history import ChangePage, ChangeQuery, IssuePage, IssueQuery, Page
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import FieldChange
from freesport_sync.database.own.history_list import contains
from freesport_sync.database.own.schema import current_revision, field_changes, row_issues
from freesport_sync.database.server.rows import fetch_in_chunks
from freesport_sync.database.server.sql_files import sql

_RANK = sa.case({severity.value: severity.rank for severity in Severity}, value=row_issues.c.severity)
_ISSUE_ORDER = (_RANK, *(row_issues.c[name] for name in ("code", "file", "line", "id")))


def read_issue_page(connection: sa.Connection, query: IssueQuery, offset: int, limit: int) -> IssuePage:
    """A page of the row issues of a run: errors first, those of one kind together, in the order of the files."""
    c = row_issues.c
    where = [c.run_id == query.run_id]
    if query.codes:
        where.append(c.code.in_(sorted(query.codes)))
    if query.text:
        where.append(contains(query.text, c.name, _article(connection), c.onec_id, c.value, c.file))
    # Sorting the ids alone is faster than sorting whole rows.
    ids = sa.select(c.id).where(*where).order_by(*_ISSUE_ORDER).offset(offset).limit(limit)
    rows = connection.execute(_issues(connection).where(c.id.in_(ids.scalar_subquery()))).mappings()
    return Page(_count(connection, row_issues, *where), offset, tuple(map(_issue, rows)))


def read_issues(connection: sa.Connection, run_id: int) -> Iterator[RowIssue]:
    """All row issues of a run in the same order; they are never all in memory.

    Args:
        connection: not to be used for anything else while the issues are read.
        run_id: the run.
    """
    # The reader may look at one issue for longer than an import may be idle.
    connection.execute(sql("own/allow_idling"))
    query = _issues(connection).where(row_issues.c.run_id == run_id)
    for rows in fetch_in_chunks(connection, query, is_held=True):
        yield from map(_issue, rows)


def read_change_page(connection: sa.Connection, query: ChangeQuery, offset: int, limit: int) -> ChangePage:
    """A page of the changes that a dry run has listed, in its order."""
    c = field_changes.c
    where = [c.run_id == query.run_id]
    if query.entity is not None:
        where.append(c.entity == str(query.entity))
    if query.text:
        where.append(contains(query.text, c.name, c.onec_id, c.field, c.old_value, c.new_value))
    rows = connection.execute(sa.select(field_changes).where(*where).order_by(c.id).offset(offset).limit(limit))
    return Page(_count(connection, field_changes, *where), offset, tuple(map(_change, rows)))


def read_changes(connection: sa.Connection, run_id: int) -> tuple[FieldChange, ...]:
    """All changes that a dry run has listed."""
    c = field_changes.c
    return tuple(map(_change, connection.execute(sa.select(field_changes).where(c.run_id == run_id).order_by(c.id))))


def _issues(connection: sa.Connection) -> sa.Select[Any]:
    columns = [row_issues.c[name] for name in ("severity", "code", "file", "line", "onec_id", "name")]
    columns += [row_issues.c[name] for name in ("field", "value", "params")]
    return sa.select(*columns, _article(connection).label("article")).order_by(*_ISSUE_ORDER)


def _article(connection: sa.Connection) -> sa.ColumnElement[str]:
    """A history written before version 0002 has no articles."""
    has_articles = (current_revision(connection) or "") >= "0002"
    return row_issues.c.article if has_articles else sa.literal("")


def _issue(row: sa.RowMapping) -> RowIssue:
    return RowIssue(**{**row, "severity": Severity(row["severity"])})


def _change(row: Any) -> FieldChange:
    return FieldChange(row.entity, row.onec_id, row.name, row.field, row.old_value, row.new_value)


def _count(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    count: int = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
    return count
