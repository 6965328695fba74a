"""The history as one list: our runs and the import sessions of the shop, sorted and cut into pages here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from freesport_sync.core.history import (
    EntryKey,
    EntrySource,
    EntryStatus,
    HistoryEntry,
    HistoryQuery,
    HistorySort,
    Page,
)
from freesport_sync.core.issues import Severity
from freesport_sync.core.run import Counts, IssueTotal, RunStatus
from freesport_sync.core.shop import Entity
from freesport_sync.core.tasks import Trigger
from freesport_sync.database.own import alive
from freesport_sync.database.own.earlier_runs import undoer_column
from freesport_sync.database.own.schema import current_revision, run_stages, runs
from freesport_sync.database.own.stored_values import counts_of, number_of, object_of, totals_of
from freesport_sync.database.own.task_list import has_tasks
from freesport_sync.database.shop.sessions import is_ours, is_silent
from freesport_sync.database.shop.tables import import_sessions

_Maker = Callable[[str], sa.Select[Any]]
"""Builds the query of one part of the list; a text restricts it to entries that contain it."""

_now = sa.func.clock_timestamp()
_REMARKS = [[{"severity": severity.value}] for severity in (Severity.ERROR, Severity.WARNING)]

_SHOP_PREFIXES = {
    Entity.PRODUCT: "products_",
    Entity.VARIANT: "variants_",
    Entity.PRICE: "prices_",
    Entity.STOCK: "stocks_",
    Entity.CUSTOMER: "",
}
"""Prefixes of the counts in the reference importer's report."""
_ORDER = {
    HistorySort.STARTED: "started_at",
    HistorySort.DURATION: "duration_s",
    HistorySort.STATUS: "status",
    HistorySort.KIND: "kind",
    HistorySort.OPERATOR: "operator",
    HistorySort.HOST: "host",
    HistorySort.TRIGGER: "trigger",
}


def read_entries(connection: sa.Connection, query: HistoryQuery, offset: int, limit: int) -> Page[HistoryEntry]:
    """Read a page of the history; empty if neither we nor the shop have tables for it.

    Args:
        connection: any, in autocommit.
        query: which entries, in which order.
        offset: of the first row.
        limit: rows of the page.
    """
    makers = _makers(connection)
    if not makers:
        return Page(0, offset, ())
    sorted_by = _ORDER[query.sort]
    parts = [_found(make(query.text), query, sorted_by) for make in makers]
    total = sum(
        connection.execute(sa.select(sa.func.count()).select_from(part.subquery())).scalar_one() for part in parts
    )
    if query.sort is HistorySort.STARTED and query.is_descending:
        # Only the newest of each part can be on the page: limit both parts before merging them.
        parts = [part.order_by(part.selected_columns["started_at"].desc()).limit(offset + limit) for part in parts]
    found = _together(parts)
    column = found.c[sorted_by]
    order = (column.desc() if query.is_descending else column.asc(), found.c.started_at.desc(), found.c.id.desc())
    keys = connection.execute(sa.select(found.c.source, found.c.id).order_by(*order).offset(offset).limit(limit))
    return Page(total, offset, _lines(connection, makers, [EntryKey(EntrySource(key.source), key.id) for key in keys]))


def read_entry(connection: sa.Connection, key: EntryKey) -> HistoryEntry | None:
    """One line of the history, or None."""
    found = _lines(connection, _makers(connection), [key])
    return found[0] if found else None


def read_runs_of_task(connection: sa.Connection, task_id: int) -> tuple[HistoryEntry, ...]:
    """The runs of a task, the first one first."""
    if not has_tasks(connection):
        return ()
    ids = connection.scalars(sa.select(runs.c.id).where(runs.c.task_id == task_id).order_by(runs.c.id))
    return _lines(connection, _makers(connection), [EntryKey(EntrySource.RUN, run_id) for run_id in ids])


def has_shop_sessions(connection: sa.Connection) -> bool:
    """Whether the shop has its table of import sessions, and we may read it."""
    may_read = sa.func.has_table_privilege(sa.func.to_regclass(import_sessions.name), "SELECT")
    return bool(connection.scalar(sa.select(may_read)))


def _makers(connection: sa.Connection) -> list[_Maker]:
    """The parts whose tables exist."""
    makers: list[_Maker] = []
    if current_revision(connection) is not None:
        makers.append(_our_runs)
    if has_shop_sessions(connection):
        makers.append(_shop_sessions)
    return makers


