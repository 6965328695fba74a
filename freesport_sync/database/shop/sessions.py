"""Writes the shop's session rows (`import_sessions`), in which its admin shows every import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from freesport_sync.core.issues import Severity
from freesport_sync.core.run import Counts, RunOutcome, RunStatus, UpdatedRows
from freesport_sync.core.shop import Entity, ImportType
from freesport_sync.database.server.writing import swallowed_rows
from freesport_sync.database.shop.tables import import_sessions
from freesport_sync.errors import LockHeld

RUN_KEY = "freesport_sync"
"""`import_sessions.session_key` of a run; the shop's partial unique index on it is a second net behind the lock."""

CUSTOMERS_KEY = "freesport_sync:customers"
"""`session_key` of the customers, if a run imports a catalogue too."""

STALE_AFTER_HOURS = 2
"""The shop's own limit for a session without updates (RUN-3)."""
_UNIQUE = "23505"
"""SQLSTATE: the shop has a unique index on the keys of active sessions."""

_ACTIVE = ("pending", "started", "in_progress")
_now = sa.func.clock_timestamp()
_is_active = import_sessions.c.status.in_(_ACTIVE)
is_ours = sa.func.coalesce(import_sessions.c.session_key.in_((RUN_KEY, CUSTOMERS_KEY)), False)
is_silent = import_sessions.c.updated_at <= sa.func.now() - sa.func.make_interval(0, 0, 0, 0, STALE_AFTER_HOURS)


@dataclass(frozen=True, slots=True)
class StaleSession:
    """A session row whose importer died without closing it."""

    id: int
    import_type: str
    is_ours: bool
    started_at: datetime
    updated_at: datetime


def refuse_foreign_session(connection: sa.Connection) -> None:
    """Give way to an importer that ignores our lock, such as the shop's own.

    Raises:
        LockHeld: it has a session that was updated within the last two hours.
    """
    foreign = connection.execute(
        sa.select(import_sessions)
        .where(_is_active, is_ours.is_(False), ~is_silent)
        .order_by(import_sessions.c.updated_at.desc())
        .limit(1)
    ).first()
    if foreign is not None:
        raise LockHeld(
            "foreign_import_running",
            session=foreign.id,
            import_type=foreign.import_type,
            since=foreign.started_at.isoformat(timespec="seconds"),
            updated=foreign.updated_at.isoformat(timespec="seconds"),
        )


def close_stale_sessions(connection: sa.Connection, interrupted: str, stale: str) -> tuple[StaleSession, ...]:
    """Close the shop's session rows whose importer died without closing it, at the last sign of life.

    Only while holding the lock.

    Args:
        connection: the lock's, inside a transaction of the caller.
        interrupted: the sentence for our own rows: while we hold the lock none of our runs can be alive.
        stale: the sentence for rows of other importers, silent for more than two hours.

    Returns:
        The sessions, as they were before.
    """
    c = import_sessions.c
    query = (
        sa.select(c.id, c.import_type, is_ours.label("is_ours"), c.started_at, c.updated_at)
        .where(_is_active, sa.or_(is_ours, is_silent))
        .order_by(c.id)
        .with_for_update()
    )
    closed = tuple(StaleSession(*row) for row in connection.execute(query))
    connection.execute(
        import_sessions.update()
        .where(c.id.in_([session.id for session in closed]))
        .values(
            status="failed",
            error_message=sa.case((is_ours, interrupted), else_=stale),
            finished_at=c.updated_at,
            updated_at=_now,
        )
    )
    return closed


def open_session(connection: sa.Connection, import_type: ImportType, key: str = RUN_KEY) -> int:
    """Insert a session row; returns its id.

    Raises:
        LockHeld: another program has just opened a session with this key.
        ImportFailed: a rule of the shop drops the row.
    """
    statement = (
        import_sessions.insert()
        .values(
            import_type=import_type.value,
            status="in_progress",
            started_at=sa.func.now(),
            report_details={},
            error_message="",
            celery_task_id=None,
            created_at=sa.func.now(),
            report="",
            updated_at=sa.func.now(),
            session_key=key,
        )
        .returning(import_sessions.c.id)
    )
    try:
        session_id: int | None = connection.execute(statement).scalar_one_or_none()
    except IntegrityError as error:
        if getattr(error.orig, "pgcode", None) != _UNIQUE:
            raise
        raise LockHeld("lock_held_unknown") from error
    if session_id is None:
        raise swallowed_rows(connection, import_sessions.name, 0, 1)
    return session_id


def set_type(connection: sa.Connection, session_id: int, import_type: ImportType) -> None:
    """Correct what a session imports, now that the files have been seen."""
    c = import_sessions.c
    changed = c.import_type != import_type.value
    connection.execute(
        import_sessions.update().where(c.id == session_id, changed).values(import_type=import_type.value)
    )


def add_details(connection: sa.Connection, session_ids: Sequence[int], details: Mapping[str, Any]) -> None:
    """Set keys of `report_details`."""
    merged = import_sessions.c.report_details.op("||")(sa.cast(details, _jsonb()))
    connection.execute(
        import_sessions.update().where(_among(session_ids)).values(report_details=merged, updated_at=_now)
    )


