"""Guards stop a run before it writes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

import pytest

from freesport_sync.core.run import Counts
from freesport_sync.core.shop import Entity
from freesport_sync.database.merge.merge import LargeChange
from freesport_sync.errors import ImportFailed, SourceMissing
from freesport_sync.sources.commerceml.export import FileKind, SourceFile
from freesport_sync.tasks.shop_import import guards
from freesport_sync.tasks.shop_import.plan import Plan
from freesport_sync.tasks.shop_import.request import ShopImport
from tests.unit.tasks.shop_import.test_plan import source

REQUEST = ShopImport()


def refused(code: str) -> AbstractContextManager[pytest.ExceptionInfo[ImportFailed]]:
    return pytest.raises(ImportFailed, match=code)


def plan_of(*kinds: FileKind, created_at: datetime | None = None) -> Plan:
    return Plan(tuple(source(kind, number, created_at) for number, kind in enumerate(kinds, 1)), ())


@pytest.mark.parametrize(("day", "outcome"), [(11, refused("export_older")), (12, nullcontext()), (13, nullcontext())])
def test_older_export(day: int, outcome: AbstractContextManager[object]) -> None:
    imported = {"rests": datetime(2025, 9, 12)}
    with outcome:
        guards.refuse_older_export(plan_of(FileKind.RESTS, created_at=datetime(2025, 9, day)), imported, REQUEST)


def test_older_export_is_judged_by_kind_and_may_be_allowed() -> None:
    imported = {"rests": datetime(2025, 9, 12)}
    older = plan_of(FileKind.RESTS, created_at=datetime(2025, 1, 1))
    guards.refuse_older_export(plan_of(FileKind.PRICES, created_at=datetime(2025, 1, 1)), imported, REQUEST)
    guards.refuse_older_export(older, imported, replace(REQUEST, allow_older=True))
    guards.refuse_older_export(plan_of(FileKind.RESTS), imported, REQUEST)


@pytest.mark.parametrize("reason", ["too_deep", "archive_inside", "symlink_broken"])
def test_full_needs_to_have_seen_everything(reason: str) -> None:
    full = replace(REQUEST, is_full=True)
    guards.refuse_full_unseen([("notes.xml", "unknown_name"), ("rests.xml", "not_in_this_run")], full)
    guards.refuse_full_unseen([("old", reason)], REQUEST)
    with pytest.raises(SourceMissing, match="full_files_unseen") as caught:
        guards.refuse_full_unseen([("old", reason), ("notes.xml", "unknown_name")], full)
    assert caught.value.params == {"files": "old", "count": 1}


LAST = {"rests": datetime(2025, 9, 12)}


def test_a_date_that_cannot_be_read_does_not_pass_for_a_newer_one() -> None:
    newer = source(FileKind.RESTS, 1, datetime(2025, 9, 13))
    odd = replace(source(FileKind.RESTS, 2), unread_date="вчера")
    with refused("export_date_unreadable") as caught:
        guards.refuse_older_export(Plan((newer, odd), ()), LAST, REQUEST)
    assert caught.value.params == {
        "file": odd.name,
        "written": "вчера",
        "kind": "rests",
        "imported": "2025-09-12 00:00:00",
    }
    guards.refuse_older_export(Plan((odd,), ()), LAST, replace(REQUEST, allow_older=True))
    guards.refuse_older_export(Plan((odd,), ()), {"goods": datetime(2025, 9, 12)}, REQUEST)  # the first of its kind


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ("2025-09-10T23:00:00", refused("export_undated_older")),
        ("2025-09-11T01:00:00", nullcontext()),  # within what zones and clocks may differ
        ("2025-09-13T00:00:00", nullcontext()),
        ("1980-01-01T00:00:00", nullcontext()),  # its time was lost by copying
    ],
)
def test_a_file_without_a_date_is_judged_by_its_last_change(
    changed: str, outcome: AbstractContextManager[object]
) -> None:
    moment = datetime.fromisoformat(changed).timestamp()
    file = replace(source(FileKind.RESTS), modified_ns=int(moment * 1e9))
    with outcome:
        guards.refuse_older_export(Plan((file,), ()), LAST, REQUEST)


def test_doubtful_dates_are_told() -> None:
    now = datetime(2025, 9, 20)
    undated, fine = source(FileKind.RESTS, 1), source(FileKind.RESTS, 2, datetime(2025, 9, 20, 23))
    odd = replace(source(FileKind.RESTS, 3), unread_date="вчера")
    future = source(FileKind.RESTS, 4, datetime(2025, 9, 22))

    def told(*files: SourceFile, imported: Mapping[str, datetime] = LAST) -> list[tuple[str, str, str]]:
        issues = guards.doubtful_dates(Plan(files, ()), imported, now)
        return [(issue.code, issue.file, issue.value) for issue in issues]

    assert told(fine) == []
    assert told(fine, odd, future) == [
        ("file_date_unreadable", odd.name, "вчера"),
        ("file_date_in_future", future.name, "22.09.2025 00:00"),
    ]
    assert told(undated) == [("file_date_missing", undated.name, "1")]
    assert told(undated, fine, imported={}) == [("file_date_missing", undated.name, "1")]
    assert told(undated, imported={}) == [("file_date_none", undated.name, "1")]  # 1C writes no dates


@pytest.mark.parametrize("percent", [20, 50])
def test_large_change_begins_above_what_the_settings_say(percent: int) -> None:
    guards.refuse_large_change([LargeChange("stocks_zeroed", percent, 100)], percent, REQUEST, leaves_nothing=False)
    with refused("large_change") as caught:
        change = LargeChange("stocks_zeroed", percent + 1, 100)
        guards.refuse_large_change([change], percent, REQUEST, leaves_nothing=False)
    assert caught.value.params == {"percent": percent, "stocks_zeroed": f"{percent + 1}/100"}


def test_large_change_may_be_accepted_and_needs_something_to_change() -> None:
    accepting = replace(REQUEST, accept_large_change=True)
    guards.refuse_large_change([LargeChange("stocks_zeroed", 9, 9)], 20, accepting, leaves_nothing=False)
    guards.refuse_large_change([LargeChange("stocks_zeroed", 0, 0)], 20, REQUEST, leaves_nothing=False)


def test_that_nothing_visible_is_left_is_asked_whatever_the_settings_say() -> None:
    last = [LargeChange("products_deactivated", 4, 4)]
    guards.refuse_large_change(last, 100, REQUEST, leaves_nothing=False)  # others come in their place
    with refused("large_change"):
        guards.refuse_large_change(last, 100, REQUEST, leaves_nothing=True)
    guards.refuse_large_change(last, 100, replace(REQUEST, accept_large_change=True), leaves_nothing=True)


def test_a_full_run_says_what_it_cannot_judge() -> None:
    full, narrowed = replace(REQUEST, is_full=True), Plan((), (), wanted=frozenset({FileKind.GOODS}))
    records = {FileKind.GROUPS: 0, FileKind.GOODS: 0, FileKind.OFFERS: 7}
    assert [issue.code for issue in guards.unjudged(plan_of(FileKind.OFFERS), records, full)] == [
        "full_without_groups",
        "full_without_goods",
    ]
    assert [issue.code for issue in guards.unjudged(narrowed, records, full)] == ["full_without_goods"]
    assert guards.unjudged(plan_of(FileKind.OFFERS), records, REQUEST) == ()


@pytest.mark.parametrize("kind", [FileKind.OFFERS, FileKind.PRICES, FileKind.RESTS])
def test_an_empty_shop_needs_the_catalogue_first(kind: FileKind) -> None:
    with refused("catalog_missing"):
        guards.refuse_missing_catalog(plan_of(kind), shop_has_products=False)
    guards.refuse_missing_catalog(plan_of(kind), shop_has_products=True)
    guards.refuse_missing_catalog(plan_of(kind, FileKind.GOODS), shop_has_products=False)


def test_full_needs_files_to_judge_by() -> None:
    full = replace(REQUEST, is_full=True)
    with refused("full_needs_files"):
        guards.refuse_full_without_files(plan_of(FileKind.PRICES, FileKind.RESTS), full)
    guards.refuse_full_without_files(plan_of(FileKind.OFFERS), full)
    guards.refuse_full_without_files(plan_of(FileKind.PRICES), REQUEST)


def test_a_run_that_imports_nothing_has_failed() -> None:
    with refused("no_records"):
        guards.refuse_no_effect({}, ShopImport())
    guards.refuse_no_effect({}, ShopImport(accept_no_records=True))  # a portion in which nothing is new
    with refused("all_rows_failed"):
        guards.refuse_no_effect({Entity.PRODUCT: Counts(failed=2), Entity.STOCK: Counts(skipped=5)}, ShopImport())
    guards.refuse_no_effect({Entity.PRODUCT: Counts(failed=2), Entity.STOCK: Counts(unchanged=1)}, ShopImport())
