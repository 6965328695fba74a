"""The life of a run, whatever it does: lock, rows, outcome; the only path to a write into a shop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random

from freesport_sync.core.events import MergeRepeated, RunFinished, RunStarted
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.run import Counts, FieldChange, RunReport, RunStatus, UpdatedRows
from freesport_sync.core.tasks import Request
from freesport_sync.database.own import runs
from freesport_sync.database.own.lock import prepare_own_schema_alone, take_lock
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
from freesport_sync.errors import (
    Cancelled,
    ConnectionFailed,
    ImportFailed,
    SyncError,
)
from freesport_sync.runs.bookkeeping import Bookkeeping, NoBookkeeping
from freesport_sync.runs.context import RunContext, Target
from freesport_sync.runs.record import RunRecord, connected, status_of

MAX_ATTEMPTS = 3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, or would do.

    Args:
        counts: by entity.
        changes: of a dry run.
        updated: the shop's rows that were updated, by entity.
        is_undoable: the undo log has what was written, so that a restore can undo it.
    """

    counts: dict[str, Counts]
    changes: tuple[FieldChange, ...] = ()
    updated: dict[str, UpdatedRows] = field(default_factory=dict)
    is_undoable: bool = False


class LockedRun:
    """A run that holds the lock and has its rows.

    Args:
        context: of the run.
        target: the database.
        record: its rows.
        connection: the lock's connection, in autocommit.
    """

    def __init__(self, context: RunContext, target: Target, record: RunRecord, connection: Connection) -> None:
        self.context = context
        self.target = target
        self.record = record
        self.connection = connection
        self.report = record.report
        self._committed: RunResult | None = None
        """Set right before COMMIT: what it makes visible."""

    @property
    def run_id(self) -> int:
        return self.record.run_id

    @property
    def is_dry_run(self) -> bool:
        return self.context.header.is_dry_run

    def write(self, attempt: Callable[[], RunResult]) -> RunResult:
        """Change the shop in one transaction; after a conflict, try again, `MAX_ATTEMPTS` times in all.

        Args:
            attempt: compares and, unless it is a dry run, writes; starts from scratch each time.

        Raises:
            ImportFailed: each attempt ended in a conflict.
            SyncError: the attempt failed; nothing was written.
        """
        attempts = Retrying(
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=wait_random(0.1, 0.5),
            retry=retry_if_exception(_is_conflict),
            before_sleep=self._report_repeated,
            reraise=True,
        )
        try:
            return attempts(self._attempt, attempt)
        except Exception as error:
            if _is_conflict(error):
                raise self._persistent(error) from error
            raise

    def _persistent(self, error: Exception) -> SyncError:
        """Explain a conflict that retrying does not cure: a rule of the shop's, or a permanently busy database."""
        if isinstance(error, MergeConflict) and swallowing_rules(self.connection, error.table):
            return swallowed_rows(self.connection, error.table, error.written, error.expected)
        if is_refused(error):
            return as_sync_error(error)
        return ImportFailed("merge_conflict", attempts=MAX_ATTEMPTS, reason=first_line(error))

    def _attempt(self, attempt: Callable[[], RunResult]) -> RunResult:
        self.context.cancel.check()
        with transaction(self.connection):
            result = attempt()
            if not self.is_dry_run:
                self._complete(result)
        return result

    def _report_repeated(self, state: RetryCallState) -> None:
        self.context.cancel.check()
        error = state.outcome.exception() if state.outcome else None
        self.report(MergeRepeated(state.attempt_number + 1, first_line(error) if error else ""))

    def _complete(self, result: RunResult) -> None:
        """The last step of the transaction that writes into the shop."""
        self.context.cancel.close()
        self._committed = result
        self.record.complete(self.connection, result.counts, result.updated, result.is_undoable)

    def execute(self, work: Callable[[LockedRun], RunResult]) -> RunReport:
        """Do the work and close the rows, in every outcome.

        Args:
            work: changes the shop with `write`, if at all.

        Raises:
            SyncError: the run failed or was cancelled.
        """
        context, header, record = self.context, self.context.header, self.record
        database = self.target.label
        try:
            started = RunStarted(
                self.run_id, record.kind, header.operator, database, header.is_dry_run, record.undone_id
            )
            self.report(started)
            self._log("run_started", operator=header.operator, trigger=header.trigger, database=database)
            with interruptible(self.connection, context.cancel):
                result = work(self)
                if self._committed is None:
                    record.complete_without_writing(self.connection, result.counts, result.changes)
        except BaseException as error:
            result = self._failed(error)
        finished = record.run_report(RunStatus.COMPLETED, result.counts)
        context.reporter(RunFinished(finished))
        self._log("run_completed", seconds=round(finished.duration_s, 1))
        return finished

    def _failed(self, error: BaseException) -> RunResult:
        """Close the run's rows and raise its error; returns if COMMIT succeeded and only its reply was lost."""
        failure = self._failure(error)
        self.context.cancel.is_winding_up = True
        status = self.record.fail(self.connection, failure)
        self.context.cancel.is_winding_up = False
        if self._committed is not None and status is RunStatus.COMPLETED:
            return self._committed
        if self._committed is not None and status is None:
            failure = ConnectionFailed("outcome_unknown", run_id=self.run_id)
        self.context.reporter(RunFinished(self.record.run_report(status_of(failure), {})))
        self._log("run_cancelled" if isinstance(failure, Cancelled) else "run_failed", cause=failure)
        raise failure from error

    def _log(self, code: str, cause: SyncError | None = None, **params: object) -> None:
        level = logging.INFO if cause is None or isinstance(cause, Cancelled) else logging.ERROR
        about = {"run_id": self.run_id, "kind": self.record.kind, "is_dry_run": self.is_dry_run}
        about |= {"undone_id": self.record.undone_id} if self.record.undone_id else {}
        log_entry(log, level, code, cause=cause, **about, **params)

    def _failure(self, error: BaseException) -> SyncError:
        """The error to report: the reason for a cancel or abort rather than the failure that it caused."""
        try:
            self.context.cancel.check()
        except SyncError as reason:
            return reason
        return as_sync_error(error)


