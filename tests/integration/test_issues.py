"""Row issues lead to the object in 1C: names, articles, and the whole list however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.history import EntryStatus, IssueQuery
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.shop import FileType
from freesport_sync.database.own import history_pages, issue_names
from freesport_sync.database.own.schema import HEAD
from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import ImportFailed
from tests.builders import ExportBuilder, offer, prices, product, rests, tombstone
from tests.integration.support import NewExport, drop_tasks, history_details, history_entries, with_history
from tests.shop import Shop

Subject = tuple[str, str]
"""Name and article."""


def stored(shop: Shop, code: str) -> dict[str, Subject]:
    """1C key -> name and article, of the last run's issues of that kind."""
    rows = shop.rows(
        "SELECT onec_id, name, article FROM freesport_sync.row_issues"
        " WHERE code = :code AND run_id = (SELECT max(id) FROM freesport_sync.runs)",
        code=code,
    )
    return {onec_id: (name, article) for onec_id, name, article in rows}


def bad_numbers(export: ExportBuilder) -> None:
    """A price and stocks that cannot be read, of objects of which these files have the id only."""
    export.prices(prices("p1#c1", {"retail": "десять"}), prices("p1#c2", {"retail": "-1"}), prices("p9#c", {"opt1": 1}))
    export.rests(rests("p1#c1", {"w1": "-4"}), rests("p2", {"w1": "1,5"}), rests("p9#c", {"w1": 1}))


@pytest.fixture
def full_export(export: ExportBuilder) -> ExportBuilder:
    """Offers without an article, as real exports have them, one with its own, and a product without offers."""
    export.goods(product("p1", name="Мяч", article="ART-1"), product("p2", name="Кеды", article="ART-2"))
    export.offers(offer("p1#c1", name="Мяч (5)"), offer("p1#c2", name="Мяч (6)", article="ART-1/6"))
    bad_numbers(export)
    return export


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_records_with_only_an_id_are_named_by_the_export(
    shop: Shop, full_export: ExportBuilder, is_dry_run: bool
) -> None:
    shop.run(full_export.folder, is_dry_run=is_dry_run)
    assert stored(shop, "price_not_number") == {"p1#c1": ("Мяч (5)", "ART-1")}
    assert stored(shop, "price_out_of_range") == {"p1#c2": ("Мяч (6)", "ART-1/6")}
    assert stored(shop, "quantity_negative") == {"p1#c1": ("Мяч (5)", "ART-1")}
    assert stored(shop, "quantity_fractional") == {"p2": ("Кеды", "ART-2")}
    assert stored(shop, "price_variant_unknown") == {"p9#c": ("", "")}
    assert stored(shop, "stock_variant_unknown") == {"p9#c": ("", "")}


def test_a_run_that_fails_names_them_too(shop: Shop, full_export: ExportBuilder) -> None:
    full_export.write("rests/rests_1_2_0.xml", "<КоммерческаяИнформация><ПакетПредложений><Предложения>")
    with pytest.raises(ImportFailed, match="xml_malformed"):
        shop.run(full_export.folder)
    assert stored(shop, "price_not_number") == {"p1#c1": ("Мяч (5)", "ART-1")}


def test_without_goods_and_offers_the_shop_names_them(
    shop: Shop, full_export: ExportBuilder, new_export: NewExport
) -> None:
    shop.run(full_export.folder)
    later = new_export()
    later.price_lists()
    bad_numbers(later)
    shop.run(later.folder, accept_large_change=True)
    (sku,) = shop.row("SELECT sku FROM product_variants WHERE onec_id = 'p1#c1'")
    assert stored(shop, "price_not_number") == {"p1#c1": ("Мяч", sku)}
    assert stored(shop, "price_out_of_range") == {"p1#c2": ("Мяч", "ART-1/6")}
    assert stored(shop, "quantity_fractional") == {"p2": ("Кеды", "")}, "a default variant's SKU is the id again"


def test_a_variant_that_is_not_there_is_named_after_its_product(shop: Shop, full_export: ExportBuilder) -> None:
    shop.run(full_export.folder)
    full_export.prices(prices("p1#new", {"retail": "нет"}))
    shop.run(full_export.folder, file_type=FileType.PRICES)
    assert stored(shop, "price_not_number") == {"p1#new": ("Мяч", "")}


