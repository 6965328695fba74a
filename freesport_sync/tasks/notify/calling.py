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
    if has_worker(connection):
        submit_sender(connection, not_before_s)


def submit_sender(connection: Connection, not_before_s: float = 0) -> None:
    """As `call_sender`, whether there is a worker or not."""
    due, now = outbox.next_due(connection, socket.gethostname()), outbox.clock(connection)
    if due is None:
        return
    due = max(due, now + timedelta(seconds=not_before_s))
    is_now = due <= now
    # Rounded up, so that what falls into the same minute makes one task.
    minute = due.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    request = SendNotifications("" if is_now else minute.isoformat())
    header = Header(socket.gethostname(), Trigger.SCHEDULE)
    run_after: datetime | None = None if is_now else minute
    tasks.submit(connection, new_task(TASKS, Submission(request, header), run_after))
