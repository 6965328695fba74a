"""Puts into the outbox what people have to be told (NOTIFY-1, NOTIFY-2)."""

from __future__ import annotations

import socket
from datetime import datetime

from freesport_sync.core.notifications import Occasion, WatchMessage
from freesport_sync.database.own import outbox
from freesport_sync.database.own.outbox import NewEntry
from freesport_sync.database.server.engine import Connection
from freesport_sync.rules.notifications import group_of, is_wanted, next_digest, occasion_of
from freesport_sync.settings.model import NotificationSettings
from freesport_sync.tasks.notify.calling import call_sender
from freesport_sync.tasks.notify.request import KIND


class Announcer:
    """Tells the targets of this computer's settings.

    Args:
        rules: of the settings.
        is_silent: nobody is told, because it is only a demonstration.
    """

    def __init__(self, rules: NotificationSettings, is_silent: bool = False) -> None:
        self._rules = rules
        self._targets = () if is_silent else rules.targets

    @property
    def has_targets(self) -> bool:
        """Whether anybody is told anything."""
        return bool(self._targets)

    def announce(self, connection: Connection, task_id: int) -> None:
        """Tell how a task has ended, if that is wanted; it is told only once.

        Args:
            connection: in the transaction that ends it.
            task_id: the task; nothing is told of one that goes on.
        """
        if not self._targets:
            return
        with outbox.harmless(connection):
            ended = outbox.ended_task(connection, task_id)
            occasion = None if ended is None or ended.type == KIND else occasion_of(ended)
            digest_at = self._rules.digest_at
            if ended is None or occasion is None or not is_wanted(occasion, self._rules.events, bool(digest_at)):
                return
            send_after: datetime | None = None
            if digest_at is not None and not occasion.is_urgent:
                send_after = next_digest(outbox.clock(connection).astimezone(), digest_at)
            group = group_of(occasion, ended, digest_at is not None)
            self._add(connection, NewEntry(occasion, task_id, None, group, send_after))

    def say(self, connection: Connection, message: WatchMessage) -> None:
        """Tell what no task says; the same again within an hour is counted into one message.

        Args:
            connection: in a transaction.
            message: of an observer.
        """
        if self._targets:
            with outbox.harmless(connection):
                self._add(connection, NewEntry(Occasion.WATCH, None, message, message.group_key or message.code, None))

    def _add(self, connection: Connection, entry: NewEntry) -> None:
        if outbox.add(connection, socket.gethostname(), self._targets, entry):
            call_sender(connection)
