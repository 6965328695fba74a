"""Writes the rows of tasks: submitted, claimed, sent back, ended.

A task is claimed by one process at a time. Every write about its work carries the claim's token: a process that was
frozen meanwhile, and whose task somebody else has taken, changes nothing any more.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert

from freesport_sync.core.cancel import cancelled_by
from freesport_sync.core.run import Counts
from freesport_sync.core.task_list import AwaitedHolder, Claim, Submitted, TaskStatus
from freesport_sync.database.own import alive, jobs
from freesport_sync.database.own.notices import announced, notify
from freesport_sync.database.own.schema import notifications, tasks, workers
from freesport_sync.database.own.stored_values import plain_params
from freesport_sync.database.server.engine import DatabaseError, is_refused, savepoint
from freesport_sync.errors import Cancelled, SyncError

_now = sa.func.clock_timestamp()

# Each task needs these two; to build and analyse them anew takes longer than to execute them.
_CLAIM = announced(
    tasks.update()
    .where(
        tasks.c.uid == sa.bindparam("of_uid"),
        tasks.c.status == TaskStatus.PENDING.value,
        sa.or_(tasks.c.run_after.is_(None), tasks.c.run_after <= _now),
        # One that counts as dead, because it was frozen until now, would lose the task at once.
        sa.exists().where(workers.c.id == sa.bindparam("new_worker"), sa.not_(alive.is_dead_worker)),
    )
    .values(
        status=TaskStatus.RUNNING.value,
        claim=sa.bindparam("new_claim"),
        worker_id=sa.bindparam("new_worker"),
        host=sa.bindparam("new_host"),
        attempt=tasks.c.attempt + 1,
        waiting_for=None,
        started_at=sa.func.coalesce(tasks.c.started_at, _now),
    )
    .returning(tasks.c.id, tasks.c.attempt, tasks.c.kind, tasks.c.operator, tasks.c.request)
).add_cte(jobs.settling(sa.bindparam("of_job")))
_FINISH = announced(
    tasks.update()
    .where(
        tasks.c.id == sa.bindparam("of_id"),
        tasks.c.claim == sa.bindparam("of_claim"),
        tasks.c.status == TaskStatus.RUNNING.value,
    )
    .values(
        status=sa.bindparam("new_status"),
        finished_at=_now,
        percent=sa.case((sa.bindparam("new_status") == TaskStatus.COMPLETED.value, 100), else_=tasks.c.percent),
        counts=sa.bindparam("new_counts"),
        waiting_for=None,
        error_code=sa.bindparam("new_error_code"),
        error_params=sa.bindparam("new_error_params"),
    )
    .returning(tasks.c.id)
)


@dataclass(frozen=True, slots=True)
class NewTask:
    """The values of a new task's row.

    Args:
        type: name of its `TaskType`.
        version: of the request.
        kind: see `core.tasks.Request`.
        request: as JSON; see `runs.requests`.
        is_dry_run: nothing but the history is written.
        lock_key: of its lock.
        operator: who asks for it.
        trigger: what has started it.
        queue: where it waits; empty: it is run at once.
        priority: higher comes first.
        host: the only computer that can run it; empty: any.
        run_after: not before; None: at once.
        schedule_id: of the schedule that submits it.
        due_at: the start of that schedule.
    """

    type: str
    version: int
    kind: str
    request: Mapping[str, object]
    is_dry_run: bool
    lock_key: int
    operator: str
    trigger: str
    queue: str = ""
    priority: int = 0
    host: str = ""
    run_after: datetime | None = None
    schedule_id: int | None = None
    due_at: datetime | None = None

    @property
    def dedupe_key(self) -> str:
        """Equal for tasks that do the same at the same time, whoever asks for them."""
        asked = {name: value for name, value in self.request.items() if name not in ("operator", "trigger")}
        due = None if self.run_after is None else self.run_after.timestamp()
        text = json.dumps([self.queue, asked, due], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task that this process may work on now.

    Args:
        claim: the right to.
        kind: what will be done.
        operator: who asked for it.
        request: as JSON; see `runs.requests`.
    """

    claim: Claim
    kind: str
    operator: str
    request: Mapping[str, object]


def submit(connection: sa.Connection, new: NewTask) -> Submitted:
    """Put a task into its queue, unless an equal one waits there; inside a transaction of the caller."""
    waiting = tasks.c.dedupe_key == new.dedupe_key, tasks.c.status == TaskStatus.PENDING.value
    while True:
        found = connection.scalar(sa.select(tasks.c.id).where(*waiting))  # an insert would use up a number
        if found is not None:
            return Submitted(found, False)
        row = connection.execute(
            insert(tasks)
            .values(**_values(new), status=TaskStatus.PENDING.value, dedupe_key=new.dedupe_key)
            .on_conflict_do_nothing(index_elements=["dedupe_key"], index_where=sa.text("status = 'pending'"))
            .returning(tasks.c.id, tasks.c.uid)
        ).first()
        if row is not None:
            call(connection, row.id, row.uid, new.queue, new.priority, new.run_after)
            notify(connection)
            return Submitted(row.id, True)


