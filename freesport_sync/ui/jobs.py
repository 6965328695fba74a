"""Work on other threads: the only `QRunnable`, and the lanes in which it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, SignalInstance

from freesport_sync.core.log_entries import log_entry
from freesport_sync.errors import SyncError

log = logging.getLogger(__name__)

Failed = Callable[[SyncError], None]


class Unexpected(SyncError):
    """An unexpected error; shown with everything that the developers need."""


class Job(QObject):
    """The window's side of work on another thread; lives in the window's thread.

    Args:
        on_success: gets the result; a bound method of a `QObject`, called in the window's thread.
        on_failure: gets the error; a bound method too.
        parent: owns it until it has ended.
    """

    settled = Signal(object, object)
    """Result and error, from the other thread."""
    ended = Signal(object)
    """The job itself, in the window's thread, after its callback has returned."""
    crashed = Signal(object)
    """An unexpected exception."""

    def __init__(self, on_success: Callable[[Any], None], on_failure: Failed, parent: QObject) -> None:
        super().__init__(parent)
        self._on_success = on_success
        self._on_failure = on_failure
        self.settled.connect(self._on_settled, Qt.ConnectionType.QueuedConnection)

    def _on_settled(self, result: object, error: SyncError | None) -> None:
        try:
            if error is None and _is_alive(self._on_success):
                self._on_success(result)
            elif error is not None and _is_alive(self._on_failure):
                self._on_failure(error)
        finally:
            if isinstance(error, Unexpected):
                self.crashed.emit(error.__cause__)
            self.ended.emit(self)


class _Work(QRunnable):
    """The body of a job. It owns no `QObject`: the pool deletes it on the other thread."""

    def __init__(self, work: Callable[[], Any], settled: SignalInstance) -> None:
        super().__init__()
        self._work = work
        self._settled = settled

    def run(self) -> None:
        """Work, and emit `settled` exactly once, whatever happens."""
        result: Any = None
        error: SyncError | None = None
        try:
            result = self._work()
        except SyncError as expected:
            error = expected
        except BaseException as unexpected:
            log_entry(log, logging.ERROR, "unexpected_error", cause=unexpected)
            error = Unexpected("internal_error", reason=f"{type(unexpected).__name__}: {unexpected}")
            error.__cause__ = unexpected
        self._settled.emit(result, error)


class Lane(QObject):
    """A pool of threads for one kind of work.

    Args:
        threads: how many.
        parent: in the thread of the window.
    """

    crashed = Signal(object)
    """An unexpected exception; the job's `on_failure` is called too."""

    def __init__(self, threads: int, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._jobs: set[Job] = set()
        self._is_closed = False

    def start(self, work: Callable[[], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Work as soon as a thread is free, then call one of the two callbacks. Ignored once closed."""
        if self._is_closed:
            return
        job = Job(on_success, on_failure, self)
        self._jobs.add(job)
        job.ended.connect(self._forget)
        job.crashed.connect(self.crashed)
        self._pool.start(_Work(work, job.settled))

    def close(self) -> None:
        """Accept no further work and drop what has not begun."""
        self._is_closed = True
        self._pool.clear()

    def wait(self, timeout_ms: int) -> bool:
        """Wait for running work; returns whether it has ended."""
        return self._pool.waitForDone(timeout_ms)

    @property
    def is_idle(self) -> bool:
        return not self._jobs

    def _forget(self, job: Job) -> None:
        self._jobs.discard(job)
        job.deleteLater()


def _is_alive(callback: Callable[..., None]) -> bool:
    """Whether the receiver still exists; a dialog may have been closed."""
    receiver = getattr(callback, "__self__", None)
    return not isinstance(receiver, QObject) or shiboken6.isValid(receiver)
