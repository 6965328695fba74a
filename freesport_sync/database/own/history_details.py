"""Reads what the window shows of single entries, page by page: issues, changes, files, reports; and what goes on."""

from __future__ import annotations

import select
from datetime import datetime
from typing import Any

import psycopg2
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from freesport_sync.core.history import (
    ChangeQuery,
    DataAge,
    DatabaseStatus,
    EntryKey,
    EntrySource,
    HistoryDetails,
    HistoryQuery,
    IssueQuery,
    LockHolder,
    Overview,
    Page,
    StageRecord,
)
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.permissions import Rights
from freesport_sync.core.run import FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.database.own import alive
from freesport_sync.database.own.history import (
    has_undo,
    read_files,
    read_issue_counts,
    read_run,
    read_undoer,
)
from freesport_sync.database.own.history_list import has_shop_sessions, read_entries, read_entry
from freesport_sync.database.own.lock import find_holder
from freesport_sync.database.own.runs import CHANNEL
from freesport_sync.database.own.schema import (
    current_revision,
    field_changes,
    row_issues,
    run_files,
    run_stages,
    runs,
)
from freesport_sync.database.server.engine import driver_connection
from freesport_sync.database.shop.sessions import is_ours
from freesport_sync.database.shop.tables import import_sessions

AGED_KINDS = {
    "goods": Entity.PRODUCT,
    "offers": Entity.VARIANT,
    "prices": Entity.PRICE,
    "rests": Entity.STOCK,
    "contragents": Entity.CUSTOMER,
}
"""Files whose age an operator asks for, and what a run has counted that has found something in them."""
LATEST_RUNS = 2000
"""How far back they are looked for."""


def read_details(connection: sa.Connection, key: EntryKey) -> HistoryDetails | None:
    """One entry with everything but its long lists, or None."""
    entry = read_entry(connection, key)
    if entry is None:
        return None
    if key.source is EntrySource.SHOP:
        c = import_sessions.c
        row = connection.execute(sa.select(c.report, c.error_message, c.report_details).where(c.id == key.id)).one()
        details = row.report_details if isinstance(row.report_details, dict) else {}
        return HistoryDetails(entry, report=row.report, error_message=row.error_message, details=details)
    run = read_run(connection, key.id)
    if run is None:
        return None
    request, session_ids = connection.execute(
        sa.select(runs.c.request, runs.c.session_ids).where(runs.c.id == key.id)
    ).one()
    return HistoryDetails(
        entry=entry,
        run=run,
        request=request,
        files=read_files(connection, key.id),
        stages=_stages(connection, key.id),
        issue_counts=read_issue_counts(connection, run),
        changes=_count(connection, field_changes, field_changes.c.run_id == key.id) if run.is_dry_run else 0,
        report=_report(connection, session_ids),
        forestalled_by=read_undoer(connection, run.undone_id) if run.is_dry_run and run.undone_id else None,
    )


def read_issue_page(connection: sa.Connection, query: IssueQuery, offset: int, limit: int) -> Page[RowIssue]:
    """Row issues of a run: errors first, those of one kind together, in the order of the files."""
    c = row_issues.c
    where = [c.run_id == query.run_id]
    if query.codes:
        where.append(c.code.in_(sorted(query.codes)))
    if query.text:
        where.append(_contains(query.text, c.name, c.article, c.onec_id, c.value, c.file))
    rank = sa.case({severity.value: severity.rank for severity in Severity}, value=c.severity)
    ids = sa.select(c.id).where(*where).order_by(rank, c.code, c.id).offset(offset).limit(limit)
    rows = connection.execute(sa.select(row_issues).where(c.id.in_(ids.scalar_subquery())).order_by(rank, c.code, c.id))
    issues = tuple(
        RowIssue(
            severity=Severity(row.severity),
            code=row.code,
            file=row.file,
            line=row.line,
            onec_id=row.onec_id,
            name=row.name,
            article=row.article,
            field=row.field,
            value=row.value,
            params=row.params,
        )
        for row in rows
    )
    return Page(_count(connection, row_issues, *where), offset, issues)


def read_change_page(connection: sa.Connection, query: ChangeQuery, offset: int, limit: int) -> Page[FieldChange]:
    """Changes that a dry run has listed, in its order."""
    c = field_changes.c
    where = [c.run_id == query.run_id]
    if query.entity is not None:
        where.append(c.entity == str(query.entity))
    if query.text:
        where.append(_contains(query.text, c.name, c.onec_id, c.field, c.old_value, c.new_value))
    rows = connection.execute(sa.select(field_changes).where(*where).order_by(c.id).offset(offset).limit(limit))
    changes = tuple(
        FieldChange(row.entity, row.onec_id, row.name, row.field, row.old_value, row.new_value) for row in rows
    )
    return Page(_count(connection, field_changes, *where), offset, changes)


