"""Which failures of a queued task are worth another try, and when."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.task_list import Claim
from freesport_sync.errors import ConnectionLost, SyncError

MAX_ATTEMPTS = 5
MAX_CRASHES = 3
"""A task whose process has died so often would only bring down the next one."""
FIRST_DELAY_S = 30.0
MAX_DELAY_S = 3600.0
JITTER = 0.2
"""Share of the delay that it is varied by, so that many tasks do not come back at once."""
WORKER_STOPPED = "worker_stopped"
"""Code of a cancel because the worker's process has to end: the task has done nothing wrong."""
SCHEMA_NEWER = "own_schema_newer"
"""Code of the error that ends everything of an older program: a newer one can run the task."""

_MAY_HEAL = frozenset(
    (
        "connection_lost",
        "database_connection_limit",
        "database_out_of_resources",
        "database_unreachable",
        "embedded_busy",
        "embedded_not_responding",
        "mail_broken_off",
        "mail_refused_for_now",
        "mail_unreachable",
        "merge_conflict",
        "messenger_refused",
        "outcome_unknown",
    )
)


@dataclass(frozen=True, slots=True)
class NextTry:
    """A task goes back to its queue.

    Args:
        delay_s: seconds until it may be taken again.
        is_counted: what has ended was a try.
    """

    delay_s: float
    is_counted: bool


def may_heal(error: SyncError) -> bool:
    """Whether the same may succeed later, although nobody does anything about it."""
    return error.code in _MAY_HEAL or isinstance(error, ConnectionLost)


def next_try(claim: Claim, error: SyncError, chance: float) -> NextTry | None:
    """Whether a failed or stopped task is tried again.

    Guards, rights, settings and malformed files stay as they are until somebody changes something.

    Args:
        claim: of the try that has ended.
        error: how it ended.
        chance: 0 to 1, for the jitter.

    Returns:
        None: trying again would not help, or it has been tried often enough, or the task was never in a queue.
    """
    if not claim.is_queued:
        return None
    if error.code in (WORKER_STOPPED, SCHEMA_NEWER):
        return NextTry(0, is_counted=False)
    if claim.attempt >= MAX_ATTEMPTS or not may_heal(error):
        return None
    delay = min(FIRST_DELAY_S * 2 ** (claim.attempt - 1), MAX_DELAY_S)
    return NextTry(delay * (1 + JITTER * (2 * chance - 1)), is_counted=True)