def open_claimed(connection: sa.Connection, new: NewTask) -> Claim:
    """Insert a task that runs already, in the transaction that opens its run."""
    token = uuid4()
    claimed = {"status": TaskStatus.RUNNING.value, "claim": token, "attempt": 1, "started_at": _now}
    values = _values(new) | claimed | {"host": socket.gethostname()}
    return Claim(connection.execute(tasks.insert().values(values).returning(tasks.c.id)).scalar_one(), token)


def claim(connection: sa.Connection, uid: UUID, worker_id: int, job_id: int = 0) -> ClaimedTask | None:
    """Take a task that waits, in one statement.

    Args:
        connection: any.
        uid: of the task.
        worker_id: of this process.
        job_id: of the call that was taken; removed whether the task waits or not.

    Returns:
        None: it no longer waits, or its time has not come.
    """
    token = uuid4()
    values = {"of_uid": uid, "of_job": job_id, "new_claim": token, "new_worker": worker_id}
    row = connection.execute(_CLAIM, values | {"new_host": socket.gethostname()}).first()
    if row is None:
        return None
    claim = Claim(row.id, token, row.attempt, is_queued=True)
    return ClaimedTask(claim, row.kind, row.operator, row.request)


def requested_cancels(connection: sa.Connection, claims: Sequence[Claim]) -> dict[UUID, str | None]:
    """Who has asked to stop tasks; None: nobody.

    Returns:
        By the tokens of the claims that still hold; the others have been lost.
    """
    if not claims:
        return {}
    c = tasks.c
    query = sa.select(c.claim, c.cancel_requested_at, c.cancel_requested_by).where(
        c.id.in_([one.task_id for one in claims]),
        c.claim.in_([one.token for one in claims]),
        c.status == TaskStatus.RUNNING.value,
    )
    return {row.claim: _requester(row) for row in connection.execute(query)}


def renew_claim(connection: sa.Connection, claim: Claim) -> None:
    """Lock the row of a claimed task until the end of the transaction.

    Raises:
        Cancelled: somebody has asked to stop the task, or has taken it.
    """
    query = sa.select(tasks.c.cancel_requested_at, tasks.c.cancel_requested_by).where(*_of(claim))
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise Cancelled("task_taken")
    by = _requester(row)
    if by is not None:
        raise cancelled_by(by)


def _requester(row: Any) -> str | None:
    return None if row.cancel_requested_at is None else row.cancel_requested_by or ""


def status_of(connection: sa.Connection, task_id: int) -> TaskStatus:
    """What has become of a task."""
    return TaskStatus(connection.execute(sa.select(tasks.c.status).where(tasks.c.id == task_id)).scalar_one())


def show_progress(connection: sa.Connection, claim: Claim, stage: str, done: int, total: int, percent: int) -> bool:
    """Write how far a task is; returns whether the claim still holds."""
    values = {"stage": stage, "done": done, "total": total, "percent": sa.func.greatest(tasks.c.percent, percent)}
    return bool(connection.execute(tasks.update().where(*_of(claim)).values(values)).rowcount)


def finish(
    connection: sa.Connection,
    claim: Claim,
    status: TaskStatus,
    counts: Mapping[str, Counts],
    error: SyncError | None = None,
) -> bool:
    """End a task, in one statement; in the transaction that ends its run, if it has one.

    Returns:
        Whether the claim still held.
    """
    values = {
        "of_id": claim.task_id,
        "of_claim": claim.token,
        "new_status": status.value,
        "new_counts": {str(entity): asdict(count) for entity, count in counts.items()},
    }
    error_values = {f"new_{name}": value for name, value in _error(error).items()}
    return connection.execute(_FINISH, values | error_values).first() is not None


def remove_ended(connection: sa.Connection, hours: int) -> int:
    """Delete the tasks that ended longer ago than that, unless somebody has yet to be told; returns how many.

    Their runs stay in the history.
    """
    is_old = tasks.c.finished_at <= _now - sa.func.make_interval(0, 0, 0, 0, hours)
    final = [status.value for status in TaskStatus if status.is_final]
    c = notifications.c  # they go with their task
    is_to_be_told = sa.exists().where(c.task_id == tasks.c.id, c.sent_at.is_(None), c.given_up_at.is_(None))
    removed = connection.execute(tasks.delete().where(tasks.c.status.in_(final), is_old, sa.not_(is_to_be_told)))
    notify(connection)
    return removed.rowcount


