"""A connection that is kept for long, and opened again after it was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from freesport_sync.database.server.deadline import reply_deadline
from freesport_sync.database.server.engine import connect, translated


class KeptConnection:
    """Used by one thread at a time.

    Args:
        url: asked for the address whenever it connects.
        application_name: see `connect`.
        on_open: called with each new connection.
    """

    def __init__(
        self, url: Callable[[], sa.URL], application_name: str, on_open: Callable[[sa.Connection], None] | None = None
    ) -> None:
        self._url = url
        self._application_name = application_name
        self._on_open = on_open
        self._connection: sa.Connection | None = None

    @contextmanager
    def use(self) -> Iterator[sa.Connection]:
        """The connection, in autocommit, for a block of a few short statements; it is closed if they fail.

        Raises:
            SyncError: the database cannot be reached, or a statement failed.
        """
        try:
            connection = self._connection or self._open()
            with reply_deadline(connection):
                yield connection
        except DBAPIError as error:
            self.close()
            raise translated(error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; it may be lost already."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _open(self) -> sa.Connection:
        connection = connect(self._url(), self._application_name)
        self._connection = connection
        connection.exec_driver_sql("SET idle_session_timeout = 0")  # it may be idle while a long run lasts
        if self._on_open is not None:
            self._on_open(connection)
        return connection
