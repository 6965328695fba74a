"""Cuts a long statement when the run is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from freesport_sync.core.cancel import CancelToken
from freesport_sync.database.server.deadline import cut
from freesport_sync.database.server.engine import driver_connection

REPEAT_S = 0.1
"""A request that arrives between two statements is lost, so it is repeated until the block ends."""
DEAF_S = 10.0
"""A block that has not ended then waits for a server that cannot be reached."""


@contextmanager
def interruptible(connection: sa.Connection, cancel: CancelToken) -> Iterator[None]:
    """While the block runs, setting the token cuts what the connection is working on.

    The server is asked on a connection of its own: libpq's cancel would stop every thread of the program for as long
    as the network is gone. Where the server cannot be asked either, the connection is cut on our side.

    Raises:
        SyncError: the token's reason, for whatever error the cut has caused.
    """
    wanted, over = threading.Event(), threading.Event()
    request = sa.select(sa.func.pg_cancel_backend(driver_connection(connection).info.backend_pid))

    def work() -> None:
        wanted.wait()
        while not over.is_set():
            with suppress(SQLAlchemyError), connection.engine.connect() as other:
                while not over.is_set():
                    other.execute(request)
                    over.wait(REPEAT_S)
            over.wait(REPEAT_S)

    def give_up() -> None:
        wanted.wait()
        if not over.wait(DEAF_S):
            cut(connection)

    for target in (work, give_up):
        threading.Thread(target=target, name="interrupt", daemon=True).start()
    try:
        with cancel.interrupting(wanted.set):
            yield
    except SQLAlchemyError:
        cancel.check()
        raise
    finally:
        over.set()
        wanted.set()
