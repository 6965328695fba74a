"""The life of a run, whatever it does: lock, rows, outcome; the only path to a write into the shop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random

from freesport_sync.core.events import MergeRepeated, RunFinished, RunStarted
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.run import Counts, FieldChange, RunReport, RunStatus, UpdatedRows
from freesport_sync.core.shop import Entity
from freesport_sync.database.own import runs, sessions
from freesport_sync.database.own.lock import take_lock
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server.engine import (
    Connection,
    as_sync_error,
    driver_connection,
    first_line,
    is_refused,
    is_retryable,
    transaction,
    translated_errors,
)
from freesport_sync.database.server.interrupt import interruptible
from freesport_sync.database.server.writing import MergeConflict, swallowed_rows, swallowing_rules
from freesport_sync.database.shop.verify import prepare_shop
from freesport_sync.database.undo.undo_log import forget_old_written
from freesport_sync.errors import (
    Cancelled,
    ConnectionFailed,
    ImportFailed,
    SyncError,
)
from freesport_sync.runs.context import Job
from freesport_sync.runs.record import RunRecord, connected, status_of

MAX_ATTEMPTS = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, or would do."""

    counts: dict[str, Counts]
    changes: tuple[FieldChange, ...]
    """Of a dry run."""
    updated: dict[str, UpdatedRows]


class LockedRun:
    """A run that holds the lock and has its rows.

    Args:
        job: what is to be done.
        connection: the lock's connection, in autocommit.
        side: the side connection.
    """

    def __init__(self, job: Job, connection: Connection, side: Connection) -> None:
        self.job = job
        self.connection = connection
        self.record = RunRecord(job, side, driver_connection(connection).info.backend_pid)
        self.report = self.record.report
        self._committed: RunResult | None = None
        """What COMMIT, once sent, will have made visible."""

    @property
    def run_id(self) -> int:
        return self.record.run_id

    def write(self, attempt: Callable[[], RunResult]) -> RunResult:
        """Change the shop in one transaction, and start again if somebody else was in the way, three times at most.

        Args:
            attempt: compares and, unless it is a dry run, writes; begins anew each time.

        Raises:
            ImportFailed: somebody was in the way each time.
            SyncError: of the attempt; nothing was written.
        """
        attempts = Retrying(
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=wait_random(0.1, 0.5),
            retry=retry_if_exception(_is_conflict),
            before_sleep=self._tell_repeated,
            reraise=True,
        )
        try:
            return attempts(self._attempt, attempt)
        except Exception as error:
            if _is_conflict(error):
                raise self._lasting(error) from error
            raise

    def _lasting(self, error: Exception) -> SyncError:
        """What is the matter when repeating does not help: a rule of the shop's, or work that goes on and on."""
        if isinstance(error, MergeConflict) and swallowing_rules(self.connection, error.table):
            return swallowed_rows(self.connection, error.table, error.written, error.expected)
        if is_refused(error):
            return as_sync_error(error)
        return ImportFailed("merge_conflict", attempts=MAX_ATTEMPTS, reason=first_line(error))

    def _attempt(self, attempt: Callable[[], RunResult]) -> RunResult:
        self.job.cancel.check()
        with transaction(self.connection):
            result = attempt()
            if not self.job.request.is_dry_run:
                self._complete(result)
        return result

    def _tell_repeated(self, state: RetryCallState) -> None:
        self.job.cancel.check()
        error = state.outcome.exception() if state.outcome else None
        self.report(MergeRepeated(state.attempt_number + 1, first_line(error) if error else ""))

    def _complete(self, result: RunResult) -> None:
        """The last step of the transaction that writes into the shop."""
        self.job.cancel.close()
        self._committed = result
        self.record.complete(self.connection, result.counts, result.updated)

    def execute(self, work: Callable[[LockedRun], RunResult]) -> RunReport:
        """Do the work and close the rows, in every outcome.

        Args:
            work: changes the shop with `write`, if at all.

        Raises:
            SyncError: the run failed or was cancelled.
        """
        job, request = self.job, self.job.request
        try:
            self.report(
                RunStarted(
                    self.run_id,
                    request.kind,
                    request.operator,
                    job.target.label,
                    request.is_dry_run,
                    request.undone_id,
                )
            )
            self._note("run_started", operator=request.operator, trigger=request.trigger, database=job.target.label)
            with interruptible(self.connection, job.cancel):
                result = work(self)
                if self._committed is None:
                    self.record.complete_without_writing(self.connection, result.counts, result.changes)
        except BaseException as error:
            result = self._failed(error)
        finished = self.record.run_report(RunStatus.COMPLETED, result.counts)
        job.reporter(RunFinished(finished))
        self._note("run_completed", seconds=round(finished.duration_s, 1))
        return finished

    def _failed(self, error: BaseException) -> RunResult:
        """Close the run's rows and raise its error; returns only where no more than the answer to COMMIT was lost."""
        failure = self._failure(error)
        self.job.cancel.is_winding_up = True
        status = self.record.fail(self.connection, failure)
        self.job.cancel.is_winding_up = False
        if self._committed is not None and status is RunStatus.COMPLETED:
            return self._committed
        if self._committed is not None and status is None:
            failure = ConnectionFailed("outcome_unknown", run_id=self.run_id)
        self.job.reporter(RunFinished(self.record.run_report(status_of(failure), {})))
        self._note("run_cancelled" if isinstance(failure, Cancelled) else "run_failed", cause=failure)
        raise failure from error

    def _note(self, code: str, cause: SyncError | None = None, **params: object) -> None:
        request = self.job.request
        level = logging.INFO if cause is None or isinstance(cause, Cancelled) else logging.ERROR
        told = {"run_id": self.run_id, "kind": request.kind, "is_dry_run": request.is_dry_run}
        told |= {"undone_id": request.undone_id} if request.undone_id else {}
        log_entry(log, level, code, cause=cause, **told, **params)

    def _failure(self, error: BaseException) -> SyncError:
        """The error that the operator is told: the reason of a cancel or abort goes before what it broke."""
        try:
            self.job.cancel.check()
        except SyncError as reason:
            return reason
        return as_sync_error(error)


def run_locked(job: Job, work: Callable[[LockedRun], RunResult]) -> RunReport:
    """Take the lock, do the work as a run of the history, and let go.

    Args:
        job: what is to be done.
        work: see `LockedRun.execute`.

    Raises:
        SyncError: the run was refused, failed or was cancelled; nothing was written to the shop's goods.
    """
    with translated_errors(), connected(job.target, "freesport_sync") as lock:
        with interruptible(lock, job.cancel):
            _prepare(lock, job)
        with connected(job.target, "freesport_sync side") as side:
            return LockedRun(job, lock, side).execute(work)


def _prepare(connection: Connection, job: Job) -> None:
    take_lock(connection)
    prepare_shop(connection, job.target.creation)
    prepare_own_schema(connection)
    sessions.refuse_foreign_session(connection)
    if not job.request.is_dry_run:
        with transaction(connection):
            sessions.close_stale_sessions(connection, job.texts.interrupted, job.texts.stale)
    runs.close_interrupted_runs(connection)
    runs.forget_old_runs(connection, job.settings.history.retention_days)
    forget_old_written(connection, job.settings.backup.keep_count, job.settings.backup.keep_days)


def _is_conflict(error: BaseException) -> bool:
    return is_retryable(error) or isinstance(error, MergeConflict)
