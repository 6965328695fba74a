"""Products that an older version has given one time of creation: buyers find them all after a repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freesport_sync.core.checks import REPAIR_DUE
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity
from freesport_sync.database.preflight import check_database
from freesport_sync.database.undo import created_times
from freesport_sync.errors import Cancelled, ConfigError
from tests.builders import ExportBuilder, offer, prices, product
from tests.integration.support import NewExport, counts, row_versions, shop_rows
from tests.shop import Shop

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
OFFSETS = [0, 0, 0, 1, 1, 5, 5, 9, 9, 10, 10, 12, 40]
"""Microseconds, in order of id: groups that would run into one another, and times that are nobody else's."""
SPREAD = [0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 40]
CHANGED = 9

TIMES = "SELECT id, created_at FROM products ORDER BY id"
PAGE = "SELECT id FROM products ORDER BY created_at DESC LIMIT 4 OFFSET :skipped"
OTHER = "SELECT (to_jsonb(p) - 'created_at')::text FROM products AS p ORDER BY id"


def moments(offsets: Sequence[int]) -> list[tuple[int, datetime]]:
    return [(number, START + timedelta(microseconds=offset)) for number, offset in enumerate(offsets, 1)]


def set_times(shop: Shop, offsets: Sequence[int]) -> None:
    for number, moment in moments(offsets):
        shop.execute("UPDATE products SET created_at = :moment WHERE id = :id", id=number, moment=moment)


@pytest.fixture
def equal(shop: Shop, export: ExportBuilder) -> Shop:
    """A shop whose products share their times."""
    export.goods(*(product(f"p{number}") for number in range(len(OFFSETS))))
    export.offers(*(offer(f"p{number}#a") for number in range(len(OFFSETS))))
    shop.run(export.folder)
    set_times(shop, OFFSETS)
    return shop


def advice(shop: Shop) -> dict[str, object] | None:
    """What a check says of the times; it never says that an import cannot run."""
    (*found,) = (item for item in check_database(shop.url, "shop") if item.is_advice)
    assert all(item.is_ok and item.code == REPAIR_DUE for item in found)
    return found[0].params if found else None


def test_equal_times_become_distinct_and_the_order_stays(equal: Shop) -> None:
    before = equal.rows(OTHER)
    rest = {table: rows for table, rows in shop_rows(equal).items() if table != "products"}
    assert advice(equal) == {"rows": CHANGED}
    report = equal.repair()
    assert counts(report, Entity.PRODUCT) == (0, CHANGED, 0, 0, 0)
    assert equal.rows(TIMES) == moments(SPREAD)
    assert equal.rows(OTHER) == before
    assert {table: rows for table, rows in shop_rows(equal).items() if table != "products"} == rest
    pages = [number for skipped in range(0, 16, 4) for (number,) in equal.rows(PAGE, skipped=skipped)]
    assert pages == list(range(len(OFFSETS), 0, -1))
    assert advice(equal) is None
    assert equal.row("SELECT kind, status, is_undoable FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == (
        *("repair_created_at", "completed", False),
    )
    groups = "SELECT count(*), sum((SELECT count(*) FROM unnest(ids))) FROM freesport_sync.spread_times"
    assert equal.row(groups) == (6, 6)  # one range of ids for each of the equal times, however many rows


def test_a_second_repair_writes_nothing_and_says_so(equal: Shop) -> None:
    equal.repair()
    versions = row_versions(equal)
    report = equal.repair()
    assert (report.status, report.counts) == (RunStatus.COMPLETED, {})
    assert list(equal.issues()) == ["created_at_distinct"]
    assert row_versions(equal) == versions


def test_a_dry_run_says_the_same_and_writes_nothing(equal: Shop) -> None:
    before = row_versions(equal)
    tried = equal.repair(is_dry_run=True)
    assert row_versions(equal) == before
    changes = equal.rows(
        "SELECT onec_id, name, field, old_value::timestamptz, new_value::timestamptz FROM freesport_sync.field_changes"
        " ORDER BY id"
    )
    assert changes == [
        (f"p{number - 1}", "Мяч футбольный", "created_at", old, new)
        for (number, old), (_, new) in zip(moments(OFFSETS), moments(SPREAD), strict=True)
        if old != new
    ]
    assert equal.repair().counts == tried.counts


