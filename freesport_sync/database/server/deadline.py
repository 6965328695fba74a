"""Ends a connection whose other side has fallen silent.

TCP notices a network that is gone (see `engine`), but not a tunnel or a firewall that takes what we send and passes
nothing on: libpq would wait for ever.
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
"""How long the server may take to answer what costs it nothing; a row that the shop holds is given up after 10 s."""


@contextmanager
def reply_deadline(connection: sa.Connection) -> Iterator[None]:
    """Cut the connection if the block, a few short statements on it, takes longer than such statements ever do."""
    timer = threading.Timer(REPLY_TIMEOUT_S, cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cut(connection: sa.Connection) -> None:
    """Let whoever waits for an answer get an error instead; may be called from any thread."""
    with suppress(OSError, psycopg2.Error, sa.exc.SQLAlchemyError):
        driver = cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)
        borrowed = socket.socket(fileno=driver.fileno())
        try:
            borrowed.shutdown(socket.SHUT_RDWR)
        finally:
            borrowed.detach()  # the driver closes it
