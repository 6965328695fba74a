"""An import, from its files to its COMMIT: plan, back up, stage, merge."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from freesport_sync.core.events import ExportFound, IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportType, Stage
from freesport_sync.database.merge import attributes, reference_data
from freesport_sync.database.own.history import last_imported
from freesport_sync.database.shop.verify import has_products, require_customer_tables
from freesport_sync.rules.catalog.attributes import known_properties
from freesport_sync.rules.catalog.brands import brand_properties
from freesport_sync.rules.catalog.pictures import PICTURE_FIELD
from freesport_sync.rules.catalog.price_types import plan_price_types
from freesport_sync.runs.context import Job
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.sources.commerceml.archive import opened_export
from freesport_sync.sources.commerceml.export import SkippedFile
from freesport_sync.sources.commerceml.parse_messages import ParseContext
from freesport_sync.sources.commerceml.picture_files import PictureFolders
from freesport_sync.tasks.backup import back_up_before_import
from freesport_sync.tasks.shop_import import guards
from freesport_sync.tasks.shop_import.media_root import Media
from freesport_sync.tasks.shop_import.merge import Merger
from freesport_sync.tasks.shop_import.pictures import PictureDelivery, PictureOutcome, open_media_root
from freesport_sync.tasks.shop_import.plan import (
    Plan,
    left_out_issues,
    make_plan,
    refuse_contradiction,
    wants_pictures,
)
from freesport_sync.tasks.shop_import.stage import StagedExport, stage_export
from freesport_sync.tasks.shop_import.workers import WorkerPool


def run_import(job: Job, pool: WorkerPool) -> RunReport:
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
    return run_locked(job, lambda run: _Import(run, pool, media).run())


class _Import:
    """The steps of an import.

    Args:
        run: holds the lock.
        pool: running workers.
        media: where pictures go; None: nowhere.
    """

    def __init__(self, run: LockedRun, pool: WorkerPool, media: Media | None) -> None:
        self._run = run
        self._job = run.job
        self._lock = run.connection
        self._report = run.report
        self._pool = pool
        self._media = media

    def run(self) -> RunResult:
        job, record = self._job, self._run.record
        meter = StageMeter(self._report, Stage.PLAN, 1, time.monotonic)
        left_out: list[SkippedFile] = []
        with self._opened_source(left_out.append) as source:
            plan = make_plan(job.request, source, left_out)
            meter.finish()
            self._tell(plan)
            record.add_files(self._lock, plan.export_files)
            sessions = record.open_sessions(self._lock, plan.import_types)
            self._guard(plan)
            staged = stage_export(
                plan,
                self._pool,
                self._lock,
                lambda staged: self._context(plan, staged),
                self._report,
                job.cancel,
                is_full=job.request.is_full,
            )
            back_up_before_import(self._run)  # not sooner: an export that cannot be read needs none
            pictures = self._deliver_pictures(plan, staged, source)
        customers_session = sessions.get(ImportType.CUSTOMERS)
        return Merger(self._run, plan, staged, pictures, customers_session).run()

    def _opened_source(self, leave_out: Callable[[SkippedFile], None]) -> AbstractContextManager[Path]:
        request = self._job.request
        if request.file is not None:
            return nullcontext(request.file)
        with_pictures = self._media is not None
        return opened_export(request.data_dir, self._job.work_dir, self._job.cancel.check, with_pictures, leave_out)

    def _deliver_pictures(self, plan: Plan, staged: StagedExport, folder: Path) -> PictureOutcome:
        if not staged.rows["stg_picture"]:
            return PictureOutcome()
        if self._media is None:
            self._report(IssuesFound((RowIssue(Severity.NOTE, "pictures_no_media_root", field=PICTURE_FIELD),)))
            return PictureOutcome()
        data_dir = self._job.request.data_dir
        folders = PictureFolders(folder, *([data_dir] if data_dir.is_dir() else []))
        return PictureDelivery(self._lock, folders, self._media, plan.names, self._job, self._report).run()

    def _guard(self, plan: Plan) -> None:
        if plan.has_customers:
            require_customer_tables(self._lock)
        guards.refuse_full_without_files(plan, self._job.request)
        guards.refuse_full_unseen(plan.skipped, self._job.request)
        guards.refuse_missing_catalog(plan, has_products(self._lock))
        imported = last_imported(self._lock)
        if issues := guards.doubtful_dates(plan, imported, datetime.now()):
            self._report(IssuesFound(issues))
        guards.refuse_older_export(plan, imported, self._job.request)

    def _context(self, plan: Plan, staged: StagedExport) -> ParseContext:
        price_types, marked = reference_data.read_price_types(self._lock)
        prices = plan_price_types(staged.price_types, price_types, marked, plan.names)
        properties = known_properties(staged.attributes, attributes.read_properties(self._lock))
        return ParseContext(
            price_columns=prices.columns,
            price_ranks=prices.ranks,
            currencies=prices.currencies,
            price_names=prices.names,
            colors=reference_data.read_colors(self._lock),
            property_names={key: one.name for key, one in properties.items()},
            brand_properties=brand_properties(properties),
            has_rests=plan.has_rests,
            wanted=plan.wanted,
            wants_pictures=wants_pictures(self._job.request),
            chunk_size=self._job.request.chunk_size,
        )

    def _tell(self, plan: Plan) -> None:
        created_at = max(plan.newest.values(), default=None)
        # 1C writes its local time without a zone; the workstation is taken to be in the same zone.
        age_s = (datetime.now() - created_at).total_seconds() if created_at else None
        self._report(ExportFound(len(plan.files), plan.size_bytes, created_at, age_s, plan.skipped))
        if issues := (*self._job.issues, *left_out_issues(plan.skipped), *plan.leftovers):
            self._report(IssuesFound(issues))