def test_a_repair_can_be_taken_back(equal: Shop) -> None:
    repaired = equal.repair()
    back: dict[str, Any] = {"undone_id": repaired.run_id}
    tried = equal.repair(is_dry_run=True, **back)
    assert equal.rows(TIMES) == moments(SPREAD)
    report = equal.repair(**back)
    assert counts(report, Entity.PRODUCT) == (0, CHANGED, 0, 0, 0)
    assert report.counts == tried.counts
    assert equal.rows(TIMES) == moments(OFFSETS)
    assert advice(equal) == {"rows": CHANGED}
    with pytest.raises(ConfigError, match="repair_undone") as refused:
        equal.repair(**back)
    assert refused.value.params == {"run_id": repaired.run_id, "undone_by": report.run_id}
    equal.repair()
    assert equal.rows(TIMES) == moments(SPREAD)


def test_what_has_got_another_time_since_is_kept(equal: Shop) -> None:
    repaired = equal.repair()
    equal.execute("UPDATE products SET created_at = now() WHERE id = 5")
    equal.execute("DELETE FROM product_variants WHERE product_id = 10")
    equal.execute("DELETE FROM products WHERE id = 10")
    back: dict[str, Any] = {"undone_id": repaired.run_id}
    report = equal.repair(**back)
    assert counts(report, Entity.PRODUCT) == (0, CHANGED - 2, 0, 2, 0)
    assert list(equal.issues()) == ["created_at_kept"]
    expected = [row for row in moments(OFFSETS) if row[0] not in (5, 10)]
    assert [row for row in equal.rows(TIMES) if row[0] != 5] == expected


def test_taking_back_what_changed_nothing_says_so(equal: Shop) -> None:
    tried = equal.repair(is_dry_run=True)
    report = equal.repair(undone_id=tried.run_id)
    assert (report.counts, list(equal.issues())) == ({}, ["created_at_nothing_back"])


def test_imports_before_a_repair_can_still_be_undone(shop: Shop, export: ExportBuilder, new_export: NewExport) -> None:
    export.goods(product("old"))
    shop.run(export.folder)
    more = new_export()
    more.goods(product("p1"), product("p2"), product("old"))
    more.prices(prices("old", {"retail": 7}))
    report = shop.run(more.folder, skip_backup=False)
    set_times(shop, [0, 0, 0])
    shop.repair()
    shop.undo(report.run_id)
    assert shop.rows("SELECT onec_id, is_active FROM products ORDER BY id") == [
        *(("old", True), ("p1", False), ("p2", False)),
    ]
    assert shop.rows("SELECT retail_price::int FROM product_variants WHERE onec_id = 'old'") == [(0,)]
    assert advice(shop) is None


def test_a_repair_speaks_for_nothing_that_an_import_has_written(
    shop: Shop, export: ExportBuilder, new_export: NewExport
) -> None:
    """Neither is it a change of the shop's own, nor does it hide that somebody has confirmed a value."""
    export.goods(product("p1", description="Старое"), product("p2", description="Старое"))
    shop.run(export.folder)
    set_times(shop, [0, 0])
    more = new_export()
    more.goods(product("p1", description="Новое"), product("p2", description="Новое"))
    report = shop.run(more.folder, skip_backup=False)
    shop.repair()
    shop.execute("UPDATE products SET updated_at = now() WHERE id = 2")  # saved as it is
    shop.undo(report.run_id)
    assert shop.rows("SELECT description FROM products ORDER BY id") == [("Старое",), ("Новое",)]


def test_times_that_are_no_times_are_left(equal: Shop) -> None:
    equal.execute("UPDATE products SET created_at = 'infinity' WHERE id > 11")
    equal.repair()
    assert equal.rows("SELECT id FROM products WHERE created_at = 'infinity' ORDER BY id") == [(12,), (13,)]
    assert equal.rows(TIMES)[:11] == moments(SPREAD)[:11]


def test_a_cancelled_repair_changes_nothing(equal: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_some(_connection: object, advance: Callable[[int], None]) -> None:
        equal.cancel.cancel()
        advance(1)

    monkeypatch.setattr(created_times, "apply", write_some)
    with pytest.raises(Cancelled):
        equal.repair()
    assert equal.rows(TIMES) == moments(OFFSETS)
    assert advice(equal) == {"rows": CHANGED}
