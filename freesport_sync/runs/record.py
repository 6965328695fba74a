"""The rows of one run: opened, kept alive, and closed in every outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from freesport_sync.core.events import Event
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.run import Counts, ExportFile, FieldChange, RunOutcome, RunReport, RunStatus, UpdatedRows
from freesport_sync.core.task_list import Claim
from freesport_sync.core.tasks import Request, Submission
from freesport_sync.database.own import runs, tasks
from freesport_sync.database.server.deadline import reply_deadline
from freesport_sync.database.server.engine import (
    Connection,
    DatabaseError,
    connect,
    transaction,
)
from freesport_sync.errors import Cancelled, ConnectionFailed, SyncError
from freesport_sync.runs.bookkeeping import Bookkeeping
from freesport_sync.runs.context import RunContext, Target
from freesport_sync.runs.ending import end_try
from freesport_sync.runs.heartbeat import Heartbeat
from freesport_sync.runs.requests import encode

log = logging.getLogger(__name__)


class RunRecord:
    """Records a run in the history and reports it.

    Args:
        context: of the run.
        target: the database.
        request: stored in the run's row.
        bookkeeping: of its task.
        side: the side connection, in autocommit.
        backend_id: PostgreSQL process that holds the lock.
    """

    def __init__(
        self,
        context: RunContext,
        target: Target,
        request: Request,
        bookkeeping: Bookkeeping,
        side: Connection,
        backend_id: int,
    ) -> None:
        self._context = context
        self._target = target
        self._bookkeeping = bookkeeping
        self._side = side
        self._started = time.monotonic()
        self._files: tuple[ExportFile, ...] = ()
        self.kind, self.undone_id = str(request.kind), request.undone_id
        stored = encode(context.task, Submission(request, context.header))
        with transaction(side):
            if context.claim is not None:
                tasks.renew_claim(side, context.claim)
            self._claim = context.claim or _claim_new(side, context, request, stored)
            new = runs.NewRun(
                task=context.task.name,
                lock=context.task.lock,
                kind=self.kind,
                request=stored,
                operator=context.header.operator,
                is_dry_run=context.header.is_dry_run,
                backend_id=backend_id,
                task_id=self._claim.task_id,
            )
            self._run = runs.open_run(side, new)
            bookkeeping.open(side, self._run.id)
        limit = context.settings.history.max_issues
        self._heartbeat = Heartbeat(side, self._run, self._claim, context.stages, context.cancel, bookkeeping, limit)

    @property
    def run_id(self) -> int:
        return self._run.id

    def report(self, event: Event) -> None:
        """Pass an event on to the heartbeat and to the reporter."""
        self._heartbeat(event)
        self._context.reporter(event)

    def add_files(self, connection: Connection, files: tuple[ExportFile, ...]) -> None:
        """Remember which files the run reads."""
        self._files = files
        with transaction(connection):
            runs.add_files(connection, self._run.id, files)

    def complete(
        self,
        connection: Connection,
        counts: Mapping[str, Counts],
        updated: Mapping[str, UpdatedRows],
        is_undoable: bool,
    ) -> None:
        """Write the outcome as the last statements of the merge transaction: after this only COMMIT can fail.

        Args:
            connection: the lock's connection, in its transaction.
            counts: by entity.
            updated: the shop's updated rows, by entity.
            is_undoable: the undo log has what was written.

        Raises:
            ConnectionFailed: the side connection was lost meanwhile.
        """
        self._heartbeat.stop()
        self._bookkeeping.name_issues(connection, self._run.id)
        runs.note_merge(connection, self._run, is_undoable)
        self._close(connection, RunStatus.COMPLETED, counts, updated)

    def complete_without_writing(
        self, connection: Connection, counts: Mapping[str, Counts], changes: tuple[FieldChange, ...]
    ) -> None:
        """Write the outcome of a run that has not changed the shop; the connection is the lock's, in autocommit."""
        self._heartbeat.stop()
        self._bookkeeping.name_issues(connection, self._run.id)
        with transaction(self._side):
            runs.add_field_changes(self._side, self._run.id, changes)
            self._close(self._side, RunStatus.COMPLETED, counts)

    def fail(self, connection: Connection, failure: SyncError) -> RunStatus | None:
        """Close all rows; on a new connection if the side connection was lost with the run.

        Args:
            connection: the lock's connection, after ROLLBACK; may be lost too.
            failure: the reason.

        Returns:
            The status of the run's row now; None if it cannot be read. COMMIT may have succeeded although the
            connection broke: then the row is completed and stays so.
        """
        try:
            self._heartbeat.stop()
            self._name_issues_of_failed(connection, failure)
            return self._close_failed(self._side, failure)
        except (SyncError, DatabaseError):
            try:
                with connected(self._target, "freesport_sync side") as fresh:
                    return self._close_failed(fresh, failure)
            except (SyncError, DatabaseError) as error:
                cause = error if isinstance(error, SyncError) else None
                log_entry(log, logging.WARNING, "run_left_open", cause=cause, run_id=self._run.id)
                return None

    def run_report(self, status: RunStatus, counts: Mapping[str, Counts]) -> RunReport:
        """The result, for the window, the terminal and scripts."""
        return RunReport(
            run_id=self._run.id,
            kind=self.kind,
            status=status,
            is_dry_run=self._context.header.is_dry_run,
            started_at=self._run.started_at,
            duration_s=time.monotonic() - self._started,
            counts=dict(counts),
            issue_totals=self._heartbeat.issue_totals,
            files=self._files,
            undone_id=self.undone_id,
        )

    def _name_issues_of_failed(self, connection: Connection, failure: SyncError) -> None:
        if isinstance(failure, Cancelled | ConnectionFailed):
            return  # the operator is waiting, or the connection is gone
        try:
            with reply_deadline(connection):
                self._bookkeeping.name_issues(connection, self._run.id)
        except DatabaseError as error:
            log.debug("issues of run %s stay without names: %s", self._run.id, error)

    def _close_failed(self, side: Connection, failure: SyncError) -> RunStatus:
        with reply_deadline(side):
            with transaction(side):
                self._close(side, status_of(failure), {}, error=failure)
            return runs.status_of(side, self._run)

    def _close(
        self,
        connection: Connection,
        status: RunStatus,
        counts: Mapping[str, Counts],
        updated: Mapping[str, UpdatedRows] | None = None,
        error: SyncError | None = None,
    ) -> None:
        outcome = RunOutcome(status, counts, updated or {}, self._heartbeat.issue_totals, error)
        if runs.close_run(connection, self._run, outcome):
            self._bookkeeping.close(connection, outcome)
            self._close_task(connection, outcome)

    def _close_task(self, connection: Connection, outcome: RunOutcome) -> None:
        is_ours = end_try(connection, self._claim, outcome.counts, outcome.error)
        if not is_ours and outcome.status is RunStatus.COMPLETED:  # somebody else does the same: never write it twice
            raise Cancelled("task_taken")
        if is_ours:
            self._context.announce(connection, self._claim.task_id)


def _claim_new(connection: Connection, context: RunContext, request: Request, stored: Mapping[str, object]) -> Claim:
    header = context.header
    new = tasks.NewTask(
        type=context.task.name,
        version=context.task.version,
        kind=str(request.kind),
        request=stored,
        is_dry_run=header.is_dry_run,
        lock_key=context.task.lock.key,
        operator=header.operator,
        trigger=header.trigger.value,
    )
    return tasks.open_claimed(connection, new)


@contextmanager
def connected(target: Target, application_name: str) -> Iterator[Connection]:
    """Open a connection, and close it at the end."""
    connection = connect(target.url, application_name)
    try:
        yield connection
    finally:
        connection.close()


def status_of(failure: SyncError) -> RunStatus:
    """The status of a run that ended with this error."""
    return RunStatus.CANCELLED if isinstance(failure, Cancelled) else RunStatus.FAILED
