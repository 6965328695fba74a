"""Runs the tasks of one lock for the window, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.run import RunReport
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.ui.jobs import Lane
from freesport_sync.ui.run_feed import RunFeed, RunSnapshot, first_snapshot, stopped

if TYPE_CHECKING:
    from freesport_sync.application import Application


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run that this window has started ended: with a report or with an error."""

    submission: Submission[Any]
    snapshot: RunSnapshot
    report: RunReport | None
    error: SyncError | None


class RunLane(QObject):
    """One thread, so that a task waits for nothing but those that exclude it.

    Args:
        parent: in the thread of the window.
    """

    started = Signal(object)
    """`Submission`."""
    changed = Signal(object)
    """`RunSnapshot`."""
    ended = Signal(object)
    """`RunEnd`."""
    crashed = Signal(object)
    """An unexpected exception."""

    _advanced = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.snapshot: RunSnapshot | None = None
        self.submission: Submission[Any] | None = None
        """What runs now."""
        self._cancel: CancelToken | None = None
        self._lane = Lane(1, self)
        self._lane.crashed.connect(self.crashed)
        self._advanced.connect(self._on_advanced, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        return self.submission is not None

    @property
    def is_cancelling(self) -> bool:
        return self._cancel is not None and self._cancel.is_set

    def start(self, application: Application, submission: Submission[Any]) -> None:
        """Begin a run; ignored while another one runs."""
        if self.is_running:
            return
        request, header = submission.request, submission.header
        stages = application.stages(request, header)
        self.submission = submission
        self._cancel = cancel = CancelToken()
        self.snapshot = first_snapshot(str(request.kind), header.is_dry_run, stages)
        feed = RunFeed(self._advanced.emit, self.snapshot)
        self._lane.start(lambda: application.run(request, header, feed, cancel), self._on_completed, self._on_failed)
        self.started.emit(submission)
        self.changed.emit(self.snapshot)

    def cancel(self) -> None:
        """Ask the run to stop; returns at once."""
        if self._cancel is not None:
            self._cancel.cancel()

    def close(self) -> None:
        """Stop the run and accept no other."""
        self.cancel()
        self._lane.close()

    def wait(self, timeout_ms: int) -> bool:
        """Wait for the run; returns whether it has ended."""
        return self._lane.wait(timeout_ms)

    def _on_advanced(self, snapshot: RunSnapshot) -> None:
        self.snapshot = snapshot
        self.changed.emit(snapshot)

    def _on_completed(self, report: RunReport) -> None:
        self._end(report, None)

    def _on_failed(self, error: SyncError) -> None:
        self._end(None, error)

    def _end(self, report: RunReport | None, error: SyncError | None) -> None:
        submission, snapshot = self.submission, self.snapshot
        self.submission = self._cancel = None
        if submission is not None and snapshot is not None:
            if error is not None:
                snapshot = self.snapshot = stopped(snapshot, isinstance(error, Cancelled))
                self.changed.emit(snapshot)
            self.ended.emit(RunEnd(submission, snapshot, report, error))
