"""The outbox: what people have to be told, written in the transaction in which it happened (NOTIFY-1)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.notifications import EndedTask, NotificationTarget, Occasion, OutboxEntry, WatchMessage
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.database.own import alive
from freesport_sync.database.own.schema import current_revision, notifications, row_issues, runs, tasks, workers
from freesport_sync.database.own.stored_values import object_of, plain_params, totals_of
from freesport_sync.database.server.engine import translated
from freesport_sync.errors import SyncError

log = logging.getLogger(__name__)

FOLDED_H = 1
"""The same failure again within so many hours is counted into one message."""
GIVEN_UP_AFTER_H = 24
"""What could not be sent for so long is no news any more."""
TARGET_KEY1 = 1179865934
"""First key of the lock of whoever sends to a target: "FSSN"."""

_FIRST_REVISION = "0010"
_now = sa.func.clock_timestamp()
_c = notifications.c
_is_open = sa.and_(_c.sent_at.is_(None), _c.given_up_at.is_(None))


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What targets have to be told.

    Args:
        occasion: why.
        task_id: the task; None: `message` says it.
        message: of an observer.
        group_key: equal ones share a message.
        send_after: not before; None: at once.
    """

    occasion: Occasion
    task_id: int | None
    message: WatchMessage | None
    group_key: str
    send_after: datetime | None


@contextmanager
def harmless(connection: sa.Connection) -> Iterator[None]:
    """What fails in the block is undone and logged; the transaction of the caller goes on."""
    connection.exec_driver_sql("SAVEPOINT notification")
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT notification")
        log_entry(log, logging.WARNING, "notification_not_kept", cause=translated(error))
    connection.exec_driver_sql("RELEASE SAVEPOINT notification")


def ended_task(connection: sa.Connection, task_id: int) -> EndedTask | None:
    """A task that has ended, also in this very transaction; None if it has not."""
    totals = sa.select(runs.c.issue_totals).where(runs.c.task_id == task_id).order_by(runs.c.id.desc()).limit(1)
    c = tasks.c
    row = connection.execute(
        sa.select(c.type, c.kind, c.status, c.is_dry_run, c.error_code, totals.scalar_subquery().label("totals")).where(
            c.id == task_id
        )
    ).first()
    if row is None or not TaskStatus(row.status).is_final:
        return None
    totals_of_run = None if row.totals is None else totals_of(row.totals)
    return EndedTask(row.type, row.kind, TaskStatus(row.status), row.is_dry_run, row.error_code, totals_of_run)


def add(connection: sa.Connection, host: str, targets: Sequence[NotificationTarget], entry: NewEntry) -> bool:
    """Put an entry for each target into the outbox; inside a transaction of the caller.

    Returns:
        False if it was there already: a task is told only once.
    """
    message = entry.message
    values = {
        "host": host,
        "occasion": entry.occasion.value,
        "task_id": entry.task_id,
        "message_code": None if message is None else message.code,
        "message_params": None if message is None else plain_params(message.params),
        "group_key": entry.group_key,
        "created_at": _now,
        "send_after": _now if entry.send_after is None else entry.send_after,
        "attempts": 0,
    }
    rows = [values | {"target": str(target)} for target in targets]
    statement = insert(notifications).values(rows).on_conflict_do_nothing(index_elements=["task_id", "target"])
    return bool(rows) and bool(connection.execute(statement).rowcount)


def has_listener(connection: sa.Connection, queue: str) -> bool:
    """Whether a living worker listens to a queue."""
    listens = sa.func.array_position(workers.c.queues, queue).is_not(None)
    query = sa.exists().where(sa.not_(alive.is_dead_worker), workers.c.stopping_at.is_(None), listens)
    return bool(connection.scalar(sa.select(query)))


def due_targets(connection: sa.Connection, host: str) -> list[NotificationTarget]:
    """The targets of a host that have something to be told now."""
    query = sa.select(_c.target).where(_c.host == host, _is_open, _is_due()).distinct().order_by(_c.target)
    return [NotificationTarget.parse(text) for text in connection.scalars(query)]


def exists(connection: sa.Connection) -> bool:
    """Whether the database has an outbox; False before the first run of this version."""
    revision = current_revision(connection)
    return revision is not None and revision >= _FIRST_REVISION


def clock(connection: sa.Connection) -> datetime:
    """The server's time at this moment, also later in a transaction."""
    moment: datetime = connection.execute(sa.select(_now)).scalar_one()
    return moment


def was_said(connection: sa.Connection, group_key: str, hours: int) -> bool:
    """Whether an observer has said something of this group within so many hours, on whichever computer."""
    since = _now - sa.func.make_interval(0, 0, 0, 0, hours)
    said = sa.exists().where(_c.task_id.is_(None), _c.group_key == group_key, _c.created_at > since)
    return bool(connection.scalar(sa.select(said)))


