"""A request to stop, passed from whoever asks to whoever works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from freesport_sync.errors import Cancelled, SyncError


class CancelToken:
    """Asked for at every block and key range; may be set from any thread, or from a signal handler's thread.

    A token can also be aborted with an error: the side connection was lost, say, and the run must not commit.
    After `close` (COMMIT was sent) a late request is ignored.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._reason: SyncError | None = None
        self._interrupts: list[Callable[[], None]] = []
        self._is_closed = False
        self.is_winding_up = False
        """The run has heard of it and is closing its rows: worth waiting for."""

    def cancel(self) -> None:
        """Ask the run to stop; harmless when repeated or too late."""
        self.abort(Cancelled("cancelled"))

    def abort(self, reason: SyncError) -> None:
        """Make the run end with `reason`; the first reason wins."""
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
        """Raise the reason (usually `Cancelled`) if the run has been asked to stop."""
        if self._reason is not None:
            raise self._reason

    def close(self) -> None:
        """Check a last time, then ignore further requests: the changes are about to be committed."""
        with self._lock:
            self.check()
            self._is_closed = True

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `interrupt` is called at once when the token is set; it must not block."""
        with self._lock:
            self.check()
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
