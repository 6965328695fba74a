"""Closes the rows of runs and of import sessions whose program has died (RUN-3, RUN-14)."""

from __future__ import annotations

import logging

from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.run import Counts, Done
from freesport_sync.database.own.remote_control import close_dead
from freesport_sync.database.server.engine import translated_errors
from freesport_sync.database.server.interrupt import interruptible
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.record import connected

log = logging.getLogger(__name__)


def close_stale(context: RunContext) -> Done:
    """Close what is provably dead, and leave everything else as it is; a dry run closes nothing.

    Raises:
        LockHeld: an import is running.
        SyncError: the database cannot be reached, or we may not write there.
    """
    if context.header.is_dry_run:
        return Done()
    interrupted, stale = context.texts("report.interrupted"), context.texts("report.stale")
    with (
        context.open_target() as target,
        translated_errors(),
        connected(target, "freesport_sync") as connection,
        interruptible(connection, context.cancel),
    ):
        closed = close_dead(connection, interrupted, stale)
    for run in closed.runs:
        log_entry(log, logging.WARNING, "dead_run_closed", run_id=run.id, operator=run.operator, host=run.host)
    for session in closed.sessions:
        log_entry(log, logging.WARNING, "stale_session_closed", session=session.id, import_type=session.import_type)
    counts = {"closed_run": len(closed.runs), "closed_session": len(closed.sessions)}
    return Done({entity: Counts(updated=count) for entity, count in counts.items() if count})
