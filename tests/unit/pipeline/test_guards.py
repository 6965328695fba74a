"""Guards stop a run before it writes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

import pytest

from freesport_sync.commerceml.discovery import FileKind
from freesport_sync.core.run import Counts, Entity, RunRequest, Trigger
from freesport_sync.database.merge import LargeChange
from freesport_sync.errors import ImportFailed
from freesport_sync.pipeline import guards
from freesport_sync.pipeline.plan import Plan
from tests.unit.pipeline.test_plan import source

REQUEST = RunRequest()


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
        guards.refuse_fruitless({}, RunRequest())
    guards.refuse_fruitless({}, RunRequest(trigger=Trigger.ONEC))  # a portion in which nothing is new
    with refused("all_rows_failed"):
        guards.refuse_fruitless({Entity.PRODUCT: Counts(failed=2), Entity.STOCK: Counts(skipped=5)}, RunRequest())
    guards.refuse_fruitless({Entity.PRODUCT: Counts(failed=2), Entity.STOCK: Counts(unchanged=1)}, RunRequest())