def read_overview(connection: sa.Connection, limit: int) -> Overview:
    """The newest entries, and how fresh each kind of data is."""
    entries = read_entries(connection, HistoryQuery(), 0, limit).rows
    if current_revision(connection) is None:
        return Overview(entries, ())
    ages = (_age(connection, kind, entity) for kind, entity in AGED_KINDS.items())
    return Overview(entries, tuple(age for age in ages if age is not None))


def read_database_status(connection: sa.Connection, database: str, rights: Rights) -> DatabaseStatus:
    """What is going on; cheap enough to be asked every second.

    Args:
        connection: any, in autocommit.
        database: for people.
        rights: of the login; what it may not read is left out.
    """
    newest: list[object] = []
    if rights.history is None and current_revision(connection) is not None:
        how = sa.func.concat_ws(":", runs.c.id, runs.c.stage, runs.c.heartbeat_at, alive.is_dead, alive.is_silent)
        beating = sa.select(sa.func.array_agg(how))
        newest += [
            connection.scalar(sa.select(sa.func.max(runs.c.id))),
            *(connection.scalar(beating.where(runs.c.status == "running")) or ()),
        ]
    if has_shop_sessions(connection):
        c = import_sessions.c
        moving = sa.select(sa.func.array_agg(sa.func.concat_ws(":", c.id, c.updated_at)))
        newest += [
            connection.scalar(sa.select(sa.func.max(c.id))),
            *(connection.scalar(moving.where(c.finished_at.is_(None), is_ours.is_(False))) or ()),
        ]
    return DatabaseStatus(database, read_holder(connection), tuple(newest), rights)


def read_holder(connection: sa.Connection) -> LockHolder | None:
    """Who is importing."""
    holder = find_holder(connection)
    if holder is None:
        return None
    host = holder.host or holder.address
    return LockHolder(holder.run_id, holder.operator or "", host, holder.stage or "", holder.since)


def listen(connection: sa.Connection) -> None:
    """Ask to be told of changes in the history."""
    connection.exec_driver_sql(f"LISTEN {CHANNEL}")


def wait_for_notice(connection: sa.Connection, timeout_s: float) -> bool:
    """Wait until the history has changed; returns whether it has, as far as our own program tells."""
    try:
        driver = driver_connection(connection)
        if not select.select([driver], [], [], timeout_s)[0]:
            return False
        driver.poll()
    except psycopg2.Error as error:  # the server is gone
        raise DBAPIError("poll", None, error) from error
    is_told = bool(driver.notifies)
    driver.notifies.clear()
    return is_told


def _stages(connection: sa.Connection, run_id: int) -> tuple[StageRecord, ...]:
    c = run_stages.c
    query = sa.select(c.stage, c.started_at, c.done, c.total).where(c.run_id == run_id).order_by(c.started_at)
    return tuple(StageRecord(*row) for row in connection.execute(query))


def _report(connection: sa.Connection, session_ids: list[int]) -> str:
    if not session_ids or not has_shop_sessions(connection):
        return ""
    c = import_sessions.c
    return "".join(connection.scalars(sa.select(c.report).where(c.id.in_(session_ids)).order_by(c.id)))


def _age(connection: sa.Connection, kind: str, entity: Entity) -> DataAge | None:
    """Of the last run whose records are still in the shop: an exchange tried with an empty file has brought none."""
    of_kind = (run_files.c.run_id == runs.c.id, run_files.c.kind == kind)
    latest = sa.select(runs.c.id).order_by(runs.c.id.desc()).limit(LATEST_RUNS).subquery()
    counted = sa.func.jsonb_each_text(runs.c.counts[entity.value]).table_valued("key", "value")
    has_records = sa.exists().select_from(counted).where(counted.c.value != "0")
    is_there = [runs.c.undone_by.is_(None)] if has_undo(connection) else []
    row: Any = connection.execute(
        sa.select(
            runs.c.finished_at,
            sa.select(sa.func.max(run_files.c.created_at)).where(*of_kind).scalar_subquery().label("created_at"),
        )
        .where(runs.c.status == "completed", runs.c.is_dry_run.is_(False), runs.c.kind != "images", *is_there)
        .where(runs.c.id >= sa.select(sa.func.min(latest.c.id)).scalar_subquery())
        .where(sa.exists().where(*of_kind), has_records)
        .order_by(runs.c.id.desc())
        .limit(1)
    ).first()
    finished_at: datetime | None = row.finished_at if row else None
    return None if finished_at is None else DataAge(kind, finished_at, row.created_at)


def _count(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    count: int = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
    return count


def _contains(text: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.func.coalesce(column, "").icontains(text, autoescape=True) for column in columns))