def next_due(connection: sa.Connection, host: str) -> datetime | None:
    """When there is something to be sent by a host that may not be sent yet; None: nothing waits."""
    hour = sa.func.make_interval(0, 0, 0, 0, FOLDED_H)
    past = notifications.alias()
    last = sa.select(sa.func.max(past.c.sent_at)).where(_is_same(past), _c.group_key != "").scalar_subquery()
    moment = sa.func.greatest(_c.send_after, last + hour)
    found: datetime | None = connection.scalar(sa.select(sa.func.min(moment)).where(_c.host == host, _is_open))
    return found


def take(
    connection: sa.Connection, host: str, target: NotificationTarget, tried: Sequence[int]
) -> tuple[OutboxEntry, ...] | None:
    """The entries of the next message to a target; inside a transaction that lasts until it is sent.

    Args:
        connection: in a transaction.
        host: this one.
        target: to be told.
        tried: ids of entries that could not be sent just now.

    Returns:
        Empty: nothing is due. None: another process is sending to the target.
    """
    key = sa.func.hashtext(str(target))
    if not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(TARGET_KEY1, key))):
        return None
    mine = _c.host == host, _c.target == str(target), _is_open, _c.id.not_in(tried)
    first = connection.execute(sa.select(notifications).where(*mine, _is_due()).order_by(_c.id).limit(1)).first()
    if first is None:
        return ()
    if not first.group_key:
        return (_entry(first),)
    query = sa.select(notifications).where(*mine, _c.group_key == first.group_key, _c.send_after <= _now)
    return tuple(map(_entry, connection.execute(query.order_by(_c.id))))


def mark_sent(connection: sa.Connection, ids: Sequence[int], message_id: str) -> None:
    """The target's server has confirmed the message."""
    values = {"sent_at": _now, "message_id": message_id, "attempts": _c.attempts + 1}
    connection.execute(
        notifications.update().where(_c.id.in_(ids)).values(values | {"error_code": None, "error_params": None})
    )


def mark_failed(connection: sa.Connection, ids: Sequence[int], error: SyncError, is_final: bool) -> None:
    """The message could not be sent.

    Args:
        connection: any.
        ids: of its entries.
        error: why.
        is_final: it never will be; what is too old is not tried again either.
    """
    oldest = _now - sa.func.make_interval(0, 0, 0, 0, GIVEN_UP_AFTER_H)
    given_up = _now if is_final else sa.case((_c.send_after < oldest, _now))
    values = {"attempts": _c.attempts + 1, "error_code": error.code, "error_params": plain_params(error.params)}
    connection.execute(notifications.update().where(_c.id.in_(ids)).values(values | {"given_up_at": given_up}))


def first_issues(connection: sa.Connection, run_id: int, limit: int) -> tuple[RowIssue, ...]:
    """The first row issues of a run that are more than notes, the most severe first."""
    c = row_issues.c
    severities = [Severity.ERROR.value, Severity.WARNING.value]
    query = sa.select(row_issues).where(c.run_id == run_id, c.severity.in_(severities))
    rows = connection.execute(query.order_by(c.severity == Severity.WARNING.value, c.id).limit(limit))
    return tuple(
        RowIssue(
            Severity(row.severity),
            row.code,
            file=row.file,
            line=row.line,
            onec_id=row.onec_id,
            name=row.name,
            field=row.field,
            value=row.value,
            params=dict(object_of(row.params)),
            article=row.article,
        )
        for row in rows
    )


def urgent_since(connection: sa.Connection, target: NotificationTarget, since: datetime) -> int:
    """How many failures a target was told of since a time."""
    query = sa.select(sa.func.count()).where(
        _c.target == str(target), _c.occasion == Occasion.FAILURE.value, _c.created_at >= since
    )
    return int(connection.scalar(query) or 0)


def forget_old(connection: sa.Connection, retention_days: int) -> None:
    """Delete what was told by observers so long ago; what is about a task goes with it."""
    oldest = _now - sa.func.make_interval(0, 0, 0, retention_days)
    connection.execute(notifications.delete().where(_c.task_id.is_(None), _c.created_at < oldest))


def _is_due() -> sa.ColumnElement[bool]:
    past = notifications.alias()
    hour_ago = _now - sa.func.make_interval(0, 0, 0, 0, FOLDED_H)
    told = sa.exists().where(_is_same(past), past.c.sent_at > hour_ago)
    return sa.and_(_c.send_after <= _now, sa.or_(_c.group_key == "", sa.not_(told)))


def _is_same(past: Any) -> sa.ColumnElement[bool]:
    """Columns of the outer query against those of an alias."""
    return sa.and_(past.c.target == _c.target, past.c.group_key == _c.group_key)


def _entry(row: Any) -> OutboxEntry:
    params: Mapping[str, Any] = object_of(row.message_params)
    return OutboxEntry(
        id=row.id,
        uid=str(row.uid),
        target=NotificationTarget.parse(row.target),
        occasion=Occasion(row.occasion),
        task_id=row.task_id,
        message=None if row.message_code is None else WatchMessage(row.message_code, params, row.group_key),
        group_key=row.group_key,
        created_at=row.created_at,
    )
