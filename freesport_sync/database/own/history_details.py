"""Reads everything about one entry of the history except its long lists, and what the import page shows."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.history import (
    EntryIssues,
    EntryKey,
    EntrySource,
    HistoryDetails,
    HistoryEntry,
    IssueCount,
    StageRecord,
)
from freesport_sync.core.issues import Severity
from freesport_sync.core.run import ExportFile
from freesport_sync.database.own.earlier_runs import read_undoer
from freesport_sync.database.own.history_list import has_shop_sessions, read_entry
from freesport_sync.database.own.history_pages import read_issues
from freesport_sync.database.own.schema import (
    field_changes,
    row_issues,
    run_files,
    run_stages,
    runs,
)
from freesport_sync.database.own.stored_values import object_of
from freesport_sync.database.own.task_list import read_task
from freesport_sync.database.shop.tables import import_sessions


def read_details(connection: sa.Connection, key: EntryKey) -> HistoryDetails | None:
    """One entry with everything except its long lists, or None."""
    entry = read_entry(connection, key)
    if entry is None:
        return None
    return _import_session(connection, entry) if key.source is EntrySource.SHOP else _run(connection, entry)


def read_entry_issues(connection: sa.Connection, key: EntryKey) -> EntryIssues | None:
    """All row issues of one entry, or None if there is no such entry.

    Args:
        connection: not to be used for anything else while the issues are read.
        key: of the entry; the shop's own importer writes no row issues.
    """
    entry = read_entry(connection, key)
    if entry is None:
        return None
    if key.source is EntrySource.SHOP:
        return EntryIssues(entry, (), iter(()))
    return EntryIssues(entry, _issue_counts(connection, entry), read_issues(connection, key.id))


def _import_session(connection: sa.Connection, entry: HistoryEntry) -> HistoryDetails:
    c = import_sessions.c
    query = sa.select(c.report, c.error_message, c.report_details).where(c.id == entry.key.id)
    row = connection.execute(query).one()
    details = dict(object_of(row.report_details))
    return HistoryDetails(entry, report=row.report, error_message=row.error_message, details=details)


def _run(connection: sa.Connection, entry: HistoryEntry) -> HistoryDetails:
    run_id = entry.key.id
    query = sa.select(runs.c.request, runs.c.session_ids).where(runs.c.id == run_id)
    request, session_ids = connection.execute(query).one()
    return HistoryDetails(
        entry=entry,
        request=dict(object_of(request)),
        files=_files(connection, run_id),
        stages=_stages(connection, run_id),
        issue_counts=_issue_counts(connection, entry),
        changes=_changes(connection, run_id) if entry.is_dry_run else 0,
        report=_report(connection, session_ids),
        task=None if entry.task_id is None else read_task(connection, entry.task_id),
        already_undone_by=read_undoer(connection, entry.undone_id) if entry.is_dry_run and entry.undone_id else None,
    )


def _files(connection: sa.Connection, run_id: int) -> tuple[ExportFile, ...]:
    rows = connection.execute(sa.select(run_files).where(run_files.c.run_id == run_id).order_by(run_files.c.path))
    return tuple(ExportFile(row.kind, row.path, row.size_bytes, row.created_at) for row in rows)


def _issue_counts(connection: sa.Connection, entry: HistoryEntry) -> tuple[IssueCount, ...]:
    """The most severe and most frequent first; a run that died has no totals, only what it had stored."""
    query = (
        sa.select(row_issues.c.severity, row_issues.c.code, sa.func.count())
        .where(row_issues.c.run_id == entry.key.id)
        .group_by(row_issues.c.severity, row_issues.c.code)
    )
    stored = {(Severity(severity), code): count for severity, code, count in connection.execute(query)}
    occurred = stored | {(total.severity, total.code): total.count for total in entry.issue_totals}
    counts = [IssueCount(*kind, count, stored.get(kind, 0)) for kind, count in occurred.items()]
    return tuple(sorted(counts, key=lambda one: (one.severity.rank, -one.count, one.code)))


def _changes(connection: sa.Connection, run_id: int) -> int:
    query = sa.select(sa.func.count()).where(field_changes.c.run_id == run_id)
    count: int = connection.execute(query).scalar_one()
    return count


def _stages(connection: sa.Connection, run_id: int) -> tuple[StageRecord, ...]:
    c = run_stages.c
    query = sa.select(c.stage, c.started_at, c.done, c.total).where(c.run_id == run_id).order_by(c.started_at)
    return tuple(StageRecord(*row) for row in connection.execute(query))


def _report(connection: sa.Connection, session_ids: list[int]) -> str:
    if not session_ids or not has_shop_sessions(connection):
        return ""
    c = import_sessions.c
    return "".join(connection.scalars(sa.select(c.report).where(c.id.in_(session_ids)).order_by(c.id)))