def _lines(connection: sa.Connection, makers: Sequence[_Maker], keys: Sequence[EntryKey]) -> tuple[HistoryEntry, ...]:
    """Whole lines, in the order of the keys; computed for these only."""
    if not makers:
        return ()
    everything = _together([make("") for make in makers])
    c = everything.c
    of_source = [
        sa.and_(c.source == source.value, c.id.in_([key.id for key in keys if key.source is source]))
        for source in EntrySource
    ]
    rows = connection.execute(sa.select(everything).where(sa.or_(*of_source)))
    by_key = {EntryKey(EntrySource(row.source), row.id): row for row in rows}
    return _completed(connection, [by_key[key] for key in keys if key in by_key])


def _together(parts: list[sa.Select[Any]]) -> sa.Subquery:
    selects = [sa.select(part.subquery()) for part in parts]
    return (selects[0] if len(selects) == 1 else sa.union_all(*selects)).subquery()


def _found(part: sa.Select[Any], query: HistoryQuery, sorted_by: str) -> sa.Select[Any]:
    """The keys of a part and its sort column: sorting 100,000 whole rows takes twice as long."""
    rows = part.subquery()
    wanted = dict.fromkeys(("source", "id", "started_at", sorted_by))
    return sa.select(*(rows.c[name] for name in wanted)).where(*_conditions(rows, query))


def _our_runs(text: str) -> sa.Select[Any]:
    c = runs.c
    has_remarks = sa.or_(*(c.issue_totals.contains(remark) for remark in _REMARKS))
    status = sa.case(
        (sa.and_(c.status == "completed", has_remarks), EntryStatus.REMARKS.value),
        (alive.is_dead, EntryStatus.INTERRUPTED.value),
        (alive.is_silent, EntryStatus.STUCK.value),
        (c.status.in_([status.value for status in RunStatus]), c.status),
        else_=EntryStatus.INTERRUPTED.value,  # of a newer program
    )
    finished_at = sa.case((alive.is_dead, c.heartbeat_at), else_=c.finished_at)
    trigger = sa.func.coalesce(c.request["trigger"].astext, Trigger.COMMAND_LINE.value)
    # Both parts have the same columns in the same order.
    query = sa.select(
        sa.literal(EntrySource.RUN.value).label("source"),
        c.id,
        c.kind,
        c.is_dry_run,
        status.label("status"),
        c.operator,
        c.host,
        trigger.label("trigger"),
        c.started_at,
        finished_at.label("finished_at"),
        sa.func.extract("epoch", sa.func.coalesce(finished_at, _now) - c.started_at).label("duration_s"),
    )
    if not text:
        return query
    folder = sa.func.coalesce(c.request["file"].astext, c.request["data_dir"].astext)
    return query.where(contains(text, c.operator, c.host, folder, c.error_code, sa.cast(c.id, sa.Text)))


def _shop_sessions(text: str) -> sa.Select[Any]:
    c = import_sessions.c
    is_open = c.status.in_(("pending", "started", "in_progress"))
    status = sa.case(
        (sa.and_(is_open, is_silent), EntryStatus.STUCK.value),
        (is_open, EntryStatus.RUNNING.value),
        (sa.and_(c.status == "completed", c.report_details["errors"] > sa.cast(0, JSONB)), EntryStatus.REMARKS.value),
        (c.status == "completed", EntryStatus.COMPLETED.value),
        else_=EntryStatus.FAILED.value,
    )
    nothing = sa.literal("")
    query = sa.select(
        sa.literal(EntrySource.SHOP.value).label("source"),
        c.id,
        c.import_type.label("kind"),
        sa.false().label("is_dry_run"),
        status.label("status"),
        nothing.label("operator"),
        nothing.label("host"),
        sa.literal(Trigger.SHOP.value).label("trigger"),
        c.started_at,
        c.finished_at,
        sa.func.extract("epoch", sa.func.coalesce(c.finished_at, _now) - c.started_at).label("duration_s"),
    ).where(is_ours.is_(False))
    return query if not text else query.where(contains(text, c.error_message, sa.cast(c.id, sa.Text)))


def _conditions(entries: sa.Subquery, query: HistoryQuery) -> list[sa.ColumnElement[bool]]:
    c = entries.c
    conditions: list[sa.ColumnElement[bool]] = []
    if query.statuses:
        conditions.append(c.status.in_([status.value for status in query.statuses]))
    if query.kinds:
        conditions.append(c.kind.in_(sorted(query.kinds)))
    if query.since is not None:
        conditions.append(c.started_at >= query.since)
    return conditions


