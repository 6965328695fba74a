"""Keeps the run's rows alive and writes its issues, on the side connection and a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice
from typing import Any

from freesport_sync.core.cancel import CancelToken, cancelled_by
from freesport_sync.core.events import (
    Event,
    IssuesFound,
    MergeRepeated,
    Progress,
)
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import overall_percent
from freesport_sync.core.run import IssueTotal
from freesport_sync.core.task_list import Claim
from freesport_sync.core.tasks import FIRST_STAGE, PlannedStage
from freesport_sync.database.own import runs, tasks
from freesport_sync.database.server.deadline import reply_deadline
from freesport_sync.database.server.engine import Connection, as_sync_error, is_retryable
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.runs.bookkeeping import Bookkeeping, Milestone

HEARTBEAT_S = 1.0
WAITING_ISSUES = 1000
"""Row issues that are written at once, without waiting for the next heartbeat."""
MAX_WAITING_ISSUES = 20_000
REPORT_STEP = 5
"""Percent of a stage between two milestones."""


class Heartbeat:
    """Listens to the run's events and writes what must outlive the process.

    The runner's thread may be stuck in a long statement, so heartbeat, progress and the check for cancel requests have
    a thread of their own, the only one to use the side connection during the run. If that connection is lost the run
    must not go on: it could be neither watched nor stopped.

    Args:
        connection: the side connection, in autocommit.
        run: the run's rows.
        claim: of its task.
        stages: those that the run will have.
        cancel: set when a stop is requested in the database, or the connection is lost.
        bookkeeping: of the task; receives milestones and progress.
        max_issues: row issues that are stored; further ones are only counted.
    """

    def __init__(
        self,
        connection: Connection,
        run: runs.OpenRun,
        claim: Claim,
        stages: Sequence[PlannedStage],
        cancel: CancelToken,
        bookkeeping: Bookkeeping,
        max_issues: int,
    ) -> None:
        self._connection = connection
        self._run = run
        self._claim = claim
        self._stages = stages
        self._cancel = cancel
        self._bookkeeping = bookkeeping
        self._max_issues = max_issues
        self._condition = threading.Condition()
        self._issues: deque[RowIssue] = deque()
        self._milestones: deque[Milestone] = deque()
        self._stored = 0
        self._totals: Counter[tuple[Severity, str]] = Counter()
        self._began = {FIRST_STAGE: time.monotonic()}
        self._progress = {FIRST_STAGE: (0, 0)}
        """Stage -> units done and in all, of stages that advanced since they were written; the current one is last."""
        self._reported: set[tuple[str, int]] = set()
        self._is_stopping = False
        self._lost: SyncError | None = None
        self._thread = threading.Thread(target=self._work, name="run-heartbeat", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Take note of an event; called on the runner's thread."""
        with self._condition:
            if isinstance(event, IssuesFound):
                self._take_issues(event)
            elif isinstance(event, Progress):
                self._began.setdefault(event.stage, time.monotonic())
                self._progress.pop(event.stage, None)
                self._progress[event.stage] = (event.done, event.total)
                percent = 100 * event.done // event.total if event.total else 0
                step = (event.stage, percent - percent % REPORT_STEP)
                if step not in self._reported:  # a repeated merge passes the same steps again
                    self._reported.add(step)
                    self._milestones.append((event, step[1]))
            elif isinstance(event, MergeRepeated):
                self._milestones.append((event, 0))
            self._condition.notify_all()

    @property
    def issue_totals(self) -> tuple[IssueTotal, ...]:
        """How often each issue occurred, the most severe and most frequent first."""
        with self._condition:
            totals = [IssueTotal(severity, code, count) for (severity, code), count in self._totals.items()]
        return tuple(sorted(totals, key=lambda total: (total.severity.rank, -total.count, total.code)))

    def stop(self) -> None:
        """Write what is queued and stop; afterwards the caller may use the side connection.

        Raises:
            SyncError: the side connection was lost, or cannot write.
        """
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()
        self._thread.join()
        if self._lost is not None:
            raise self._lost

    def _take_issues(self, event: IssuesFound) -> None:
        self._totals.update((issue.severity, issue.code) for issue in event.issues)
        room = self._max_issues - self._stored
        self._issues.extend(event.issues[:room])
        self._stored += min(room, len(event.issues))
        # Back-pressure: a slow server slows down the parsing instead of filling the memory.
        self._condition.wait_for(lambda: len(self._issues) < MAX_WAITING_ISSUES or self._lost is not None)

    def _work(self) -> None:
        while not self._step():
            self._pause()

    def _step(self) -> bool:
        """One round of the thread's work; returns whether it was the last."""
        try:
            with reply_deadline(self._connection):
                return self._write_once()
        except Exception as error:
            return self._handle(error)

    def _write_once(self) -> bool:
        """Write what is queued; returns whether that was the last time."""
        with self._condition:
            is_last = self._is_stopping
            # In small batches, so that the deadline catches a dead server and not a slow network.
            issues = list(islice(self._issues, WAITING_ISSUES))
            milestones, stages = list(self._milestones), self._advanced_stages()
        # First, because the rest may wait for an import session that the shop has locked.
        self._cancel_if_requested(runs.beat(self._connection, self._run, stages[-1].stage))
        runs.add_issues(self._connection, self._run.id, issues)
        self._remove(self._issues, len(issues))
        if milestones:
            self._bookkeeping.add_milestones(self._connection, milestones)
            self._remove(self._milestones, len(milestones))
        runs.write_progress(self._connection, self._run, stages)
        self._show_progress(stages[-1])
        with self._condition:
            for one in stages[:-1]:
                if self._progress.get(one.stage) == (one.done, one.total):
                    del self._progress[one.stage]
            return is_last and not self._issues and not self._milestones

    def _show_progress(self, current: runs.StageProgress) -> None:
        stage, done, total = current.stage, current.done, current.total
        percent = overall_percent(self._stages, stage, done, total)
        if not tasks.show_progress(self._connection, self._claim, stage, done, total, percent):
            self._cancel.abort(Cancelled("task_taken"))
        self._bookkeeping.show_progress(self._connection, done, total)

    def _advanced_stages(self) -> list[runs.StageProgress]:
        now = time.monotonic()
        return [
            runs.StageProgress(stage, now - self._began[stage], done, total)
            for stage, (done, total) in self._progress.items()
        ]

    def _cancel_if_requested(self, by: str | None) -> None:
        if by is not None:
            self._cancel.abort(cancelled_by(by))

    def _remove(self, queue: deque[Any], count: int) -> None:
        with self._condition:
            for _ in range(count):
                queue.popleft()
            self._condition.notify_all()

    def _handle(self, error: Exception) -> bool:
        """Leave the work to the next beat, or abort the run; returns whether this was the last round."""
        if is_retryable(error):  # the shop has locked our import session; the next beat tries again
            return self._is_stopping and not self._issues
        with self._condition:
            self._lost = as_sync_error(error)
            self._condition.notify_all()
        self._cancel.abort(self._lost)
        return True

    def _pause(self) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._is_stopping or len(self._issues) >= WAITING_ISSUES, HEARTBEAT_S)
