"""The one orchestration path of an import: lock, plan, stage, merge, report."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from freesport_sync.commerceml.archive import opened_export
from freesport_sync.commerceml.messages import ParseContext
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.price_types import plan_price_types
from freesport_sync.core.progress import Event, ExportFound, IssuesFound, Reporter, RunFinished, RunStarted, StageMeter
from freesport_sync.core.run import Counts, Entity, RunReport, RunRequest, RunStatus, Stage
from freesport_sync.database import reference_tables, runs
from freesport_sync.database.engine import (
    Connection,
    DatabaseError,
    Url,
    as_sync_error,
    connect,
    driver_connection,
    transaction,
    translated_errors,
)
from freesport_sync.database.history import last_imported
from freesport_sync.database.interrupt import interruptible
from freesport_sync.database.lock import take_lock
from freesport_sync.database.own_schema import prepare_own_schema
from freesport_sync.database.shop import has_products, prepare_shop
from freesport_sync.errors import Cancelled, ConnectionFailed, SyncError
from freesport_sync.pipeline import guards
from freesport_sync.pipeline.journal import RunJournal
from freesport_sync.pipeline.merge import Merger, MergeResult
from freesport_sync.pipeline.plan import Plan, import_types_of, make_plan
from freesport_sync.pipeline.stage import StagedExport, stage_export
from freesport_sync.pipeline.workers import WorkerPool
from freesport_sync.settings.model import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """The database that a run writes into.

    Args:
        url: with the password.
        label: `user@host/database`, for people.
        may_create_tables: create the shop's tables where they are missing.
    """

    url: Url
    label: str
    may_create_tables: bool


@dataclass(frozen=True, slots=True)
class ShopTexts:
    """What a run writes into the shop's tables for people to read.

    Args:
        hidden_category: name of the category for products of unknown groups.
        interrupted: why a dead run of ours was closed.
        stale: why a dead run of another importer was closed.
        report_line: line of the session's report for an event; the second argument is the percentage.
        error: one sentence and the code.
        outcome: last line of the session's report.
    """

    hidden_category: str
    interrupted: str
    stale: str
    report_line: Callable[[Event, int], str]
    error: Callable[[SyncError], str]
    outcome: Callable[[RunStatus], str]


def run_import(
    request: RunRequest,
    target: Target,
    settings: Settings,
    work_dir: Path,
    texts: ShopTexts,
    reporter: Reporter,
    cancel: CancelToken,
) -> RunReport:
    """Import an export into the shop.

    Everything is read and staged before the first row of the shop is written; what is written becomes visible with one
    COMMIT, or not at all.

    Args:
        request: what to import.
        target: where to.
        settings: the rules.
        work_dir: folder for unpacked archives.
        texts: for the shop's session rows.
        reporter: receives the events of the run.
        cancel: stops the run.

    Raises:
        SyncError: the run was refused, failed or was cancelled; nothing was written to the shop's goods.
    """
    import_types_of(request)  # a request that contradicts itself is refused before anything is touched
    with translated_errors(), WorkerPool() as pool, _connected(target, "freesport_sync") as lock_connection:
        with interruptible(lock_connection, cancel):
            _prepare(lock_connection, request, target, texts)
        with _connected(target, "freesport_sync side") as side_connection:
            import_run = _ImportRun(request, target, settings, work_dir, texts, reporter, cancel)
            return import_run.execute(lock_connection, side_connection, pool)


def _prepare(connection: Connection, request: RunRequest, target: Target, texts: ShopTexts) -> None:
    take_lock(connection)
    prepare_shop(connection, target.may_create_tables)
    prepare_own_schema(connection)
    if not request.is_dry_run:
        with transaction(connection):
            runs.close_stale_sessions(connection, texts.interrupted, texts.stale)
    else:
        runs.refuse_foreign_session(connection)
    runs.close_interrupted_runs(connection)


class _ImportRun:
    """One run from its first row in the history to its last."""

    def __init__(
        self,
        request: RunRequest,
        target: Target,
        settings: Settings,
        work_dir: Path,
        texts: ShopTexts,
        reporter: Reporter,
        cancel: CancelToken,
    ) -> None:
        self._request = request
        self._target = target
        self._settings = settings
        self._work_dir = work_dir
        self._texts = texts
        self._reporter = reporter
        self._cancel = cancel
        self._started = time.monotonic()
        self._plan = Plan((), ())
        self._merged: MergeResult | None = None
        """What COMMIT, once sent, will have made visible."""

    def execute(self, lock: Connection, side: Connection, pool: WorkerPool) -> RunReport:
        with transaction(side):
            backend_id = driver_connection(lock).info.backend_pid
            run = runs.open_run(side, self._request, import_types_of(self._request), backend_id)
        journal = RunJournal(side, run, self._cancel, self._texts.report_line)

        def report(event: Event) -> None:
            journal(event)
            self._reporter(event)

        try:
            report(RunStarted(run.id, self._request.operator, self._target.label, self._request.is_dry_run))
            with interruptible(lock, self._cancel):
                result = self._import(lock, side, pool, run, journal, report)
        except BaseException as error:
            failure = self._failure(error)
            self._cancel.is_winding_up = True
            status = self._close_failed(side, run, journal, failure)
            self._cancel.is_winding_up = False
            if self._merged is None or status is not RunStatus.COMPLETED:
                if self._merged is not None and status is None:
                    failure = ConnectionFailed("outcome_unknown", run_id=run.id)
                self._reporter(RunFinished(self._run_report(run, _outcome(failure), {}, journal)))
                raise failure from error
            result = self._merged  # only the answer to COMMIT was lost
        finished = self._run_report(run, RunStatus.COMPLETED, result.counts, journal)
        self._reporter(RunFinished(finished))
        return finished

    def _import(
        self,
        lock: Connection,
        side: Connection,
        pool: WorkerPool,
        run: runs.OpenRun,
        journal: RunJournal,
        report: Reporter,
    ) -> MergeResult:
        meter = StageMeter(report, Stage.PLAN, 1, time.monotonic)
        with opened_export(self._request.data_dir, self._work_dir) as folder:
            self._plan = make_plan(self._request, folder)
            meter.finish()
            self._tell_plan(report)
            with transaction(lock):
                runs.add_files(lock, run.id, self._plan.export_files)
            guards.refuse_full_without_files(self._plan, self._request)
            guards.refuse_missing_catalog(self._plan, has_products(lock))
            guards.refuse_older_export(self._plan, last_imported(lock), self._request)
            staged = stage_export(
                self._plan, pool, lock, lambda books: self._context(lock, books), report, self._cancel
            )

        def complete(result: MergeResult) -> None:
            """The last statements of the transaction: after this only COMMIT can fail."""
            self._cancel.close()
            journal.stop()
            self._merged = result
            self._close(lock, run, RunStatus.COMPLETED, result.counts, journal, None)

        merger = Merger(
            lock, self._plan, staged, self._request, self._settings, self._texts.hidden_category, report, self._cancel
        )
        result = merger.run(complete)
        if self._request.is_dry_run:
            journal.stop()
            with transaction(side):
                runs.add_field_changes(side, run.id, result.changes)
                self._close(side, run, RunStatus.COMPLETED, result.counts, journal, None)
        return result

    def _context(self, connection: Connection, staged: StagedExport) -> ParseContext:
        price_types, marked = reference_tables.read_price_types(connection)
        columns = plan_price_types(staged.price_types, price_types, marked, self._plan.names).columns
        return ParseContext(columns, reference_tables.read_colors(connection), self._request.chunk_size)

    def _tell_plan(self, report: Reporter) -> None:
        created_at = max(self._plan.newest.values(), default=None)
        # 1C writes its local time without a zone; the workstation is taken to be in the same zone.
        age_s = (datetime.now() - created_at).total_seconds() if created_at else None
        report(ExportFound(len(self._plan.files), self._plan.size_bytes, created_at, age_s, self._plan.skipped))
        if self._plan.leftovers:
            report(IssuesFound(self._plan.leftovers))

    def _failure(self, error: BaseException) -> SyncError:
        """The error that the operator is told: the reason of a cancel or abort goes before what it broke."""
        try:
            self._cancel.check()
        except SyncError as reason:
            return reason
        return as_sync_error(error)

    def _close_failed(
        self, side: Connection, run: runs.OpenRun, journal: RunJournal, failure: SyncError
    ) -> RunStatus | None:
        """Close both rows; on a new connection where the side connection was lost with the run.

        Returns:
            How the run's row stands now, None where the database does not say. COMMIT may have been done although the
            connection broke: then the row is completed, and stays it.
        """
        try:
            journal.stop()
            return self._closed_as(side, run, journal, failure)
        except (SyncError, DatabaseError):
            try:
                with _connected(self._target, "freesport_sync side") as fresh:
                    return self._closed_as(fresh, run, journal, failure)
            except (SyncError, DatabaseError) as error:
                log.warning("run %s stays open until the next run closes it: %s", run.id, error)
                return None

    def _closed_as(self, side: Connection, run: runs.OpenRun, journal: RunJournal, failure: SyncError) -> RunStatus:
        with transaction(side):
            self._close(side, run, _outcome(failure), {}, journal, failure)
        return runs.status_of(side, run)

    def _close(
        self,
        connection: Connection,
        run: runs.OpenRun,
        status: RunStatus,
        counts: Mapping[Entity, Counts],
        journal: RunJournal,
        error: SyncError | None,
    ) -> None:
        message = self._texts.error(error) if error else ""
        runs.close_run(
            connection, run, status, counts, journal.issue_totals, self._texts.outcome(status), error, message
        )

    def _run_report(
        self, run: runs.OpenRun, status: RunStatus, counts: Mapping[Entity, Counts], journal: RunJournal
    ) -> RunReport:
        return RunReport(
            run_id=run.id,
            kind=self._request.kind,
            status=status,
            is_dry_run=self._request.is_dry_run,
            started_at=run.started_at,
            duration_s=time.monotonic() - self._started,
            counts=dict(counts),
            issue_totals=journal.issue_totals,
            files=self._plan.export_files,
        )


@contextmanager
def _connected(target: Target, application_name: str) -> Iterator[Connection]:
    connection = connect(target.url, application_name)
    try:
        yield connection
    finally:
        connection.close()


def _outcome(failure: SyncError) -> RunStatus:
    return RunStatus.CANCELLED if isinstance(failure, Cancelled) else RunStatus.FAILED
