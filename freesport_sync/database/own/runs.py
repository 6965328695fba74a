"""Writes the rows of a run: opened, kept alive, closed in every outcome."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from freesport_sync import __version__
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import ExportFile, FieldChange, RunOutcome, RunStatus
from freesport_sync.core.tasks import FIRST_STAGE, LAST_STAGE, Lock
from freesport_sync.database.own.notices import notify
from freesport_sync.database.own.recovery import recover_dead_tasks
from freesport_sync.database.own.schema import (
    field_changes,
    row_issues,
    run_files,
    run_stages,
    runs,
    tasks,
)
from freesport_sync.database.own.stored_values import plain_params

XID_BITS = 2**32 - 1
"""Mask of the part of a transaction's number that a row's `xmin` holds."""

_now = sa.func.clock_timestamp()


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has its rows."""

    id: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class DeadRun:
    """A run whose process died without closing it."""

    id: int
    operator: str
    host: str
    stage: str
    started_at: datetime
    heartbeat_at: datetime
    task_id: int | None = None


def close_interrupted_runs(connection: sa.Connection, lock: Lock) -> tuple[DeadRun, ...]:
    """Mark the dead runs of a lock as interrupted; only while holding it, when none of them can be alive."""
    return close_running(connection, runs.c.lock_key == lock.key)