def note_holder(connection: sa.Connection, queues: Sequence[str], holder: AwaitedHolder) -> None:
    """Show whom the task that comes next in some queues waits for."""
    is_due = sa.or_(tasks.c.run_after.is_(None), tasks.c.run_after <= _now)
    first = (
        sa.select(tasks.c.id)
        .where(tasks.c.status == TaskStatus.PENDING.value, tasks.c.queue.in_(queues), is_due)
        .order_by(tasks.c.priority.desc(), tasks.c.id)
        .limit(1)
    )
    shown = asdict(holder)
    is_new = tasks.c.waiting_for.is_distinct_from(sa.cast(sa.literal(shown, JSONB), JSONB))
    is_first = tasks.c.id == first.scalar_subquery(), tasks.c.status == TaskStatus.PENDING.value, is_new
    if connection.execute(tasks.update().where(*is_first).values(waiting_for=shown)).rowcount:
        notify(connection)


def send_back(connection: sa.Connection, claim: Claim, delay_s: float, error: SyncError, is_counted: bool) -> bool:
    """Let a task wait for its next try; inside a transaction of the caller, which ends the run, if there is one.

    Args:
        connection: any.
        claim: given up.
        delay_s: seconds until then.
        error: why this try has failed.
        is_counted: it was a try.

    Returns:
        Whether the claim still held.
    """
    return _wait_again(connection, claim, delay_s, is_counted, **_error(error))


def wait_for(connection: sa.Connection, claim: Claim, holder: AwaitedHolder) -> bool:
    """Let a task wait until somebody has released its lock; that was no try.

    Returns:
        Whether the claim still held.
    """
    return _wait_again(connection, claim, 0, False, waiting_for=asdict(holder))


def _wait_again(connection: sa.Connection, claim: Claim, delay_s: float, is_counted: bool, **values: object) -> bool:
    """It waits beside an equal one that was submitted meanwhile, and not if somebody has asked to stop it."""
    try:
        with savepoint(connection):
            return _set_waiting(connection, claim, delay_s, is_counted, values)
    except DatabaseError as error:
        if not is_refused(error):
            raise
    # An equal one was submitted at the same moment; now it is visible.
    return _set_waiting(connection, claim, delay_s, is_counted, values)


def _set_waiting(
    connection: sa.Connection, claim: Claim, delay_s: float, is_counted: bool, values: Mapping[str, object]
) -> bool:
    is_cancelled = tasks.c.cancel_requested_at.is_not(None)
    was_first = sa.and_(sa.literal(not is_counted), tasks.c.attempt <= 1)
    run_after = None if delay_s <= 0 else _now + sa.func.make_interval(0, 0, 0, 0, 0, 0, delay_s)
    other = tasks.alias()
    equal = sa.select(other.c.id).where(
        other.c.dedupe_key == tasks.c.dedupe_key, other.c.status == TaskStatus.PENDING.value
    )
    row = connection.execute(
        tasks.update()
        .where(*_of(claim))
        .values(
            status=sa.case((is_cancelled, TaskStatus.CANCELLED.value), else_=TaskStatus.PENDING.value),
            finished_at=sa.case((is_cancelled, _now)),
            dedupe_key=sa.case((sa.exists(equal), None), else_=tasks.c.dedupe_key),
            claim=None,
            worker_id=None,
            attempt=tasks.c.attempt if is_counted else tasks.c.attempt - 1,
            started_at=sa.case((was_first, None), else_=tasks.c.started_at),
            run_after=run_after,
            host=_pinned_host(),
            **values,
        )
        .returning(tasks.c.id, tasks.c.uid, tasks.c.queue, tasks.c.priority, tasks.c.run_after, tasks.c.status)
    ).first()
    if row is None:
        return False
    if row.status == TaskStatus.PENDING.value:
        call(connection, row.id, row.uid, row.queue, row.priority, row.run_after)
    notify(connection)
    return True


def _pinned_host() -> sa.ColumnElement[str]:
    """Only the host of a queue of its own has had the task; see `runs.task_type.queue_name`."""
    return sa.case((tasks.c.queue.contains("@"), tasks.c.host), else_="")


def call(
    connection: sa.Connection, task_id: int, uid: UUID, queue: str, priority: int, not_before: datetime | None
) -> None:
    """Call the workers of a queue to a task that waits there."""
    job_id = jobs.defer(connection, queue, uid, priority, not_before)
    connection.execute(tasks.update().where(tasks.c.id == task_id).values(job_id=job_id))


def _of(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    return tasks.c.id == claim.task_id, tasks.c.claim == claim.token, tasks.c.status == TaskStatus.RUNNING.value


def _error(error: SyncError | None) -> dict[str, object]:
    return {
        "error_code": error.code if error else None,
        "error_params": plain_params(error.params) if error else None,
    }


def _values(new: NewTask) -> dict[str, object]:
    return asdict(new) | {
        "request": dict(new.request),
        "attempt": 0,
        "crashes": 0,
        "stage": "",
        "done": 0,
        "total": 0,
        "percent": 0,
        "counts": {},
        "created_at": _now,
    }
