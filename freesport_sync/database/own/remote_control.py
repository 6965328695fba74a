"""What can be done to a run from outside: cancel it, and close what a dead one has left open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.database.own.alive import true_status
from freesport_sync.database.own.lock import find_holder, take_lock
from freesport_sync.database.own.runs import DeadRun, close_interrupted_runs
from freesport_sync.database.own.schema import current_revision, runs
from freesport_sync.database.server.engine import transaction
from freesport_sync.database.shop.sessions import StaleSession, close_stale_sessions, refuse_foreign_session
from freesport_sync.database.shop.tables import import_sessions
from freesport_sync.errors import ConfigError


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A running run that has been asked to stop, and the first who asked."""

    run_id: int
    operator: str
    host: str
    stage: str
    requested_by: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What dead importers had left open."""

    runs: tuple[DeadRun, ...]
    sessions: tuple[StaleSession, ...]


def request_cancel(connection: sa.Connection, run_id: int, by: str) -> CancelRequest:
    """Ask a run to stop, on whichever computer it runs; it notices with its next heartbeat.

    Args:
        connection: any, in autocommit.
        run_id: the run.
        by: who asks.

    Raises:
        ConfigError: there is no such run, it has ended, or its program is dead.
    """
    revision, holder = current_revision(connection), find_holder(connection)
    if holder is not None and holder.run_id == run_id:
        at, asker = runs.c.cancel_requested_at, runs.c.cancel_requested_by
        values = {at: sa.func.coalesce(at, sa.func.clock_timestamp())}
        knows_asker = revision is not None and revision >= "0003"  # an older program may be at work
        if knows_asker:
            values[asker] = sa.func.coalesce(asker, by)
        row = connection.execute(
            runs.update()
            .where(runs.c.id == run_id, runs.c.status == RunStatus.RUNNING.value)
            .values(values)
            .returning(runs.c.operator, runs.c.host, runs.c.stage, asker if knows_asker else sa.literal(by), at)
        ).first()
        if row is not None:
            return CancelRequest(run_id, *row)
    raise _not_running(connection, run_id)


def _not_running(connection: sa.Connection, run_id: int) -> ConfigError:
    c = runs.c
    query = sa.select(true_status.label("status"), c.finished_at, c.operator, c.host).where(c.id == run_id)
    run = None if current_revision(connection) is None else connection.execute(query).first()
    if run is None:
        return ConfigError("run_not_found", run_id=run_id)
    if run.finished_at is None:  # nobody holds the lock for it
        return ConfigError("run_dead", run_id=run_id, operator=run.operator, host=run.host)
    finished = run.finished_at.isoformat(timespec="seconds")
    return ConfigError("run_not_running", run_id=run_id, status=run.status, finished=finished)


def unlock_stale(connection: sa.Connection, interrupted: str, stale: str) -> Unlocked:
    """Close the rows of importers that are provably dead; nobody's connection is touched.

    Args:
        connection: takes the import lock, until it is closed: whoever held it has then ended.
        interrupted: the sentence for sessions of our own runs.
        stale: the sentence for sessions of other importers, silent for more than two hours.

    Raises:
        LockHeld: somebody is importing; nothing is closed.
    """
    take_lock(connection)
    has_runs = current_revision(connection) is not None
    has_sessions = connection.scalar(sa.select(sa.func.to_regclass(import_sessions.name).is_not(None)))
    if has_sessions:
        refuse_foreign_session(connection)
    with transaction(connection):
        return Unlocked(
            close_interrupted_runs(connection) if has_runs else (),
            close_stale_sessions(connection, interrupted, stale) if has_sessions else (),
        )
