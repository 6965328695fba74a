"""The rows of one run: opened, kept alive, and closed in every outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from freesport_sync.core.events import Event
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.run import Counts, ExportFile, FieldChange, RunOutcome, RunReport, RunStatus, UpdatedRows
from freesport_sync.core.shop import Entity, ImportType
from freesport_sync.database.own import runs, sessions
from freesport_sync.database.own.issue_names import name_issues
from freesport_sync.database.server.deadline import reply_deadline
from freesport_sync.database.server.engine import (
    Connection,
    DatabaseError,
    connect,
    transaction,
)
from freesport_sync.errors import Cancelled, ConnectionFailed, SyncError
from freesport_sync.runs.context import Job, Target
from freesport_sync.runs.heartbeat import RunJournal
from freesport_sync.tasks.shop_import.plan import import_type_of

log = logging.getLogger(__name__)


class RunRecord:
    """What the database and whoever watches are told of a run.

    Args:
        job: the import.
        side: the side connection, in autocommit.
        backend_id: PostgreSQL process that holds the lock.
    """

    def __init__(self, job: Job, side: Connection, backend_id: int) -> None:
        self._job = job
        self._side = side
        self._started = time.monotonic()
        self._files: tuple[ExportFile, ...] = ()
        with transaction(side):
            self._run = runs.open_run(side, job.request, import_type_of(job.request), backend_id)
        self._journal = RunJournal(side, self._run, job.cancel, job.texts.report_line, job.settings.history.max_issues)

    @property
    def run_id(self) -> int:
        return self._run.id

    def report(self, event: Event) -> None:
        """Pass an event on to the journal and to whoever watches."""
        self._journal(event)
        self._job.reporter(event)

    def open_sessions(self, connection: Connection, import_types: Sequence[ImportType]) -> Mapping[ImportType, int]:
        """Tell the shop what the plan has found to import: type -> session row; a dry run has none."""
        if self._job.request.is_dry_run:
            return {}
        with transaction(connection):
            return sessions.open_sessions(connection, self._run.id, import_types)

    def add_files(self, connection: Connection, files: tuple[ExportFile, ...]) -> None:
        """Remember which files the run reads."""
        self._files = files
        with transaction(connection):
            runs.add_files(connection, self._run.id, files)

    def complete(
        self, connection: Connection, counts: Mapping[str, Counts], updated: Mapping[str, UpdatedRows]
    ) -> None:
        """Write the outcome as the last statements of the merge transaction: after this only COMMIT can fail.

        Args:
            connection: the lock's connection, in its transaction.
            counts: what the transaction makes visible.
            updated: the shop's rows that it has updated.

        Raises:
            ConnectionFailed: the side connection was lost meanwhile.
        """
        self._journal.stop()
        name_issues(connection, self._run.id)
        runs.note_merge(connection, self._run, self._job.request.is_undoable)
        self._close(connection, RunStatus.COMPLETED, counts, updated)

    def complete_without_writing(
        self, connection: Connection, counts: Mapping[str, Counts], changes: tuple[FieldChange, ...]
    ) -> None:
        """Write the outcome of a run that leaves the shop alone; the connection is the lock's, in no transaction."""
        self._journal.stop()
        name_issues(connection, self._run.id)
        with transaction(self._side):
            runs.add_field_changes(self._side, self._run.id, changes)
            self._close(self._side, RunStatus.COMPLETED, counts)

    def fail(self, connection: Connection, failure: SyncError) -> RunStatus | None:
        """Close both rows; on a new connection where the side connection was lost with the run.

        Args:
            connection: the lock's connection, after ROLLBACK; may be lost too.
            failure: the reason.

        Returns:
            How the run's row stands now, None where the database does not say. COMMIT may have been done although the
            connection broke: then the row is completed, and stays it.
        """
        try:
            self._journal.stop()
            self._name_issues_of_failed(connection, failure)
            return self._closed_as(self._side, failure)
        except (SyncError, DatabaseError):
            try:
                with connected(self._job.target, "freesport_sync side") as fresh:
                    return self._closed_as(fresh, failure)
            except (SyncError, DatabaseError) as error:
                cause = error if isinstance(error, SyncError) else None
                log_entry(log, logging.WARNING, "run_left_open", cause=cause, run_id=self._run.id)
                return None

    def run_report(self, status: RunStatus, counts: Mapping[str, Counts]) -> RunReport:
        """The result, for the window, the terminal and scripts."""
        return RunReport(
            run_id=self._run.id,
            kind=self._job.request.kind,
            status=status,
            is_dry_run=self._job.request.is_dry_run,
            started_at=self._run.started_at,
            duration_s=time.monotonic() - self._started,
            counts=dict(counts),
            issue_totals=self._journal.issue_totals,
            files=self._files,
            undone_id=self._job.request.undone_id,
        )

    def _name_issues_of_failed(self, connection: Connection, failure: SyncError) -> None:
        if isinstance(failure, Cancelled | ConnectionFailed):
            return  # somebody is waiting for the end, or there is no connection to do it with
        try:
            with reply_deadline(connection):
                name_issues(connection, self._run.id)
        except DatabaseError as error:
            log.debug("issues of run %s stay without names: %s", self._run.id, error)

    def _closed_as(self, side: Connection, failure: SyncError) -> RunStatus:
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
        outcome = RunOutcome(status, counts, updated or {}, self._journal.issue_totals, error)
        texts = self._job.texts
        runs.close_run(connection, self._run, outcome, texts.outcome(status), texts.error(error) if error else "")


@contextmanager
def connected(target: Target, application_name: str) -> Iterator[Connection]:
    """A connection of its own, closed at the end."""
    connection = connect(target.url, application_name)
    try:
        yield connection
    finally:
        connection.close()


def status_of(failure: SyncError) -> RunStatus:
    """How a run that ended with this error stands."""
    return RunStatus.CANCELLED if isinstance(failure, Cancelled) else RunStatus.FAILED
