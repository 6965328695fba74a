"""Cancelling a run from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from freesport_sync.errors import Cancelled, SyncError


def cancelled_by(operator: str) -> Cancelled:
    """The reason of a cancel that somebody has asked for; an older program does not say who."""
    return Cancelled("cancelled_by", by=operator) if operator else Cancelled("cancelled")


class CancelToken:
    """A cancel request. The run checks it at every block and key range; any thread or signal handler may set it.

    `abort` ends the run with an error instead, for example because the side connection was lost and the run must not
    commit. After `close`, when COMMIT is about to be sent, requests are ignored.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._reason: SyncError | None = None
        self._interrupts: list[Callable[[], None]] = []
        self._is_closed = False
        self.is_winding_up = False
        """The run has noticed and is closing its rows: worth waiting for."""

    def cancel(self) -> None:
        """Ask the run to stop; may be repeated or come too late."""
        self.abort(Cancelled("cancelled"))

    def abort(self, reason: SyncError) -> None:
        """End the run with `reason`; the first reason wins."""
        with self._lock:
            if self._reason is not None or self._is_closed:
                return
            self._reason = reason
            for interrupt in self._interrupts:
                interrupt()

    @property
    def is_set(self) -> bool:
        return self._reason is not None

    def check(self) -> None:
        """Raise the reason, usually `Cancelled`, if the run has been asked to stop."""
        if self._reason is not None:
            raise self._reason

    def close(self) -> None:
        """Check a last time, then ignore further requests: the changes are about to be committed (RUN-6)."""
        with self._lock:
            self.check()
            self._is_closed = True

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt`, which must not block, as soon as the token is set while the block runs."""
        with self._lock:
            self.check()
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
