"""The advisory locks that let one task per lock at a time into a database (RUN-2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from freesport_sync.core.tasks import SHOP_LOCK, Lock
from freesport_sync.database.own.schema import HEAD, current_revision, prepare_own_schema, runs
from freesport_sync.database.server.engine import driver_connection
from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import LockHeld

KEY1 = 1179865945
"""First key of all our advisory locks: "FSSY"; the second is that of the lock."""

AHEAD_KEY1 = 1179865921
"""First key of the lock of those who wait for a lock ahead of the queue: "FSSA"; the second is that of the lock."""

HOLDER_WAIT_S = 2.0
"""How long a refused program waits for the holder's run row: the holder takes the lock before it can write one."""

_NO_TABLE = ("42P01", "3F000", "42501")
"""SQLSTATEs while the first run is still making the table."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: its server process, and its run where it has one."""

    lock_key: int
    backend_id: int
    address: str
    since: datetime | None
    operator: str | None = None
    host: str | None = None
    run_id: int | None = None
    stage: str | None = None
    heartbeat_at: datetime | None = None


def take_lock(connection: sa.Connection, lock: Lock) -> None:
    """Take a lock on the connection that will write the data; it is released when the connection ends.

    Raises:
        LockHeld: it is taken; the parameters name the holder.
    """
    if try_lock(connection, lock):
        return
    holder = _wait_for_holder(connection, lock)
    if holder is not None:
        raise _held_by(holder, lock)
    if not try_lock(connection, lock):  # it was released and taken again meanwhile
        raise LockHeld("lock_held_unknown", **_problem(lock))


def try_lock(connection: sa.Connection, lock: Lock) -> bool:
    """Take a lock if it is free; returns whether we have it now."""
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(KEY1, lock.key))))


def wait_ahead(connection: sa.Connection, lock: Lock) -> None:
    """Have workers leave a lock to us as long as the connection lives; several may wait so at once."""
    connection.exec_driver_sql("SET idle_session_timeout = 0")
    connection.execute(sa.select(sa.func.pg_advisory_lock_shared(AHEAD_KEY1, lock.key)))


def is_free(connection: sa.Connection, lock: Lock) -> bool:
    """Whether nobody holds a lock, and nobody waits for it ahead of the queue."""
    return bool(connection.scalar(sql("own/is_free"), {"key1": KEY1, "ahead_key1": AHEAD_KEY1, "key2": lock.key}))


@contextmanager
def alone(connection: sa.Connection) -> Iterator[None]:
    """Hold the shop's lock too, and make sure that no other task runs: the own schema is about to be migrated.

    Raises:
        LockHeld: another task runs.
    """
    take_lock(connection, SHOP_LOCK)  # the only one that older programs know
    own_id = driver_connection(connection).info.backend_pid
    for holder in find_holders(connection):
        if holder.backend_id != own_id:
            raise _held_by(holder, Lock("", holder.lock_key))
    yield
    connection.execute(sa.select(sa.func.pg_advisory_unlock(KEY1, SHOP_LOCK.key)))


def prepare_own_schema_alone(connection: sa.Connection) -> None:
    """Create or upgrade our tables, as `prepare_own_schema`, while nothing else runs.

    Raises:
        LockHeld: another task runs, and the tables have to be changed first.
    """
    with nullcontext() if current_revision(connection) == HEAD else alone(connection):
        prepare_own_schema(connection)


def find_holder(connection: sa.Connection, lock: Lock) -> Holder | None:
    """Who holds a lock of this database; None when it is free."""
    return next((holder for holder in find_holders(connection) if holder.lock_key == lock.key), None)


def find_holders(connection: sa.Connection) -> tuple[Holder, ...]:
    """Who holds any of our locks of this database."""
    rows = connection.execute(sql("own/holders"), {"key1": KEY1}).all()
    return tuple(_holder(row, _run_of(connection, row)) for row in rows)


def _holder(row: Any, run: Any) -> Holder:
    address = row.address or ""
    if run is None:
        return Holder(row.key2, row.pid, address, row.backend_start)
    return Holder(
        row.key2,
        row.pid,
        address,
        run.started_at,
        run.operator,
        run.host,
        run_id=run.id,
        stage=run.stage,
        heartbeat_at=run.heartbeat_at,
    )


def _held_by(holder: Holder, lock: Lock) -> LockHeld:
    since = holder.since.isoformat(timespec="seconds") if holder.since else ""
    if holder.run_id is None:
        params = {"process": holder.backend_id, "address": holder.address, "since": since}
        return LockHeld("lock_held_unknown_run", **params, **_problem(lock))
    return LockHeld(
        "lock_held",
        operator=holder.operator or "",
        host=holder.host or "",
        run_id=holder.run_id,
        stage=holder.stage or "",
        since=since,
        heartbeat=holder.heartbeat_at.isoformat(timespec="seconds") if holder.heartbeat_at else "",
        **_problem(lock),
    )


def _problem(lock: Lock) -> dict[str, str]:
    """The text parameter for locks of tasks other than imports."""
    return {} if lock.key == SHOP_LOCK.key else {"problem": "other"}


def _wait_for_holder(connection: sa.Connection, lock: Lock) -> Holder | None:
    deadline = time.monotonic() + HOLDER_WAIT_S
    while True:
        holder = find_holder(connection, lock)
        if holder is None or holder.run_id is not None or time.monotonic() >= deadline:
            return holder
        time.sleep(0.1)


def _run_of(connection: sa.Connection, holder: Any) -> Any:
    # A server process that is younger than the run only has the same id, as happens after a restart of PostgreSQL.
    is_old_enough = [] if holder.backend_start is None else [runs.c.started_at >= holder.backend_start]
    query = (
        sa.select(runs.c.id, runs.c.operator, runs.c.host, runs.c.stage, runs.c.started_at, runs.c.heartbeat_at)
        .where(runs.c.backend_id == holder.pid, runs.c.status == "running", *is_old_enough)
        .order_by(runs.c.id.desc())
        .limit(1)
    )
    try:
        return connection.execute(query).first()
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in _NO_TABLE:
            return None
        raise