def contains(text: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether one of the columns contains the text, ignoring case."""
    return sa.or_(*(sa.func.coalesce(column, "").icontains(text, autoescape=True) for column in columns))


class _Rest(NamedTuple):
    """Columns of an entry that are too wide to take part in sorting."""

    stage: str = ""
    counts: Mapping[str, Counts] = MappingProxyType({})
    errors: int = 0
    warnings: int = 0
    done: int = 0
    total: int = 0
    undone_id: int = 0
    undone_by: int | None = None
    issue_totals: tuple[IssueTotal, ...] = ()
    error_code: str | None = None
    error_params: Mapping[str, Any] = MappingProxyType({})
    data: str = ""
    task_id: int | None = None


def _completed(connection: sa.Connection, rows: Sequence[Any]) -> tuple[HistoryEntry, ...]:
    rest = {
        EntrySource.RUN: _rest_of_runs(connection, [row.id for row in rows if row.source == EntrySource.RUN]),
        EntrySource.SHOP: _rest_of_sessions(connection, [row.id for row in rows if row.source == EntrySource.SHOP]),
    }
    return tuple(_entry(row, rest[EntrySource(row.source)].get(row.id, _Rest())) for row in rows)


def _entry(row: Any, rest: _Rest) -> HistoryEntry:
    return HistoryEntry(
        key=EntryKey(EntrySource(row.source), row.id),
        kind=row.kind,
        is_dry_run=row.is_dry_run,
        status=EntryStatus(row.status),
        operator=row.operator,
        host=row.host,
        trigger=row.trigger,
        started_at=row.started_at,
        finished_at=row.finished_at,
        duration_s=float(row.duration_s),
        **rest._asdict(),
    )


def _rest_of_runs(connection: sa.Connection, ids: list[int]) -> dict[int, _Rest]:
    if not ids:
        return {}
    its_stage = sa.and_(run_stages.c.run_id == runs.c.id, run_stages.c.stage == runs.c.stage)
    done, total = (sa.func.coalesce(run_stages.c[name], 0).label(name) for name in ("done", "total"))
    columns = [runs.c[name] for name in ("id", "stage", "counts", "issue_totals", "error_code", "error_params")]
    query = (
        sa.select(*columns, runs.c.request, done, total, undoer_column(connection), _task_id(connection))
        .select_from(runs.outerjoin(run_stages, its_stage))
        .where(runs.c.id.in_(ids))
    )
    return {row.id: _rest_of_run(row) for row in connection.execute(query)}


def _task_id(connection: sa.Connection) -> sa.ColumnElement[Any]:
    return runs.c.task_id if has_tasks(connection) else sa.null().label("task_id")


def _rest_of_run(row: Any) -> _Rest:
    totals, request = totals_of(row.issue_totals), object_of(row.request)
    return _Rest(
        stage=row.stage,
        counts=counts_of(row.counts),
        errors=sum(total.count for total in totals if total.severity is Severity.ERROR),
        warnings=sum(total.count for total in totals if total.severity is Severity.WARNING),
        done=row.done,
        total=row.total,
        undone_id=number_of(request.get("undone_id")),
        undone_by=row.undone_by,
        issue_totals=totals,
        error_code=row.error_code,
        error_params=object_of(row.error_params),
        data=str(request.get("backup_id") or request.get("file") or request.get("data_dir", "")),
        task_id=row.task_id,
    )


def _rest_of_sessions(connection: sa.Connection, ids: list[int]) -> dict[int, _Rest]:
    if not ids:
        return {}
    query = sa.select(import_sessions.c.id, import_sessions.c.report_details).where(import_sessions.c.id.in_(ids))
    return {row.id: _rest_of_session(row.report_details) for row in connection.execute(query)}


def _rest_of_session(details: Any) -> _Rest:
    """Read the reference importer's keys; any of them may be missing or not a number."""

    def number(name: str) -> int:
        return number_of(object_of(details).get(name))

    counts = {
        entity: Counts(number(f"{prefix}created"), number(f"{prefix}updated"))
        for entity, prefix in _SHOP_PREFIXES.items()
    }
    return _Rest(
        counts={entity: count for entity, count in counts.items() if count != Counts()},
        errors=number("errors"),
        warnings=number("warnings"),
        done=number("processed_items"),
        total=number("total_items"),
    )