def add_report_lines(connection: sa.Connection, session_ids: Sequence[int], lines: Sequence[str]) -> None:
    """Append lines to the report that the shop's admin shows; the time is the server's, in UTC."""
    stamp = sa.func.to_char(sa.func.timezone("UTC", _now), "[YYYY-MM-DD HH24:MI:SS] ")
    stamped = stamp.concat(sa.func.array_to_string(sa.cast(lines, ARRAY(sa.Text)), sa.literal("\n").concat(stamp)))
    connection.execute(
        import_sessions.update()
        .where(_among(session_ids))
        .values(report=import_sessions.c.report.concat(stamped).concat("\n"), updated_at=_now)
    )


def close_sessions(
    connection: sa.Connection, session_ids: Sequence[int], outcome: RunOutcome, error_message: str
) -> None:
    """Write the outcome of a run into its sessions, unless they are already closed.

    Args:
        connection: inside a transaction of the caller.
        session_ids: of the run.
        outcome: of it.
        error_message: one sentence for the shop's admin; empty where there is no error.
    """
    elapsed = sa.func.extract("epoch", _now - import_sessions.c.started_at)
    is_customers = import_sessions.c.import_type == ImportType.CUSTOMERS.value
    details = sa.case(
        (is_customers, sa.cast(_customer_details(outcome), _jsonb())),
        else_=sa.cast(_catalog_details(outcome), _jsonb()),
    )
    connection.execute(
        import_sessions.update()
        .where(_among(session_ids), _is_active)
        .values(
            status="completed" if outcome.status is RunStatus.COMPLETED else "failed",
            finished_at=_now,
            updated_at=_now,
            error_message=error_message,
            report_details=import_sessions.c.report_details.op("||")(details).op("||")(
                sa.func.jsonb_build_object("execution_time", sa.func.round(sa.cast(elapsed, sa.Numeric), 2))
            ),
        )
    )


def _among(session_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    return import_sessions.c.id.in_(session_ids)


def _customer_details(outcome: RunOutcome) -> dict[str, Any]:
    """`report_details` of an import of customers, as `_catalog_details`."""
    count = outcome.count(Entity.CUSTOMER)
    return {
        "total": count.total,
        "created": count.created,
        "updated": count.updated,
        "skipped": count.skipped,
        "errors": count.failed,
        "total_items": count.total,
        "processed_items": count.total,
        "failed_items": count.failed,
    }


def _catalog_details(outcome: RunOutcome) -> dict[str, Any]:
    """`report_details` with the keys of the reference importer (SESSION-1), so that the shop's admin keeps working.

    Warnings and errors are those of the whole run.
    """
    product, variant = outcome.count(Entity.PRODUCT), outcome.count(Entity.VARIANT)
    picture = outcome.count(Entity.PICTURE)
    price, stock = outcome.count(Entity.PRICE), outcome.count(Entity.STOCK)
    links = outcome.count(Entity.PRODUCT_ATTRIBUTES) + outcome.count(Entity.VARIANT_ATTRIBUTES)
    everything = sum((count for entity, count in outcome.counts.items() if entity != Entity.CUSTOMER), Counts())
    by_severity: Counter[Severity] = Counter()
    by_code: Counter[str] = Counter()
    for total in outcome.issue_totals:
        by_severity[total.severity] += total.count
        by_code[total.code] += total.count
    return {
        "products_created": product.created,
        "products_updated": product.updated,
        "variants_created": variant.created,
        "variants_updated": variant.updated,
        "default_variants_created": outcome.count(Entity.DEFAULT_VARIANT).created,
        "prices_updated": price.created + price.updated,
        "stocks_updated": stock.created + stock.updated,
        "skipped": everything.skipped,
        "errors": by_severity[Severity.ERROR],
        "warnings": by_severity[Severity.WARNING],
        "images_copied": picture.created,
        "images_skipped": picture.skipped,
        "images_errors": picture.failed,
        "attributes_linked": links.created + links.updated,
        "attributes_missing": by_code["attribute_unknown"],
        "attributes_missing_mapping": by_code["attribute_value_unknown"],
        "brand_fallbacks": by_code["brand_unknown"],
        "category_fallbacks": by_code["category_unknown"],
        "updated_products_ids": _ids(outcome.updated.get(Entity.PRODUCT)),
        "updated_variants_ids": _ids(outcome.updated.get(Entity.VARIANT)),
        "total_items": everything.total,
        "processed_items": everything.total,
        "failed_items": everything.failed,
    }


def _ids(rows: UpdatedRows | None) -> list[int | str]:
    """Return the first ids and the number of the others, in the form of the reference importer."""
    if rows is None:
        return []
    more = rows.count - len(rows.first_ids)
    return [*rows.first_ids, f"...and {more} more"] if more else list(rows.first_ids)


def _jsonb() -> sa.types.TypeEngine[Any]:
    return import_sessions.c.report_details.type
