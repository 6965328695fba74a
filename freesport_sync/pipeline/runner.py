"""The one orchestration path of an import: lock, plan, stage, merge, report."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from freesport_sync.commerceml.archive import opened_export
from freesport_sync.commerceml.messages import ParseContext
from freesport_sync.commerceml.picture_files import PictureFolders
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.price_types import plan_price_types
from freesport_sync.core.progress import ExportFound, IssuesFound, RunFinished, RunStarted, StageMeter
from freesport_sync.core.run import ImportType, RunReport, RunStatus, Stage
from freesport_sync.database import reference_tables, runs, sessions
from freesport_sync.database.engine import Connection, as_sync_error, driver_connection, transaction, translated_errors
from freesport_sync.database.history import last_imported
from freesport_sync.database.interrupt import interruptible
from freesport_sync.database.lock import take_lock
from freesport_sync.database.own_schema import prepare_own_schema
from freesport_sync.database.shop import has_products, prepare_shop, require_customer_tables
from freesport_sync.errors import ConnectionFailed, SyncError
from freesport_sync.pipeline import guards
from freesport_sync.pipeline.job import ImportJob
from freesport_sync.pipeline.media_root import MediaRoot
from freesport_sync.pipeline.merge import Merger, MergeResult
from freesport_sync.pipeline.pictures import PictureDelivery, PictureOutcome, open_media_root
from freesport_sync.pipeline.plan import Plan, make_plan, refuse_contradiction, wants_pictures
from freesport_sync.pipeline.record import RunRecord, connected, status_of
from freesport_sync.pipeline.stage import StagedExport, stage_export
from freesport_sync.pipeline.workers import WorkerPool


def run_import(job: ImportJob, pool: WorkerPool) -> RunReport:
    """Import an export into the shop.

    Everything is read and staged before the first row of the shop is written; what is written becomes visible with one
    COMMIT, or not at all.

    Args:
        job: the import.
        pool: workers that read the files.

    Raises:
        SyncError: the run was refused, failed or was cancelled; nothing was written to the shop's goods.
    """
    refuse_contradiction(job.request)
    media = open_media_root(job)
    with translated_errors(), connected(job.target, "freesport_sync") as lock:
        with interruptible(lock, job.cancel):
            _prepare(lock, job)
        with connected(job.target, "freesport_sync side") as side:
            return _ImportRun(job, lock, side, pool, media).execute()


def _prepare(connection: Connection, job: ImportJob) -> None:
    take_lock(connection)
    prepare_shop(connection, job.target.may_create_tables)
    prepare_own_schema(connection)
    sessions.refuse_foreign_session(connection)
    if not job.request.is_dry_run:
        with transaction(connection):
            sessions.close_stale_sessions(connection, job.texts.interrupted, job.texts.stale)
    runs.close_interrupted_runs(connection)
    runs.forget_old_runs(connection, job.settings.history.retention_days)


class _ImportRun:
    """The steps of one run, which holds the lock.

    Args:
        job: the import.
        lock: the lock's connection.
        side: the side connection.
        pool: running workers.
        media: where pictures go; None: nowhere.
    """

    def __init__(
        self, job: ImportJob, lock: Connection, side: Connection, pool: WorkerPool, media: MediaRoot | None
    ) -> None:
        self._job = job
        self._lock = lock
        self._pool = pool
        self._media = media
        self._record = RunRecord(job, side, driver_connection(lock).info.backend_pid)
        self._report = self._record.report
        self._merged: MergeResult | None = None
        """What COMMIT, once sent, will have made visible."""

    def execute(self) -> RunReport:
        job, record = self._job, self._record
        try:
            self._report(RunStarted(record.run_id, job.request.operator, job.target.label, job.request.is_dry_run))
            with interruptible(self._lock, job.cancel):
                result = self._import()
        except BaseException as error:
            result = self._failed(error)
        finished = record.run_report(RunStatus.COMPLETED, result.counts)
        job.reporter(RunFinished(finished))
        return finished

    def _import(self) -> MergeResult:
        job = self._job
        meter = StageMeter(self._report, Stage.PLAN, 1, time.monotonic)
        with self._opened_source() as source:
            plan = make_plan(job.request, source)
            meter.finish()
            self._tell(plan)
            self._record.add_files(self._lock, plan.export_files)
            sessions = self._record.open_sessions(self._lock, plan.import_types)
            self._guard(plan)
            staged = stage_export(
                plan, self._pool, self._lock, lambda books: self._context(plan, books), self._report, job.cancel
            )
            pictures = self._deliver_pictures(plan, staged, source)
        customers_session = sessions.get(ImportType.CUSTOMERS)
        merger = Merger(self._lock, plan, staged, pictures, job, self._report, customers_session)
        result = merger.run(self._complete)
        if job.request.is_dry_run:
            self._record.complete_dry(self._lock, result.counts, result.changes)
        return result

    def _opened_source(self) -> AbstractContextManager[Path]:
        request = self._job.request
        if request.file is not None:
            return nullcontext(request.file)
        with_pictures = self._media is not None
        return opened_export(request.data_dir, self._job.work_dir, self._job.cancel.check, with_pictures)

    def _deliver_pictures(self, plan: Plan, staged: StagedExport, folder: Path) -> PictureOutcome:
        if not staged.rows["stg_picture"]:
            return PictureOutcome()
        if self._media is None:
            self._report(IssuesFound((RowIssue(Severity.NOTE, "pictures_no_media_root", field="Картинка"),)))
            return PictureOutcome()
        data_dir = self._job.request.data_dir
        folders = PictureFolders(folder, *([data_dir] if data_dir.is_dir() else []))
        return PictureDelivery(self._lock, folders, self._media, plan.names, self._job, self._report).run()

    def _guard(self, plan: Plan) -> None:
        if plan.has_customers:
            require_customer_tables(self._lock)
        guards.refuse_full_without_files(plan, self._job.request)
        guards.refuse_missing_catalog(plan, has_products(self._lock))
        guards.refuse_older_export(plan, last_imported(self._lock), self._job.request)

    def _complete(self, result: MergeResult) -> None:
        """The last step of the merge transaction."""
        self._job.cancel.close()
        self._merged = result
        self._record.complete(self._lock, result.counts, result.updated)

    def _failed(self, error: BaseException) -> MergeResult:
        """Close the run's rows and raise its error; returns only where no more than the answer to COMMIT was lost."""
        failure = self._failure(error)
        self._job.cancel.is_winding_up = True
        status = self._record.fail(self._lock, failure)
        self._job.cancel.is_winding_up = False
        if self._merged is not None and status is RunStatus.COMPLETED:
            return self._merged
        if self._merged is not None and status is None:
            failure = ConnectionFailed("outcome_unknown", run_id=self._record.run_id)
        self._job.reporter(RunFinished(self._record.run_report(status_of(failure), {})))
        raise failure from error

    def _failure(self, error: BaseException) -> SyncError:
        """The error that the operator is told: the reason of a cancel or abort goes before what it broke."""
        try:
            self._job.cancel.check()
        except SyncError as reason:
            return reason
        return as_sync_error(error)

    def _context(self, plan: Plan, staged: StagedExport) -> ParseContext:
        price_types, marked = reference_tables.read_price_types(self._lock)
        columns = plan_price_types(staged.price_types, price_types, marked, plan.names).columns
        colors = reference_tables.read_colors(self._lock)
        request = self._job.request
        return ParseContext(columns, colors, plan.wanted, request.chunk_size, wants_pictures(request))

    def _tell(self, plan: Plan) -> None:
        created_at = max(plan.newest.values(), default=None)
        # 1C writes its local time without a zone; the workstation is taken to be in the same zone.
        age_s = (datetime.now() - created_at).total_seconds() if created_at else None
        self._report(ExportFound(len(plan.files), plan.size_bytes, created_at, age_s, plan.skipped))
        if plan.leftovers:
            self._report(IssuesFound(plan.leftovers))
