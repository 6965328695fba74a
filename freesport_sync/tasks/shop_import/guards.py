"""Checks that stop a run before it writes, because a live shop is on the other side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.run import Counts
from freesport_sync.database.merge.merge import LargeChange
from freesport_sync.errors import ImportFailed, SourceMissing
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.sources.commerceml.import_order import changed_at
from freesport_sync.tasks.shop_import.plan import Plan
from freesport_sync.tasks.shop_import.request import ShopImport

_UNSEEN = ("too_deep", "archive_inside", "symlink_broken")

CLOCK_TOLERANCE = timedelta(days=1)
"""How far clocks and zones of 1C's server and of this computer may be apart."""


def refuse_older_export(plan: Plan, imported: Mapping[str, datetime], request: ShopImport) -> None:
    """An export older than the last one imported of that kind would bring back old prices and stocks (GUARD-1).

    An unreadable date does not count as newer. Files without a date are judged by their modification time, which cannot
    be earlier than the export: an early one refuses them; a late one has to do, because some systems write no dates.

    Args:
        plan: what is to be imported.
        imported: file kind -> newest `ДатаФормирования` that was imported.
        request: `allow_older` accepts it.

    Raises:
        ImportFailed: the export is older, or its age is unknown.
    """
    if request.allow_older:
        return
    for kind, files in _by_kind(plan):
        last = imported.get(kind.value)
        if last is None:
            continue
        details = {"kind": kind.value, "imported": last.isoformat(sep=" ")}
        for file in files:
            if file.unread_date:
                raise ImportFailed("export_date_unreadable", file=file.name, written=file.unread_date[:100], **details)
        created_at = plan.newest.get(kind)
        if created_at is not None and created_at < last:
            raise ImportFailed("export_older", created_at=created_at.isoformat(sep=" "), **details)
        changed = [changed_at(file) for file in files]
        known = [moment for moment in changed if moment is not None]
        if created_at is None and len(known) == len(changed) and max(known) + CLOCK_TOLERANCE < last:
            modified = max(known).isoformat(sep=" ", timespec="seconds")
            raise ImportFailed("export_undated_older", file=files[0].name, modified=modified, **details)


def doubtful_dates(plan: Plan, imported: Mapping[str, datetime], now: datetime) -> tuple[RowIssue, ...]:
    """Issues for files whose date is missing, unreadable or implausible (DATE-2, DATE-4).

    Args:
        plan: what is to be imported.
        imported: as in `refuse_older_export`.
        now: this computer's local time.
    """
    issues: list[RowIssue] = []
    never_dated: list[SourceFile] = []
    for kind, files in _by_kind(plan):
        undated = [file for file in files if file.created_at is None and not file.unread_date]
        issues += [_date_issue("file_date_unreadable", file, file.unread_date) for file in files if file.unread_date]
        issues += [
            _date_issue("file_date_in_future", file, f"{file.created_at:%d.%m.%Y %H:%M}")
            for file in files
            if file.created_at is not None and file.created_at - now > CLOCK_TOLERANCE
        ]
        if undated and (kind.value in imported or len(undated) < len(files)):
            issues.append(_date_issue("file_date_missing", undated[0], str(len(undated))))
        else:
            never_dated += undated
    if never_dated:  # a system that writes none
        issues.append(_date_issue("file_date_none", never_dated[0], str(len(never_dated)), Severity.NOTE))
    return tuple(issues)


def _date_issue(code: str, file: SourceFile, value: str, severity: Severity = Severity.WARNING) -> RowIssue:
    return RowIssue(severity, code, file.name, field="ДатаФормирования", value=value[:SHOWN_LENGTH])


def _by_kind(plan: Plan) -> list[tuple[FileKind, list[SourceFile]]]:
    by_kind: defaultdict[FileKind, list[SourceFile]] = defaultdict(list)
    for file in plan.files:
        by_kind[file.kind].append(file)
    return sorted(by_kind.items())


def refuse_missing_catalog(plan: Plan, shop_has_products: bool) -> None:
    """Prices, stocks, offers and pictures need products to belong to (GUARD-7).

    Raises:
        ImportFailed: neither the shop nor the export has any.
    """
    needs_products = {FileKind.GOODS, FileKind.OFFERS, FileKind.PRICES, FileKind.RESTS}
    has_any = any(plan.wants_records_of(kind) for kind in plan.kinds & needs_products)
    if not shop_has_products and FileKind.GOODS not in plan.imported_kinds and has_any:
        raise ImportFailed("catalog_missing")


def refuse_full_without_files(plan: Plan, request: ShopImport) -> None:
    """`--full` hides what the export lacks, so the export must contain the files it is judged by (ABSENT-3).

    Raises:
        ImportFailed: no groups, goods or offers are imported.
    """
    if request.is_full and not plan.imported_kinds & {FileKind.GROUPS, FileKind.GOODS, FileKind.OFFERS}:
        raise ImportFailed("full_needs_files")


def unjudged(plan: Plan, records: Mapping[FileKind, int], request: ShopImport) -> tuple[RowIssue, ...]:
    """What `--full` could not judge, because the export has no records of its kind (ABSENT-3).

    Args:
        plan: the files.
        records: how many were read of each kind by which `--full` judges.
        request: of the run.
    """
    if not request.is_full:
        return ()
    missing = (kind for kind, count in records.items() if kind in plan.wanted and not count)
    return tuple(RowIssue(Severity.NOTE, f"full_without_{kind.value}") for kind in missing)


def refuse_full_unseen(left_out: Iterable[tuple[str, str]], request: ShopImport) -> None:
    """`--full` hides what the export lacks, which is unknown if parts of it were not read (ABSENT-4).

    Args:
        left_out: path and reason code, as in `Plan.skipped`.
        request: of the run.

    Raises:
        SourceMissing: some parts were not read.
    """
    unseen = [path for path, reason in left_out if reason in _UNSEEN]
    if request.is_full and unseen:
        raise SourceMissing(
            "full_files_unseen", files=", ".join(map(replace_surrogates, unseen[:5])), count=len(unseen)
        )


def refuse_large_change(
    changes: Iterable[LargeChange], percent: int, request: ShopImport, *, leaves_nothing: bool
) -> None:
    """A change to a large part of the shop is more likely a broken export than intended (GUARD-2).

    Args:
        changes: what the run would change.
        percent: how much of the visible products or variants may change; `accept_large_change` accepts more.
        request: of the run.
        leaves_nothing: nothing would stay visible to buyers, which no percentage allows.

    Raises:
        ImportFailed: with the counts, unless the operator has accepted the change.
    """
    if request.accept_large_change:
        return
    changes = list(changes)
    if leaves_nothing or any(100 * change.affected > percent * change.existing for change in changes):
        numbers = {change.change: f"{change.affected}/{change.existing}" for change in changes}
        raise ImportFailed("large_change", percent=percent, **numbers)


def refuse_no_effect(counts: Mapping[str, Counts], request: ShopImport) -> None:
    """A run that imports nothing has failed, whatever the reason (GUARD-6).

    Args:
        counts: by entity.
        request: `accept_no_records` accepts files without records.

    Raises:
        ImportFailed: the files had no records, or not one of them could be imported.
    """
    total = sum(count.total for count in counts.values())
    if total == 0 and request.accept_no_records:
        return
    if total == 0:
        raise ImportFailed("no_records")
    if all(count.accepted == 0 for count in counts.values()):
        raise ImportFailed("all_rows_failed", records=total)
