"""Reads the status of the database, and waits for changes."""

from __future__ import annotations

import select

import psycopg2
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from freesport_sync.core.database_status import DatabaseStatus, LockHolder
from freesport_sync.core.permissions import Rights
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own import alive
from freesport_sync.database.own.history_list import has_shop_sessions
from freesport_sync.database.own.lock import find_holder
from freesport_sync.database.own.notices import CHANNEL
from freesport_sync.database.own.schema import current_revision, runs
from freesport_sync.database.own.task_list import FIRST_REVISION, read_marks
from freesport_sync.database.server.engine import driver_connection
from freesport_sync.database.shop.sessions import is_ours
from freesport_sync.database.shop.tables import import_sessions


def read_database_status(connection: sa.Connection, database: str, rights: Rights) -> DatabaseStatus:
    """Read the status; cheap enough for every second.

    Args:
        connection: any, in autocommit.
        database: name for display.
        rights: of the login; what it may not read is left out.
    """
    newest: list[object] = []
    revision = current_revision(connection) if rights.history is None else None
    if revision is not None:
        state = sa.func.concat_ws(":", runs.c.id, runs.c.stage, runs.c.heartbeat_at, alive.is_dead, alive.is_silent)
        beating = sa.select(sa.func.array_agg(state))
        newest += [
            connection.scalar(sa.select(sa.func.max(runs.c.id))),
            *(connection.scalar(beating.where(runs.c.status == "running")) or ()),
        ]
        if revision >= FIRST_REVISION:
            newest += read_marks(connection)
    if has_shop_sessions(connection):
        c = import_sessions.c
        moving = sa.select(sa.func.array_agg(sa.func.concat_ws(":", c.id, c.updated_at)))
        newest += [
            connection.scalar(sa.select(sa.func.max(c.id))),
            *(connection.scalar(moving.where(c.finished_at.is_(None), is_ours.is_(False))) or ()),
        ]
    return DatabaseStatus(database, read_holder(connection), tuple(newest), rights)


def read_holder(connection: sa.Connection) -> LockHolder | None:
    """Read who holds the shop's lock."""
    holder = find_holder(connection, SHOP_LOCK)
    if holder is None:
        return None
    host = holder.host or holder.address
    return LockHolder(holder.run_id, holder.operator or "", host, holder.stage or "", holder.since)


def listen(connection: sa.Connection) -> None:
    """Subscribe to notifications of changes in the history."""
    connection.exec_driver_sql(f"LISTEN {CHANNEL}")


def wait_for_notice(connection: sa.Connection, timeout_s: float) -> bool:
    """Wait for a notification of our programs; returns whether one has arrived."""
    try:
        driver = driver_connection(connection)
        if not select.select([driver], [], [], timeout_s)[0]:
            return False
        driver.poll()
    except psycopg2.Error as error:  # the server is gone
        raise DBAPIError("poll", None, error) from error
    has_changed = bool(driver.notifies)
    driver.notifies.clear()
    return has_changed
