"""Works on a task: claims it, runs it, and ends it whatever happens; on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Event, Failure, Reporter
from freesport_sync.core.run import Done, RunReport
from freesport_sync.core.task_list import AwaitedHolder, TaskStatus
from freesport_sync.core.tasks import Lock
from freesport_sync.core.worker_events import TaskLeft, TaskTaken, WorkerEvent, WorkerInTrouble
from freesport_sync.database.own import tasks
from freesport_sync.database.own.lock import find_holder, is_free
from freesport_sync.database.own.tasks import ClaimedTask
from freesport_sync.database.server.engine import as_sync_error, transaction
from freesport_sync.database.server.kept_connection import KeptConnection
from freesport_sync.errors import SyncError
from freesport_sync.jobs.running import RunningTasks
from freesport_sync.jobs.tick import WorkerTick
from freesport_sync.runs.context import Announce
from freesport_sync.runs.ending import end_try

Perform: TypeAlias = Callable[[ClaimedTask, Reporter, CancelToken], RunReport | Done]
SETTLE_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class JobCall:
    """A job that was taken from the queue: a call to look at a task.

    Args:
        job_id: of its row.
        uid: of the task.
    """

    job_id: int
    uid: UUID


class Performer:
    """Works on one task at a time, of one lock.

    Args:
        lock: of its tasks.
        queues: where they wait.
        kept: its connection to the database.
        worker: in whose name.
        perform: see `Application.perform`.
        announce: see `runs.context.Announce`.
        running: where the task is listed meanwhile.
        report: receives events; called on this thread.
    """

    def __init__(
        self,
        lock: Lock,
        queues: Sequence[str],
        kept: KeptConnection,
        worker: WorkerTick,
        perform: Perform,
        announce: Announce,
        running: RunningTasks,
        report: Callable[[WorkerEvent], None],
    ) -> None:
        self.lock = lock
        self.queues = queues
        self.kept = kept
        self._worker = worker
        self._perform = perform
        self._announce = announce
        self._running = running
        self._report = report
        self._is_ending = threading.Event()

    def may_take(self) -> bool:
        """Whether a task could run now; if somebody holds its lock, its row shows whom it waits for.

        Raises:
            SyncError: the database cannot be asked.
        """
        if not self._worker.is_alive:
            return False
        with self.kept.use() as connection:
            if is_free(connection, self.lock):
                return True
            holder = find_holder(connection, self.lock)
            if holder is not None:  # else somebody waits for the lock ahead of the queue
                awaited = AwaitedHolder(holder.operator or "", holder.host or holder.address, holder.run_id)
                tasks.note_holder(connection, self.queues, awaited)
        return False

    def answer(self, call: JobCall) -> None:
        """Look at the task of a job, and work on it if it waits.

        Raises:
            SyncError: the task could not be claimed.
        """
        with self.kept.use() as connection:
            claimed = tasks.claim(connection, call.uid, self._worker.worker_id, call.job_id)
        if claimed is not None:
            error, done = self._try(claimed)
            self._settle(claimed, done, error)

    def end(self) -> None:
        """Do not wait for the database any longer; may be called from any thread."""
        self._is_ending.set()

    def _try(self, claimed: ClaimedTask) -> tuple[SyncError | None, Done]:
        claim = claimed.claim
        self._report(TaskTaken(claim.task_id, claimed.kind, claimed.operator, claim.attempt))
        try:
            with self._running.running(claim) as token:
                result = self._perform(claimed, _ignore, token)
        except Exception as error:
            return as_sync_error(error), Done()
        return None, result if isinstance(result, Done) else Done(result.counts)

    def _settle(self, claimed: ClaimedTask, done: Done, error: SyncError | None) -> None:
        """End the try, unless its run has done so; as long as the database is away, again and again.

        What is not ended when the process ends counts as a crash of it.
        """
        claim = claimed.claim
        while True:
            try:
                with self.kept.use() as connection, transaction(connection):
                    is_ours = end_try(connection, claim, done.counts, error)
                    if is_ours:
                        self._announce(connection, claim.task_id)
                    is_known = is_ours and error is None  # of most tasks, and each question takes time
                    status = TaskStatus.COMPLETED if is_known else tasks.status_of(connection, claim.task_id)
                break
            except SyncError as failure:
                self._report(WorkerInTrouble(Failure.of(failure), SETTLE_AGAIN_S))
            if self._is_ending.wait(SETTLE_AGAIN_S):
                return
        self._report(TaskLeft(claim.task_id, claimed.kind, status, Failure.of(error) if error else None))


def _ignore(event: Event) -> None:
    """What a run reports is in the history."""
