"""Tells people that data of the shop is too old, or never came (FRESH-3)."""

from __future__ import annotations

from collections.abc import Mapping

from freesport_sync.core.freshness import DataKind
from freesport_sync.core.notifications import WatchMessage
from freesport_sync.database.own import outbox
from freesport_sync.database.own.freshness import read_freshness
from freesport_sync.database.server.engine import Connection
from freesport_sync.observers.announcer import Announcer

TOLD_AGAIN_H = 24
"""How long nobody is told again of the same kind of data."""


class FreshnessObserver:
    """Looks whether each kind of data is as fresh as it has to be.

    Args:
        limits: kind of data -> the age in hours that is tolerated; 0 or missing: any.
        announcer: tells it.
    """

    def __init__(self, limits: Mapping[DataKind, int], announcer: Announcer) -> None:
        self._limits = limits
        self._announcer = announcer

    def look(self, connection: Connection) -> None:
        """Tell what is too old, once a day as long as it stays so.

        Args:
            connection: in a transaction.

        Raises:
            SchemaMismatch: our tables are newer than this program, or may not be read.
        """
        if not (self._announcer.has_targets and any(self._limits.values()) and outbox.exists(connection)):
            return
        freshness = read_freshness(connection, self._limits)
        for kind, complaint in freshness.overdue(freshness.read_at).items():
            group = f"freshness:{kind.value}"
            if not outbox.was_said(connection, group, TOLD_AGAIN_H):
                self._announcer.say(connection, WatchMessage(complaint.code, complaint.params, group))
