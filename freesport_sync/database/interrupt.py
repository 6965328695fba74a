"""Cuts a long statement when the run is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from freesport_sync.core.cancel import CancelToken
from freesport_sync.database.engine import driver_connection

REPEAT_S = 0.1
"""A request that arrives between two statements is lost, so it is repeated until the block ends."""


@contextmanager
def interruptible(connection: sa.Connection, cancel: CancelToken) -> Iterator[None]:
    """While the block runs, setting the token cuts what the connection is working on.

    The server is asked on a connection of its own: libpq's cancel would stop every thread of the program for as long
    as the network is gone.

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

    threading.Thread(target=work, name="interrupt", daemon=True).start()
    try:
        with cancel.interrupting(wanted.set):
            yield
    except SQLAlchemyError:
        cancel.check()
        raise
    finally:
        over.set()
        wanted.set()
