"""An import, from its files to its COMMIT: plan, back up, stage, merge."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from freesport_sync.core.events import ExportFound, IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportKind, ImportType, Stage
from freesport_sync.database.merge import attributes, reference_data
from freesport_sync.database.own.earlier_runs import last_imported
from freesport_sync.database.shop.verify import has_products, require_customer_tables
from freesport_sync.rules.catalog.attributes import known_properties
from freesport_sync.rules.catalog.brands import brand_properties
from freesport_sync.rules.catalog.pictures import PICTURE_FIELD
from freesport_sync.rules.catalog.price_types import plan_price_types
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.sources.commerceml.archive import opened_export
from freesport_sync.sources.commerceml.export import SkippedFile
from freesport_sync.sources.commerceml.parse_messages import ParseContext
from freesport_sync.sources.commerceml.picture_files import PictureFolders
from freesport_sync.sources.commerceml.workers import WorkerPool
from freesport_sync.tasks.backup.making import back_up_before_import
from freesport_sync.tasks.shop_import import guards
from freesport_sync.tasks.shop_import.media_root import Media
from freesport_sync.tasks.shop_import.merge import Merger
from freesport_sync.tasks.shop_import.pictures import PictureDelivery, PictureOutcome, open_media_root
from freesport_sync.tasks.shop_import.plan import (
    Plan,
    import_type_of,
    left_out_issues,
    make_plan,
    wants_pictures,
)
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.source import ImportSource, opened_source
from freesport_sync.tasks.shop_import.stage import StagedExport, stage_export
from freesport_sync.tasks.shop_sessions import ShopSessions


def run_import(context: RunContext, request: ShopImport) -> RunReport:
    """Import an export into the shop.

    Everything is read and staged before the first row of the shop is written; what is written becomes visible with one
    COMMIT, or not at all.

    Args:
        context: of the run.
        request: what to import.

    Raises:
        SyncError: the run was refused, failed or was cancelled; nothing was written to the shop's goods.
    """
    with context.open_workers() as pool, opened_source(context, request) as source:
        context, request = replace(context, reporter=source.reporter), source.request
        media = open_media_root(context, request, source.host)
        sessions = ShopSessions(context, import_type_of(request))
        return run_locked(context, request, lambda run: _Import(run, source, sessions, pool, media).run(), sessions)


class _Import:
    """The steps of an import.

    Args:
        run: holds the lock.
        source: what to import.
        sessions: the shop's session rows.
        pool: running workers.
        media: where pictures go; None: nowhere.
    """

    def __init__(
        self, run: LockedRun, source: ImportSource, sessions: ShopSessions, pool: WorkerPool, media: Media | None
    ) -> None:
        self._run = run
        self._context = run.context
        self._request = source.request
        self._known_issues = source.issues
        self._sessions = sessions
        self._lock = run.connection
        self._report = run.report
        self._pool = pool
        self._media = media

    def run(self) -> RunResult:
        request = self._request
        meter = StageMeter(self._report, Stage.PLAN, 1, time.monotonic)
        left_out: list[SkippedFile] = []
        with self._opened_source(left_out.append) as source:
            plan = make_plan(request, source, left_out)
            meter.finish()
            self._report_found(plan)
            self._run.record.add_files(self._lock, plan.export_files)
            sessions = self._sessions.open_found(self._lock, plan.import_types)
            self._guard(plan)
            staged = stage_export(
                plan,
                self._pool,
                self._lock,
                lambda staged: self._parse_context(plan, staged),
                self._report,
                self._context.cancel,
                is_full=request.is_full,
            )
            back_up_before_import(self._run, request)  # not earlier: an unreadable export needs none
            pictures = self._deliver_pictures(plan, staged, source)
        customers_session = sessions.get(ImportType.CUSTOMERS)
        return Merger(self._run, request, plan, staged, pictures, customers_session).run()

    def _opened_source(self, leave_out: Callable[[SkippedFile], None]) -> AbstractContextManager[Path]:
        request, context = self._request, self._context
        if request.file is not None:
            return nullcontext(request.file)
        with_pictures = self._media is not None
        return opened_export(request.data_dir, context.folders.work, context.cancel.check, with_pictures, leave_out)

    def _deliver_pictures(self, plan: Plan, staged: StagedExport, folder: Path) -> PictureOutcome:
        if not staged.rows["stg_picture"]:
            return PictureOutcome()
        if self._media is None:
            self._report(IssuesFound((RowIssue(Severity.NOTE, "pictures_no_media_root", field=PICTURE_FIELD),)))
            return PictureOutcome()
        data_dir = self._request.data_dir
        folders = PictureFolders(folder, *([data_dir] if data_dir.is_dir() else []))
        only_pictures = self._request.kind is ImportKind.IMAGES
        return PictureDelivery(self._run, folders, self._media, plan.names, only_pictures).run()

    def _guard(self, plan: Plan) -> None:
        if plan.has_customers:
            require_customer_tables(self._lock)
        guards.refuse_full_without_files(plan, self._request)
        guards.refuse_full_unseen(plan.skipped, self._request)
        guards.refuse_missing_catalog(plan, has_products(self._lock))
        imported = last_imported(self._lock)
        if issues := guards.doubtful_dates(plan, imported, datetime.now()):
            self._report(IssuesFound(issues))
        guards.refuse_older_export(plan, imported, self._request)

    def _parse_context(self, plan: Plan, staged: StagedExport) -> ParseContext:
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
            wants_pictures=wants_pictures(self._request),
            chunk_size=self._request.chunk_size,
        )

    def _report_found(self, plan: Plan) -> None:
        created_at = max(plan.newest.values(), default=None)
        # 1C writes its local time without a zone; the workstation is taken to be in the same zone.
        age_s = (datetime.now() - created_at).total_seconds() if created_at else None
        self._report(ExportFound(len(plan.files), plan.size_bytes, created_at, age_s, plan.skipped))
        if issues := (*self._known_issues, *left_out_issues(plan.skipped), *plan.leftovers):
            self._report(IssuesFound(issues))
