"""Reads when each kind of data has come last, by our own runs or by the shop's importer (FRESH-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from freesport_sync.core.freshness import DataFreshness, DataKind, Delivery, Freshness
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, ImportKind, ImportType
from freesport_sync.database.own.earlier_runs import has_undo
from freesport_sync.database.own.history_list import has_shop_sessions
from freesport_sync.database.own.schema import current_revision, run_files, runs
from freesport_sync.database.server.engine import server_time
from freesport_sync.database.shop.sessions import is_ours
from freesport_sync.database.shop.tables import import_sessions

_ENTITIES = {
    DataKind.GOODS: Entity.PRODUCT,
    DataKind.PRICES: Entity.PRICE,
    DataKind.STOCKS: Entity.STOCK,
    DataKind.CUSTOMERS: Entity.CUSTOMER,
}
_FILES = {
    DataKind.GOODS: ("goods",),
    DataKind.PRICES: ("prices", "offers"),  # offers of CommerceML 2 have prices and stock
    DataKind.STOCKS: ("rests", "offers"),
    DataKind.CUSTOMERS: ("contragents",),
}
_ACCEPTED = ("created", "updated", "unchanged")
"""What 1C says again is fresh, even where it changes nothing."""
_BRINGING = tuple(kind.value for kind in ImportKind if kind is not ImportKind.IMAGES)
"""Kinds of runs that bring data; pictures are taken from the files of others."""
_SESSIONS = {
    DataKind.GOODS: ((ImportType.CATALOG, ImportType.VARIANTS), ("products_created", "products_updated")),
    DataKind.PRICES: ((ImportType.CATALOG, ImportType.VARIANTS, ImportType.PRICES), ("prices_updated",)),
    DataKind.STOCKS: (
        (ImportType.CATALOG, ImportType.VARIANTS, ImportType.STOCKS),
        ("stocks_updated", "updated_count"),
    ),
    DataKind.CUSTOMERS: ((ImportType.CUSTOMERS,), ("created", "updated")),
}
"""Which sessions of the shop's own importer may bring a kind of data, and the counts that say they did."""


def read_freshness(connection: sa.Connection, limits: Mapping[DataKind, int]) -> Freshness:
    """When each kind of data has come last; it may have to look through all runs.

    Args:
        connection: any, in autocommit.
        limits: kind -> the age in hours that is tolerated; missing: any.
    """
    has_runs, has_sessions = current_revision(connection) is not None, has_shop_sessions(connection)
    data = []
    for kind in DataKind:
        found = [_of_our_runs(connection, kind) if has_runs else None]
        found += [_of_the_shop(connection, kind) if has_sessions else None]
        data.append(DataFreshness(kind, limits.get(kind, 0), _newest(found)))
    return Freshness(server_time(connection), tuple(data))


def _newest(found: Iterable[Delivery | None]) -> Delivery | None:
    """What was imported last is what the shop has, whatever its age."""
    return max((one for one in found if one is not None), key=lambda one: one.imported_at, default=None)


def _of_our_runs(connection: sa.Connection, kind: DataKind) -> Delivery | None:
    c = runs.c
    entity = _ENTITIES[kind].value
    accepted = sa.or_(*(_is_positive(c.counts[(entity, name)].astext) for name in _ACCEPTED))
    in_force = [c.undone_by.is_(None)] if has_undo(connection) else []
    made_at = sa.select(sa.func.max(run_files.c.created_at)).where(
        run_files.c.run_id == c.id, run_files.c.kind.in_(_FILES[kind])
    )
    row = connection.execute(
        sa.select(c.id, c.finished_at, made_at.scalar_subquery().label("created_at"))
        .where(c.status == RunStatus.COMPLETED.value, c.is_dry_run.is_(False), c.kind.in_(_BRINGING))
        .where(c.finished_at.is_not(None), accepted, *in_force)
        .order_by(c.id.desc())
        .limit(1)
    ).first()
    return _delivery(row, EntrySource.RUN)


def _of_the_shop(connection: sa.Connection, kind: DataKind) -> Delivery | None:
    c = import_sessions.c
    types, names = _SESSIONS[kind]
    accepted = sa.or_(*(_is_positive(c.report_details[name].astext) for name in names))
    created_at = sa.null().label("created_at")
    ended_at: sa.ColumnElement[datetime] = sa.func.coalesce(c.finished_at, c.updated_at)
    row = connection.execute(
        sa.select(c.id, ended_at.label("finished_at"), created_at)
        .where(c.status == "completed", is_ours.is_(False), c.import_type.in_([one.value for one in types]), accepted)
        .order_by(ended_at.desc())
        .limit(1)
    ).first()
    return _delivery(row, EntrySource.SHOP)


def _delivery(row: Any, source: EntrySource) -> Delivery | None:
    return None if row is None else Delivery(EntryKey(source, row.id), row.finished_at, row.created_at)


def _is_positive(number: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a value of JSON, which may be anything, is a number above 0."""
    return number.regexp_match("^[0-9]*[1-9][0-9]*$")
