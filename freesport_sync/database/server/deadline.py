"""A deadline for replies of the server.

Keepalives notice a dead network (see `engine`), but not a tunnel or firewall that accepts packets and drops them: libpq
would wait forever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import psycopg2
import psycopg2.extensions
import sqlalchemy as sa

REPLY_TIMEOUT_S = 60.0
"""Limit for statements that cost the server nothing. Waiting for a row lock ends after 10 s, see `lock_timeout`."""


@contextmanager
def reply_deadline(connection: sa.Connection) -> Iterator[None]:
    """Cut the connection if a block of a few short statements takes longer than `REPLY_TIMEOUT_S`."""
    timer = threading.Timer(REPLY_TIMEOUT_S, cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cut(connection: sa.Connection) -> None:
    """Shut the socket down, so that a pending statement fails; may be called from any thread."""
    with suppress(OSError, psycopg2.Error, sa.exc.SQLAlchemyError):
        driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
        borrowed = socket.socket(fileno=driver.fileno())
        try:
            borrowed.shutdown(socket.SHUT_RDWR)
        finally:
            borrowed.detach()  # the driver closes it
