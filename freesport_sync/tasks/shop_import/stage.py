"""Reads the export with worker processes and copies it into the staging tables."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import IssuesFound, Reporter
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.shop import Stage
from freesport_sync.core.staged import (
    ReferenceRow,
    RejectedCustomer,
    StagedAttribute,
    StagedBrand,
    StagedCategory,
    StagedCustomer,
    StagedPriceType,
    StagedWarehouse,
)
from freesport_sync.database.merge.staging import copy_block, create_staging, finish_staging
from freesport_sync.database.server.engine import Connection
from freesport_sync.errors import SourceMalformed
from freesport_sync.rules.catalog.pictures import PICTURE_FIELD
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.sources.commerceml.parse_messages import (
    Block,
    FileDone,
    FileFailed,
    IssueBlock,
    Message,
    ParseContext,
    ParseTask,
    ReferenceBlock,
)
from freesport_sync.sources.commerceml.workers import WorkerPool
from freesport_sync.tasks.shop_import.plan import Plan

MAX_REFERENCE_ROWS = 500_000
"""Rows of reference data together; they are kept in memory, and no shop has that many groups or brands."""


_OF_PICTURES = ("stg_picture", "stg_characteristic")
"""Staged by a run of pictures only: the pictures, and which goods are one product."""


@dataclass(slots=True)
class StagedExport:
    """What was read: reference data in memory, the rest in the staging tables."""

    categories: list[StagedCategory] = field(default_factory=list)
    brands: list[StagedBrand] = field(default_factory=list)
    attributes: list[StagedAttribute] = field(default_factory=list)
    price_types: list[StagedPriceType] = field(default_factory=list)
    warehouses: list[StagedWarehouse] = field(default_factory=list)
    customers: list[StagedCustomer] = field(default_factory=list)
    rejected_customers: list[RejectedCustomer] = field(default_factory=list)
    failed: Counter[FileKind] = field(default_factory=Counter)
    """1C's objects that could not be imported at all, by kind of file."""
    catalogues: list[tuple[int, int, str]] = field(default_factory=list)
    """Number of the file, position of the first record, `Ид` of the catalogue that begins there."""
    rows: Counter[str] = field(default_factory=Counter)
    """Rows by staging table, before repeated records were folded."""
    repeated: dict[str, int] = field(default_factory=dict)

    def add(self, rows: Sequence[ReferenceRow], file: str) -> None:
        """Take rows of reference data.

        Raises:
            SourceMalformed: there are more of them than any shop can have.
        """
        for row in rows:
            match row:
                case StagedCategory():
                    self.categories.append(row)
                case StagedBrand():
                    self.brands.append(row)
                case StagedAttribute():
                    self.attributes.append(row)
                case StagedPriceType():
                    self.price_types.append(row)
                case StagedWarehouse():
                    self.warehouses.append(row)
                case StagedCustomer():
                    self.customers.append(row)
                case RejectedCustomer():
                    self.rejected_customers.append(row)
        reference = len(self.categories) + len(self.brands) + len(self.price_types) + len(self.warehouses)
        reference += len(self.attributes)
        if reference + len(self.customers) + len(self.rejected_customers) > MAX_REFERENCE_ROWS:
            raise SourceMalformed("reference_book_too_large", file=file, limit=MAX_REFERENCE_ROWS)


def stage_export(
    plan: Plan,
    pool: WorkerPool,
    connection: Connection,
    make_context: Callable[[StagedExport], ParseContext],
    report: Reporter,
    cancel: CancelToken,
    *,
    is_full: bool,
) -> StagedExport:
    """Fill the staging tables.

    Reference data comes first, including that at the head of 2.x files: the columns of prices depend on the price
    types of the same export.

    Args:
        plan: the files.
        pool: running workers.
        connection: the lock's connection, in autocommit.
        make_context: what the workers must know, from the reference data read so far.
        report: receives progress in bytes of input, and row issues.
        cancel: checked at every block.
        is_full: what the export lacks will be hidden.

    Raises:
        SyncError: a file cannot be read, a worker died, or the run was cancelled.
    """
    pool.start_for(plan.size_bytes)
    create_staging(connection)
    staged = StagedExport()
    meter = _InputMeter(plan, report)
    reference = [file for file in plan.files if file.kind.is_reference_data]
    others = [file for file in plan.files if not file.kind.is_reference_data]
    heads = others if plan.wants_reference_data else []

    def read(files: Sequence[SourceFile], heads: Sequence[SourceFile]) -> None:
        context = make_context(staged)
        without_names = replace(context, property_names={})  # every task carries its own copy to a worker
        tasks = [ParseTask(file, context if file.kind is FileKind.OFFERS else without_names) for file in files]
        tasks += [ParseTask(file, without_names, is_head=True) for file in heads]
        for message in pool.read(tasks, cancel):
            cancel.check()
            _take(message, staged, plan, connection, report, meter)

    read(reference, heads)
    read([file for file in others if plan.wants_records_of(file.kind)], [])
    staged.repeated = finish_staging(
        connection,
        plan.offer_packages,
        staged.catalogues,
        imports_variants=FileKind.OFFERS in plan.wanted and not plan.only_pictures,
        is_full=is_full and staged.rows["stg_offer"] > 0,
    )
    meter.finish()
    return staged


def _take(
    message: Message, staged: StagedExport, plan: Plan, connection: Connection, report: Reporter, meter: _InputMeter
) -> None:
    match message:
        case Block():
            if not plan.only_pictures or message.table in _OF_PICTURES:
                copy_block(connection, message.table, message.data)
            staged.rows[message.table] += message.rows
            meter.read(message.file_no, message.bytes_read)
        case ReferenceBlock():
            staged.add(message.rows, plan.names[message.file_no])
            meter.read(message.file_no, message.bytes_read)
        case IssueBlock():
            if issues := _relevant(message.issues, plan):
                report(IssuesFound(issues))
            meter.read(message.file_no, message.bytes_read)
        case FileDone():
            staged.catalogues += [(message.file_no, *catalogue) for catalogue in message.catalogues]
            staged.failed[meter.file(message.file_no).kind] += message.failed
            meter.read(message.file_no, message.bytes_read)
        case FileFailed():
            raise message.error


def _relevant(issues: tuple[RowIssue, ...], plan: Plan) -> tuple[RowIssue, ...]:
    """If only pictures are imported, problems of other values do not matter."""
    if not plan.only_pictures:
        return issues
    return tuple(issue for issue in issues if issue.severity is Severity.ERROR or issue.field == PICTURE_FIELD)


class _InputMeter:
    """Progress in bytes read of all files, which is accurate whatever they contain."""

    def __init__(self, plan: Plan, report: Reporter) -> None:
        self._files = {file.file_no: file for file in plan.files}
        self._read: dict[int, int] = {}
        self._meter = StageMeter(report, Stage.STAGE, plan.size_bytes, time.monotonic)

    def file(self, file_no: int) -> SourceFile:
        return self._files[file_no]

    def read(self, file_no: int, bytes_read: int) -> None:
        self._read[file_no] = min(bytes_read, self._files[file_no].size_bytes)
        self._meter.advance(sum(self._read.values()))

    def finish(self) -> None:
        self._meter.finish()
