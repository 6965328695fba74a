"""Lets the workers of a computer send what it has put into the outbox."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

from freesport_sync.core.tasks import Header, Submission, Trigger
from freesport_sync.database.own import outbox, tasks
from freesport_sync.database.server.engine import Connection
from freesport_sync.tasks.notify.request import SendNotifications
from freesport_sync.tasks.notify.task import NOTIFY
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.waiting import new_task


def has_worker(connection: Connection) -> bool:
    """Whether a living worker of this computer sends notifications."""
    return outbox.has_listener(connection, NOTIFY.queue(SendNotifications(), socket.gethostname()))


def call_sender(connection: Connection, not_before_s: float = 0) -> None:
    """Submit the task that sends what waits, when the first of it is due; without a worker nothing is submitted.

    Args:
        connection: in the transaction that has put it into the outbox.
        not_before_s: seconds until then at least.
    """
    due = outbox.next_due(connection, socket.gethostname())
    if due is None or not has_worker(connection):
        return
    now = outbox.clock(connection)
    due = max(due, now + timedelta(seconds=not_before_s))
    is_now = due <= now
    # Rounded up, so that what falls into the same minute makes one task.
    minute = due.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    request = SendNotifications("" if is_now else minute.isoformat())
    header = Header(socket.gethostname(), Trigger.SCHEDULE)
    run_after: datetime | None = None if is_now else minute
    tasks.submit(connection, new_task(TASKS, Submission(request, header), run_after))
