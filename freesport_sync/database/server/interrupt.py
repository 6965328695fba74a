"""Cancels a long statement when the run is asked to stop."""

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
"""Interval of repetition: a cancel request between two statements is lost."""
DEAF_S = 10.0
"""Time after which the server counts as unreachable and the connection is cut."""


@contextmanager
def interruptible(connection: sa.Connection, cancel: CancelToken) -> Iterator[None]:
    """Cancel the running statement of the connection when the token is set during the block.

    The request goes through a second connection: libpq's cancel would block every thread while the network is down. If
    that fails too, the connection is cut on our side.

    Raises:
        SyncError: the token's reason, in place of the error that cancelling has caused.
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
