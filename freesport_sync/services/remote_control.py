"""Stops runs of other programs, and closes rows that dead programs left open."""

from __future__ import annotations

from freesport_sync.database.own.remote_control import (
    CancelRequest,
    Unlocked,
    request_cancel,
    unlock_stale,
)
from freesport_sync.i18n.texts import Texts
from freesport_sync.services.database import Database


class RemoteControl:
    """Acts on the runs of one database, whichever computer they run on.

    Args:
        database: that they write to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def cancel(self, run_id: int, by: str) -> CancelRequest:
        """Ask a run to stop.

        Args:
            run_id: of the run.
            by: the operator who asks.

        Raises:
            ConfigError: there is no such run, or it is not running.
        """
        with self._database.connection() as connection:
            return request_cancel(connection, run_id, by)

    def unlock_stale(self, shop_texts: Texts) -> Unlocked:
        """Close the rows of dead importers.

        Args:
            shop_texts: for the error messages in the shop's import sessions.

        Raises:
            LockHeld: an import is running; nothing is closed.
        """
        interrupted, stale = shop_texts("report.interrupted"), shop_texts("report.stale")
        with self._database.connection() as connection:
            return unlock_stale(connection, interrupted, stale)