def close_running(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[DeadRun, ...]:
    """Mark running runs as interrupted, at their last sign of life; the caller knows that they are dead."""
    dead = connection.execute(
        runs.update()
        .where(runs.c.status == RunStatus.RUNNING.value, *where)
        .values(
            status=RunStatus.INTERRUPTED.value,
            finished_at=runs.c.heartbeat_at,
            error_code="interrupted",
            error_params={},
        )
        .returning(
            runs.c.id,
            runs.c.operator,
            runs.c.host,
            runs.c.stage,
            runs.c.started_at,
            runs.c.heartbeat_at,
            runs.c.task_id,
        )
    ).all()
    if task_ids := [row.task_id for row in dead if row.task_id is not None]:
        recover_dead_tasks(connection, tasks.c.id.in_(task_ids))
    return tuple(sorted((DeadRun(*row) for row in dead), key=lambda run: run.id))


def open_locks(connection: sa.Connection) -> list[Lock]:
    """The locks of open runs."""
    c = runs.c
    query = sa.select(c.lock_name, c.lock_key).where(c.status == RunStatus.RUNNING.value).distinct()
    return [Lock(*row) for row in connection.execute(query)]


def runs_without_effect(connection: sa.Connection) -> frozenset[int]:
    """Runs that ended without writing anything into the shop."""
    ended = (RunStatus.FAILED.value, RunStatus.CANCELLED.value, RunStatus.INTERRUPTED.value)
    return frozenset(connection.scalars(sa.select(runs.c.id).where(runs.c.status.in_(ended))))


def forget_old_runs(connection: sa.Connection, retention_days: int) -> None:
    """Delete runs older than `retention_days`, and the tasks of that time."""
    oldest = sa.func.now() - sa.func.make_interval(0, 0, 0, retention_days)
    connection.execute(runs.delete().where(runs.c.started_at < oldest))
    connection.execute(tasks.delete().where(tasks.c.finished_at < oldest))


@dataclass(frozen=True, slots=True)
class NewRun:
    """The values of a new run's row.

    Args:
        task: its name.
        lock: the one it holds.
        kind: see `core.tasks.Request`.
        request: as JSON; see `runs.requests`.
        operator: who asked for it.
        is_dry_run: nothing but the history is written.
        backend_id: PostgreSQL process that holds the lock.
        task_id: what it is a try of.
    """

    task: str
    lock: Lock
    kind: str
    request: Mapping[str, object]
    operator: str
    is_dry_run: bool
    backend_id: int
    task_id: int


def open_run(connection: sa.Connection, new: NewRun) -> OpenRun:
    """Insert the run's row; on the side connection, inside a transaction of the caller."""
    row = connection.execute(
        runs.insert()
        .values(
            task=new.task,
            lock_name=new.lock.name,
            lock_key=new.lock.key,
            kind=new.kind,
            request=new.request,
            operator=new.operator,
            host=socket.gethostname(),
            process_id=os.getpid(),
            backend_id=new.backend_id,
            task_id=new.task_id,
            program_version=__version__,
            is_dry_run=new.is_dry_run,
            status=RunStatus.RUNNING.value,
            stage=FIRST_STAGE,
            session_ids=[],
            started_at=_now,
            heartbeat_at=_now,
            counts={},
            issue_totals=[],
        )
        .returning(runs.c.id, runs.c.started_at)
    ).one()
    notify(connection)
    return OpenRun(row.id, row.started_at)


def add_sessions(connection: sa.Connection, run_id: int, session_ids: Sequence[int]) -> None:
    """Remember which of the shop's session rows belong to the run."""
    connection.execute(
        runs.update().where(runs.c.id == run_id).values(session_ids=runs.c.session_ids.concat(list(session_ids)))
    )


def beat(connection: sa.Connection, run: OpenRun, stage: str) -> str | None:
    """Write the heartbeat; returns who has requested a cancel, None if nobody has."""
    requested = connection.execute(
        runs.update()
        .where(runs.c.id == run.id)
        .values(heartbeat_at=_now, stage=stage)
        .returning(runs.c.cancel_requested_at, runs.c.cancel_requested_by)
    ).one()
    notify(connection)
    return None if requested.cancel_requested_at is None else requested.cancel_requested_by or ""


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far a stage is.

    Args:
        stage: the stage.
        age_s: how long ago it began.
        done: units done.
        total: units in all; 0 where it is not known yet.
    """

    stage: str
    age_s: float
    done: int
    total: int


def write_progress(connection: sa.Connection, run: OpenRun, stages: Sequence[StageProgress]) -> None:
    """Write how far the run is.

    Args:
        connection: the side connection.
        run: the run's rows.
        stages: those that have moved, in order; one at least.
    """
    statement = insert(run_stages).values(
        run_id=run.id,
        stage=sa.bindparam("its_stage"),
        started_at=_now - sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.bindparam("age_s")),
        done=sa.bindparam("its_done"),
        total=sa.bindparam("its_total"),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["run_id", "stage"], set_={"done": statement.excluded.done, "total": statement.excluded.total}
    )
    for one in stages:
        values = {"its_stage": one.stage, "age_s": one.age_s, "its_done": one.done, "its_total": one.total}
        connection.execute(statement, values)


def add_files(connection: sa.Connection, run_id: int, files: Sequence[ExportFile]) -> None:
    """Remember which files the run reads, for the history and for the guard against older exports."""
    if files:
        connection.execute(run_files.insert(), [{"run_id": run_id, **asdict(file)} for file in files])


def add_issues(connection: sa.Connection, run_id: int, issues: Sequence[RowIssue]) -> None:
    """Store row issues of the run."""
    if issues:
        rows = [{"run_id": run_id, **asdict(issue), "severity": issue.severity.value} for issue in issues]
        connection.execute(row_issues.insert(), rows)


def add_field_changes(connection: sa.Connection, run_id: int, changes: Sequence[FieldChange]) -> None:
    """Store what a dry run would change."""
    if changes:
        rows = [{"run_id": run_id, **asdict(change), "entity": str(change.entity)} for change in changes]
        connection.execute(field_changes.insert(), rows)


def status_of(connection: sa.Connection, run: OpenRun) -> RunStatus:
    """Read the status in the run's row."""
    return RunStatus(connection.execute(sa.select(runs.c.status).where(runs.c.id == run.id)).scalar_one())


def note_merge(connection: sa.Connection, run: OpenRun, is_undoable: bool) -> None:
    """Store the transaction that writes into the shop, which marks its rows; on the lock's connection."""
    xid = sa.func.txid_current().op("&")(XID_BITS)
    values = {"merged_at": sa.func.now(), "merged_xid": xid, "is_undoable": is_undoable}
    connection.execute(runs.update().where(runs.c.id == run.id).values(values))


def close_run(connection: sa.Connection, run: OpenRun, outcome: RunOutcome) -> bool:
    """Write the outcome into the run's row, unless it is closed already; inside a transaction of the caller.

    A completed run calls this as one of the last statements of the merge transaction, on the lock's connection; every
    other outcome comes from the side connection after ROLLBACK.

    Returns:
        Whether the row was still open.
    """
    error, totals = outcome.error, outcome.issue_totals
    closed = connection.execute(
        runs.update()
        .where(runs.c.id == run.id, runs.c.status == RunStatus.RUNNING.value)
        .values(
            status=outcome.status.value,
            stage=LAST_STAGE if outcome.status is RunStatus.COMPLETED else runs.c.stage,
            finished_at=_now,
            heartbeat_at=_now,
            counts={str(entity): asdict(count) for entity, count in outcome.counts.items()},
            issue_totals=[{"severity": t.severity.value, "code": t.code, "count": t.count} for t in totals],
            error_code=error.code if error else None,
            error_params=plain_params(error.params) if error else None,
        )
    )
    if closed.rowcount:
        notify(connection)
    return bool(closed.rowcount)
