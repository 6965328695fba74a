"""The lock that lets one import at a time into a shop database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from freesport_sync.database.own.schema import runs
from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import LockHeld

LOCK_KEYS = {"key1": 1179865945, "key2": 1}
"""Key of the advisory lock: "FSSY", 1. Other programs that import into the shop may take it too."""

HOLDER_WAIT_S = 2.0
"""How long a refused program waits for the holder's run row: the holder takes the lock before it can write one."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is importing: its server process, and its run where it has one."""

    backend_id: int
    address: str
    since: datetime | None
    operator: str | None = None
    host: str | None = None
    run_id: int | None = None
    stage: str | None = None
    heartbeat_at: datetime | None = None


def take_lock(connection: sa.Connection) -> None:
    """Take the import lock on the connection that will write the data; it is freed when the connection ends.

    Raises:
        LockHeld: somebody else is importing; the parameters say who.
    """
    if connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key1, :key2)"), LOCK_KEYS):
        return
    holder = _wait_for_holder(connection)
    if holder is None:  # it finished between our attempt and our question
        if connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key1, :key2)"), LOCK_KEYS):
            return
        raise LockHeld("lock_held_unknown")
    since = holder.since.isoformat(timespec="seconds") if holder.since else ""
    if holder.run_id is None:
        raise LockHeld("lock_held_unknown_run", process=holder.backend_id, address=holder.address, since=since)
    raise LockHeld(
        "lock_held",
        operator=holder.operator or "",
        host=holder.host or "",
        run_id=holder.run_id,
        stage=holder.stage or "",
        since=since,
        heartbeat=holder.heartbeat_at.isoformat(timespec="seconds") if holder.heartbeat_at else "",
    )


def find_holder(connection: sa.Connection) -> Holder | None:
    """Who holds the import lock of this database; None when it is free."""
    lock = connection.execute(sql("own/holder"), LOCK_KEYS).mappings().first()
    if lock is None:
        return None
    run = _run_of(connection, lock["pid"])
    if run is None:
        return Holder(lock["pid"], lock["address"] or "", lock["backend_start"])
    return Holder(
        lock["pid"],
        lock["address"] or "",
        run.started_at,
        run.operator,
        run.host,
        run_id=run.id,
        stage=run.stage,
        heartbeat_at=run.heartbeat_at,
    )


def _wait_for_holder(connection: sa.Connection) -> Holder | None:
    deadline = time.monotonic() + HOLDER_WAIT_S
    while True:
        holder = find_holder(connection)
        if holder is None or holder.run_id is not None or time.monotonic() >= deadline:
            return holder
        time.sleep(0.1)


def _run_of(connection: sa.Connection, backend_id: int) -> Any:
    query = (
        sa.select(runs.c.id, runs.c.operator, runs.c.host, runs.c.stage, runs.c.started_at, runs.c.heartbeat_at)
        .where(runs.c.backend_id == backend_id, runs.c.status == "running")
        .order_by(runs.c.id.desc())
        .limit(1)
    )
    try:
        return connection.execute(query).first()
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in (
            "42P01",
            "3F000",
            "42501",
        ):  # its first run is still making the table
            return None
        raise