def run_locked(
    context: RunContext,
    request: Request,
    work: Callable[[LockedRun], RunResult],
    bookkeeping: Bookkeeping | None = None,
) -> RunReport:
    """Take the task's lock, do the work as a run of the history, and release the lock.

    Args:
        context: of the run.
        request: stored in the run's row.
        work: see `LockedRun.execute`.
        bookkeeping: None: the task records nothing besides the history.

    Raises:
        SyncError: the run was refused, failed or was cancelled; nothing was written.
    """
    bookkeeping = bookkeeping or NoBookkeeping()
    with context.open_target() as target, translated_errors(), connected(target, "freesport_sync") as lock:
        with interruptible(lock, context.cancel):
            _prepare(lock, context, target, bookkeeping)
        with connected(target, "freesport_sync side") as side:
            backend_id = driver_connection(lock).info.backend_pid
            record = RunRecord(context, target, request, bookkeeping, side, backend_id)
            return LockedRun(context, target, record, lock).execute(work)


def _prepare(connection: Connection, context: RunContext, target: Target, bookkeeping: Bookkeeping) -> None:
    take_lock(connection, context.task.lock)
    bookkeeping.verify(connection, target)
    prepare_own_schema_alone(connection)
    bookkeeping.clear(connection)
    with transaction(connection):
        for dead in runs.close_interrupted_runs(connection, context.task.lock):
            if dead.task_id is not None:
                context.announce(connection, dead.task_id)
    runs.forget_old_runs(connection, context.settings.history.retention_days)


def _is_conflict(error: BaseException) -> bool:
    return is_retryable(error) or isinstance(error, MergeConflict)
