"""How a task goes on after one try of it; the one place that decides, whether the try was a run or not (RUN-13)."""

from __future__ import annotations

import random
from collections.abc import Mapping

from freesport_sync.core.run import Counts
from freesport_sync.core.task_list import AwaitedHolder, Claim, TaskStatus
from freesport_sync.database.own import tasks
from freesport_sync.database.server.engine import Connection
from freesport_sync.errors import Cancelled, ExitCode, LockHeld, SyncError
from freesport_sync.rules.retries import next_try


def end_try(connection: Connection, claim: Claim, counts: Mapping[str, Counts], error: SyncError | None) -> bool:
    """End a task, or let it wait for its next try; in the transaction that ends its run, if it has one.

    Args:
        connection: in a transaction of the caller.
        claim: of the try.
        counts: by entity.
        error: how the try has ended; None: well.

    Returns:
        Whether the claim still held; if not, nothing was changed.
    """
    if error is not None:
        if claim.is_queued and isinstance(error, LockHeld):
            return tasks.wait_for(connection, claim, _holder(error))
        again = next_try(claim, error, random.random())
        if again is not None:
            return tasks.send_back(connection, claim, again.delay_s, error, again.is_counted)
    return tasks.finish(connection, claim, task_status(error), counts, error)


def task_status(error: SyncError | None) -> TaskStatus:
    """The status of a task that has ended with this error; that there was nothing to do is none."""
    if error is None or error.exit_code is ExitCode.DONE:
        return TaskStatus.COMPLETED
    return TaskStatus.CANCELLED if isinstance(error, Cancelled) else TaskStatus.FAILED


def _holder(error: LockHeld) -> AwaitedHolder:
    """Another program has neither a run nor a name."""
    run_id = error.params.get("run_id")
    operator, host = (str(error.params.get(name, "")) for name in ("operator", "host"))
    return AwaitedHolder(operator, host, run_id if isinstance(run_id, int) else None)
