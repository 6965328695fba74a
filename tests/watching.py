"""A shop during an import: hold rows as the shop's own program would, and see who waits for whom."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.shop import Stage
from freesport_sync.database.server.engine import connect

DEADLINE_S = 30.0 if sys.platform != "win32" else 180.0
"""For Windows a multiple of it, because Wine takes a minute to make a private server."""
POLL_S = 0.01

T = TypeVar("T")


def wait_until(condition: Callable[[], object], limit_s: float = DEADLINE_S) -> None:
    """Poll until the condition is true; fail if that takes too long."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(POLL_S)


@contextmanager
def background(work: Callable[[], T]) -> Iterator[Future[T]]:
    """Work on another thread; its result or error is in the future."""
    with ThreadPoolExecutor(1) as executor:
        yield executor.submit(work)


class Holder:
    """A connection of the shop's own program, inside a transaction until `release`.

    Args:
        url: of the shop.
    """

    def __init__(self, url: sa.URL) -> None:
        self.connection = connect(url, "shop")
        self.connection.exec_driver_sql("SET lock_timeout = 0")
        self.connection.exec_driver_sql("BEGIN")

    def execute(self, statement: str) -> None:
        self.connection.exec_driver_sql(statement)

    def release(self) -> None:
        """End the transaction; harmless when repeated."""
        if not self.connection.closed:
            self.connection.exec_driver_sql("ROLLBACK")
            self.connection.close()


@contextmanager
def holding(url: sa.URL, statement: str) -> Iterator[Holder]:
    """Another program that has executed a statement and not ended its transaction."""
    holder = Holder(url)
    try:
        holder.execute(statement)
        yield holder
    finally:
        holder.release()


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name LIKE 'freesport_sync%' AND datname = current_database()"
)
"""Ends every connection of the program to this database; other tests use the same server."""

SLOW_UPDATE = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE UPDATE ON product_variants FOR EACH ROW EXECUTE FUNCTION slow()
"""
"""Lets the merge take a minute for each variant that it changes."""

STARTED = "backend_id = :pid, started_at = clock_timestamp()"
"""What an open run sets that is the one of a server process which holds a lock."""

VARIANT = "SELECT 1 FROM product_variants FOR UPDATE"
"""Holds every variant, so that a merge that changes one of them waits."""


def importers(connection: sa.Connection) -> list[int]:
    """Server processes that import into this database, those of the lock's connection."""
    return _backends(connection, "application_name = 'freesport_sync'")


def waiting_importers(connection: sa.Connection) -> list[int]:
    """Importers that wait for a row or a table."""
    return _backends(connection, "application_name = 'freesport_sync' AND wait_event_type = 'Lock'")


def side_connections(connection: sa.Connection) -> list[int]:
    """Server processes of the importers' second connections."""
    return _backends(connection, "application_name = 'freesport_sync side'")


def lock_is_free(connection: sa.Connection) -> bool:
    """Whether no advisory lock is held in this database."""
    query = (
        "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    return bool(connection.scalar(sa.text(query)))


def _backends(connection: sa.Connection, condition: str) -> list[int]:
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    return list(connection.scalars(sa.text(query)))


def at_stage(stage: Stage, act: Callable[[], object]) -> Callable[[Event], None]:
    """An `on_event` that acts once, on the first event of a stage."""
    acted: list[bool] = []

    def on_event(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is stage and not acted:
            acted.append(True)
            act()

    return on_event
