"""What the tests of the import share: ways to see what a run has left in the shop."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from freesport_sync.core.history import EntryKey, EntrySource, HistoryDetails, HistoryEntry, HistoryQuery
from freesport_sync.core.run import Counts, RunReport
from freesport_sync.core.shop import Entity
from freesport_sync.database.own.history_details import read_details
from freesport_sync.database.own.history_list import read_entries
from freesport_sync.database.server.engine import connect, driver_connection
from freesport_sync.database.shop.tables import SHOP_TABLES
from freesport_sync.errors import ImportFailed
from freesport_sync.settings.model import (
    CatalogSettings,
    HistorySettings,
    OwnedField,
    Settings,
)
from tests.builders import ExportBuilder
from tests.shop import Shop
from tests.watching import importers, side_connections, wait_until

NewExport = Callable[[], ExportBuilder]

GOODS_TABLES = tuple(table.name for table in SHOP_TABLES if table.name != "import_sessions")
"""Everything of the shop but the list of its imports, which a run always writes to."""

PRICES = "retail_price, opt1_price, opt2_price, opt3_price, trainer_price, federation_price, rrp, msrp"


def shop_rows(shop: Shop) -> dict[str, list[str]]:
    """All rows of the shop's tables as texts, the list of its imports left out."""
    return {
        table: [text for (text,) in shop.rows(f"SELECT t::text FROM {table} AS t ORDER BY 1")] for table in GOODS_TABLES
    }


def row_versions(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """Place, writer and locker of each row: equal only if no row was written or locked."""
    query = "SELECT ctid::text, xmin::text, xmax::text FROM {} ORDER BY 1"
    return {table: shop.rows(query.format(table)) for table in GOODS_TABLES}


def rows_written(shop: Shop, run: Callable[[], object]) -> dict[str, tuple[int, int, int]]:
    """Rows that `run` inserts, updates and deletes in each table that it touches, also if it rolls them back."""
    before = _row_counters(shop)
    run()
    after = _row_counters(shop)
    deltas = {
        table: tuple(new - old for new, old in zip(after[table], before[table], strict=True)) for table in GOODS_TABLES
    }
    return {table: (delta[0], delta[1], delta[2]) for table, delta in deltas.items() if any(delta)}


def _row_counters(shop: Shop) -> dict[str, tuple[Any, ...]]:
    # A session hands in its statistics when it ends, just before it leaves the list of sessions.
    wait_until(lambda: not importers(shop.connection) and not side_connections(shop.connection))
    shop.rows("SELECT pg_stat_force_next_flush()")
    fresh = connect(shop.url, "tests")
    try:
        query = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'public'"
        return {row[0]: tuple(row[1:]) for row in fresh.exec_driver_sql(query)}
    finally:
        fresh.close()


def refused(shop: Shop, export: ExportBuilder, **options: Any) -> ImportFailed:
    """The error with which a run stops; its code is checked by the caller, that it left no trace is checked here."""
    before = shop_rows(shop)
    with pytest.raises(ImportFailed) as caught:
        shop.run(export.folder, **options)
    assert shop_rows(shop) == before
    return caught.value


def counts(report: RunReport, entity: Entity) -> tuple[int, int, int, int, int]:
    """Created, updated, unchanged, skipped, failed."""
    count = report.counts.get(entity, Counts())
    return count.created, count.updated, count.unchanged, count.skipped, count.failed


def owning(*fields: OwnedField) -> Settings:
    """Settings in which 1C overwrites these fields and no others."""
    return Settings(catalog=CatalogSettings(owned_fields=frozenset(fields)))


def with_history(shop: Shop, **values: int) -> Settings:
    """The shop's settings with others of the section `history`."""
    return shop.settings.model_copy(update={"history": HistorySettings(**values)})


def money(text: str) -> tuple[Decimal | None, ...]:
    """`10 - 7.50` -> the amounts as the shop has them; a dash is none."""
    return tuple(None if word == "-" else Decimal(word) for word in text.split())


def history_entries(connection: sa.Connection) -> tuple[HistoryEntry, ...]:
    """The newest entries of the history first."""
    return read_entries(connection, HistoryQuery(), 0, 10).rows


def history_details(connection: sa.Connection, run_id: int) -> HistoryDetails:
    """Everything about a run except its long lists."""
    details = read_details(connection, EntryKey(EntrySource.RUN, run_id))
    assert details is not None
    return details


_WITHOUT_TASKS = """
ALTER TABLE freesport_sync.runs DROP COLUMN task_id;
DROP TABLE freesport_sync.notifications, freesport_sync.tasks, freesport_sync.schedules, freesport_sync.workers;
DROP TABLE freesport_sync.procrastinate_events, freesport_sync.procrastinate_periodic_defers;
DROP TABLE freesport_sync.procrastinate_jobs, freesport_sync.procrastinate_workers CASCADE;
DROP TYPE freesport_sync.procrastinate_job_to_defer_v1, freesport_sync.procrastinate_job_status,
    freesport_sync.procrastinate_job_event_type CASCADE;
DO $$ DECLARE one regprocedure; BEGIN
    FOR one IN SELECT oid FROM pg_proc WHERE pronamespace = 'freesport_sync'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', one);
    END LOOP;
END $$
"""


def drop_tasks(shop: Shop) -> None:
    """Take our schema back to before migration 0009; the caller sets the number."""
    driver_connection(shop.connection).cursor().execute(_WITHOUT_TASKS)