def test_what_the_comparison_finds_is_named(shop: Shop, export: ExportBuilder) -> None:
    export.goods(
        product("p1", name="Мяч", article="ART-1", brand="b9", group="g9"),
        product("p2", name="Кеды", article="ART-2"),
        tombstone("Товар", "never-seen"),
    )
    export.offers(offer("p9#c", name="Обруч", article="ART-9"))
    shop.run(export.folder)
    assert stored(shop, "brand_unknown") == stored(shop, "category_unknown") == {"p1": ("Мяч", "ART-1")}
    assert stored(shop, "parent_not_found") == {"p9#c": ("Обруч", "ART-9")}
    assert stored(shop, "tombstone_unknown") == {"never-seen": ("", "")}
    export.goods(product("p2", name="Кеды летние", article="ART-2"))
    shop.run(export.folder)
    assert stored(shop, "name_kept") == {"p2": ("Кеды", "ART-2")}


def test_of_a_repeated_product_the_last_article_counts(shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", article="OLD"), segment=1)
    export.goods(product("p1", article="NEW"), product("p1", article=None), segment=2)
    export.rests(rests("p1", {"w1": "-1"}))
    shop.run(export.folder)
    assert stored(shop, "quantity_negative") == {"p1": ("Мяч футбольный", "NEW")}


def test_issues_of_other_runs_stay_as_they_are(shop: Shop, full_export: ExportBuilder, new_export: NewExport) -> None:
    shop.run(full_export.folder)
    shop.execute("UPDATE freesport_sync.row_issues SET name = ''")
    shop.run(full_export.folder)
    assert shop.value("SELECT count(*) FROM freesport_sync.row_issues WHERE run_id = 1 AND name <> ''") == 0


def test_a_run_without_nameless_issues_looks_nothing_up(
    shop: Shop, export: ExportBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noting(name: str) -> sa.TextClause:
        asked.append(name)
        return sql(name)

    monkeypatch.setattr(issue_names, "sql", noting)
    export.goods(product("p1", name="Мяч", article="ART-1", vat="много"))
    export.prices(prices("p1", {"unheard": 1}))
    shop.run(export.folder)
    assert stored(shop, "vat_not_understood") == {"p1": ("Мяч", "ART-1")}
    assert stored(shop, "price_type_unknown") == {"": ("", "")}
    assert asked == ["own/has_nameless_issues"]


# --- the whole list -------------------------------------------------------------------------------------------------


@contextmanager
def statement_sizes() -> Iterator[list[int]]:
    """Rows that each statement has brought to us."""
    sizes: list[int] = []

    def remember(connection: sa.Connection, cursor: Any, *_: object) -> None:
        sizes.append(cursor.rowcount)

    sa.event.listen(sa.Engine, "after_cursor_execute", remember)
    try:
        yield sizes
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", remember)


def add_issues(shop: Shop, count: int) -> None:
    """Many issues in the first run, written in no particular order."""
    shop.execute(
        "INSERT INTO freesport_sync.row_issues"
        " (run_id, severity, code, file, line, onec_id, name, article, field, value, params)"
        " SELECT 1, (ARRAY['note', 'error', 'warning'])[1 + n % 3], (ARRAY['a', 'b'])[1 + n % 2], 'x.xml', n, 'p' || n,"
        " 'Мяч', 'ART', 'Ид', '', '{\"kept\": \"x\"}' FROM generate_series(1, :count) AS n ORDER BY random()",
        count=count,
    )


def test_all_issues_are_read_chunk_by_chunk(stocked_shop: Shop) -> None:
    add_issues(stocked_shop, 3500)
    with statement_sizes() as sizes:
        issues = list(history_pages.read_issues(stocked_shop.connection, 1))
    assert len(issues) == 3500
    assert max(sizes) == 1000, "more has never been in memory at once"
    ranks = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    assert issues == sorted(issues, key=lambda issue: (ranks[issue.severity], issue.code, issue.line))
    assert issues[0] == RowIssue(Severity.ERROR, "a", "x.xml", 4, "p4", "Мяч", "Ид", "", {"kept": "x"}, article="ART")


def test_the_reader_may_take_his_time(stocked_shop: Shop) -> None:
    """Whoever turns the pages of a list must not hold a transaction open, nor be thrown out."""
    add_issues(stocked_shop, 2000)
    stocked_shop.execute("SELECT set_config('idle_session_timeout', '50ms', false)")
    stocked_shop.execute("SELECT set_config('idle_in_transaction_session_timeout', '50ms', false)")
    issues = history_pages.read_issues(stocked_shop.connection, 1)
    next(issues)
    pid = stocked_shop.connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
    watcher = sa.create_engine(stocked_shop.url, isolation_level="AUTOCOMMIT").connect()
    watcher.exec_driver_sql("SELECT pg_sleep(0.2)")
    states = watcher.execute(sa.text("SELECT state FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}).all()
    watcher.close()
    watcher.engine.dispose()
    assert states == [("idle",)]
    assert len(list(issues)) == 1999


def test_totals_say_how_many_are_stored(shop: Shop, export: ExportBuilder) -> None:
    shop.settings = with_history(shop, max_issues=3)
    export.goods(*(product(f"p{number}", vat="много") for number in range(5)))
    report = shop.run(export.folder)
    (count,) = history_details(shop.connection, report.run_id).issue_counts
    assert (count.code, count.count, count.stored) == ("vat_not_understood", 5, 3)


def test_a_run_that_died_still_shows_what_it_has_stored(stocked_shop: Shop) -> None:
    add_issues(stocked_shop, 6)
    stocked_shop.execute("UPDATE freesport_sync.runs SET status = 'interrupted', issue_totals = '[]'")
    counts = history_details(stocked_shop.connection, 1).issue_counts
    assert [(one.severity.value, one.code, one.count, one.stored) for one in counts] == [
        ("error", "a", 1, 1),
        ("error", "b", 1, 1),
        ("warning", "a", 1, 1),
        ("warning", "b", 1, 1),
        ("note", "a", 1, 1),
        ("note", "b", 1, 1),
    ]


# --- a history of the first version ---------------------------------------------------------------------------------


@pytest.fixture
def old_shop(stocked_shop: Shop) -> Shop:
    """A shop whose history was written before issues had articles and runs knew who stopped them."""
    add_issues(stocked_shop, 2)
    stocked_shop.execute("ALTER TABLE freesport_sync.row_issues DROP COLUMN article")
    later = ("cancel_requested_by", "merged_at", "merged_xid", "is_undoable", "undone_by", "is_forgotten")
    for column in (*later, "task", "lock_name", "lock_key"):
        stocked_shop.execute(f"ALTER TABLE freesport_sync.runs DROP COLUMN {column}")
    drop_tasks(stocked_shop)
    for table in ("written_values", "created_rows", "confirmed_values", "spread_times", "product_links"):
        stocked_shop.execute(f"DROP TABLE freesport_sync.{table}")
    stocked_shop.execute("UPDATE freesport_sync.alembic_version SET version_num = '0001'")
    return stocked_shop


def test_an_old_history_can_be_read(old_shop: Shop) -> None:
    assert [entry.status for entry in history_entries(old_shop.connection)] == [EntryStatus.COMPLETED]
    issues = list(history_pages.read_issues(old_shop.connection, 1))
    assert [(issue.name, issue.article) for issue in issues] == [("Мяч", "")] * 2
    page = history_pages.read_issue_page(old_shop.connection, IssueQuery(1, text="мяч"), 0, 10)
    assert page.rows == tuple(issues)


def test_an_old_history_is_upgraded_by_the_next_run(old_shop: Shop, full_export: ExportBuilder) -> None:
    old_shop.run(full_export.folder)
    assert old_shop.value("SELECT version_num FROM freesport_sync.alembic_version") == HEAD
    assert old_shop.rows("SELECT DISTINCT article FROM freesport_sync.row_issues WHERE run_id = 1") == [("",)]
    assert stored(old_shop, "price_not_number") == {"p1#c1": ("Мяч (5)", "ART-1")}
    default = "SELECT column_default FROM information_schema.columns WHERE table_name = 'row_issues'"
    assert old_shop.value(f"{default} AND column_name = 'article'") is None
