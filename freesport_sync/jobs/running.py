"""The tasks that a worker runs now."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from freesport_sync.core.cancel import CancelToken, cancelled_by
from freesport_sync.core.task_list import Claim
from freesport_sync.errors import Cancelled
from freesport_sync.rules.retries import WORKER_STOPPED


class RunningTasks:
    """Shared by the threads that run tasks and those that stop them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[UUID, tuple[Claim, CancelToken]] = {}
        self._are_stopped = False

    def __len__(self) -> int:
        return len(self._tasks)

    @contextmanager
    def running(self, claim: Claim) -> Iterator[CancelToken]:
        """While the block runs a task; the token stops it."""
        token = CancelToken()
        with self._lock:
            self._tasks[claim.token] = (claim, token)
            if self._are_stopped:
                token.abort(Cancelled(WORKER_STOPPED))
        try:
            yield token
        finally:
            with self._lock:
                del self._tasks[claim.token]

    @property
    def claims(self) -> list[Claim]:
        with self._lock:
            return [claim for claim, _ in self._tasks.values()]

    def stop_cancelled(self, asked: list[Claim], requesters: Mapping[UUID, str | None]) -> None:
        """Stop tasks that somebody wants stopped, or has taken from us.

        Args:
            asked: the claims that were looked up.
            requesters: see `database.own.tasks.requested_cancels`.
        """
        for claim in asked:
            if claim.token not in requesters:
                self._stop(claim, Cancelled("task_taken"))
            elif (by := requesters[claim.token]) is not None:
                self._stop(claim, cancelled_by(by))

    def stop_all(self) -> None:
        """Stop all tasks, and those that begin later, because the process has to end; they wait again."""
        with self._lock:
            self._are_stopped = True
            tokens = [token for _, token in self._tasks.values()]
        for token in tokens:
            token.abort(Cancelled(WORKER_STOPPED))

    def _stop(self, claim: Claim, reason: Cancelled) -> None:
        with self._lock:
            running = self._tasks.get(claim.token)
        if running is not None:
            running[1].abort(reason)
