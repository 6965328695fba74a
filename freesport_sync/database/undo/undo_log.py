"""What an import writes over, value by value: a restore tells by it the import's values from the shop's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.database.own.runs import XID_BITS
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.undo.restorable import RESTORABLE, RESTORABLE_BY_TABLE, Restorable

_SMALL_TABLES = ("categories", "brands", "products_brand_1c_mapping", "price_types", "product_attributes")
_CUSTOMER_TABLES = ("users", "companies")
IS_OURS = f"t.xmin::text::bigint = txid_current() & {XID_BITS}"
"""Of a row `t` that this transaction has written."""

_WRITER = "t.xmin::text::bigint AS writer"
_NEW_KEYS = {
    "products": "SELECT onec_id FROM chg_product WHERE product_id IS NULL",
    "product_variants": "SELECT onec_id FROM chg_variant WHERE variant_id IS NULL",
}
"""Of the tables that are too big to look through when next to nothing is new."""


def prepare_notes(connection: sa.Connection, has_customers: bool) -> None:
    """Make the tables `was_<table>`, which take the rows as they were, and note the small tables whole.

    Those are not locked, because few of their rows will be written.

    Args:
        connection: at the begin of a merge's writing.
        has_customers: customers are written too; a shop without them need not have their tables.
    """
    for one in noted_tables(has_customers):
        table, is_small = one.table.name, one.table.name in _SMALL_TABLES
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE was_{table} ON COMMIT DROP AS"
            f" SELECT t.id, {_WRITER}, {one.listed('t')} FROM {table} AS t WHERE {is_small}"
        )


def lock_and_note(connection: sa.Connection, table: sa.Table, ids: str, parameters: Mapping[str, object]) -> None:
    """Lock rows that are about to be updated, in order of id as everybody does, and note them.

    Args:
        connection: in the merge's transaction.
        table: one of `RESTORABLE`.
        ids: a query of ours that gives the ids.
        parameters: of the query.
    """
    one = RESTORABLE_BY_TABLE[table.name]
    statement = f"""
        INSERT INTO was_{table.name}
        SELECT t.id, {_WRITER}, {one.listed("t")} FROM {table.name} AS t WHERE t.id IN ({ids}) ORDER BY t.id FOR UPDATE
    """
    connection.execute(sa.text(statement), parameters)


def show_brands_again(connection: sa.Connection) -> None:
    """Show the brands that an undone import had brought, after products are written."""
    connection.execute(sql("undo/show_brands_again"))


def show_customers_again(connection: sa.Connection, onec_ids: Sequence[str]) -> None:
    """Show the customers that an undone import had brought, and that the export has again."""
    hidden, parameters = sql("undo/hidden_customers").text, {"onec_ids": list(onec_ids)}
    lock_and_note(connection, RESTORABLE_BY_TABLE["users"].table, hidden, parameters)
    connection.execute(sql("undo/show_customers_again"), parameters)


def store_written(connection: sa.Connection, run_id: int, has_customers: bool) -> None:
    """Store what the run has changed in the noted rows and in links, and what it has made, after it is written."""
    for one in noted_tables(has_customers):
        connection.execute(sa.text(_stored(one)), {"run_id": run_id})
        if one.is_hideable:
            connection.execute(sa.text(_created(one)), {"run_id": run_id})
    connection.execute(sql("undo/store_written_links"), {"run_id": run_id})


def forget_old_written(connection: sa.Connection, newest: int, days: int) -> None:
    """Delete what is known of runs that are neither among the newest nor so young: as long as backups are kept."""
    connection.execute(sql("undo/forget_old_written"), {"newest": newest, "days": days})


def noted_tables(has_customers: bool) -> list[Restorable]:
    """The tables of which `prepare_notes` has made notes."""
    return [one for one in RESTORABLE if has_customers or one.table.name not in _CUSTOMER_TABLES]


def changed_values(one: Restorable) -> str:
    """A query for id, field, value before and value written of what this transaction has changed in noted rows.

    Only of rows that it has written: an operator may have edited others meanwhile.
    """
    table, old, new = one.table.name, one.listed("w"), one.listed("t")
    return f"""
        SELECT w.id, field.key AS field, row.before -> field.key AS before, field.value AS written
        FROM was_{table} AS w
        JOIN {table} AS t ON t.id = w.id AND ROW ({old}) IS DISTINCT FROM ROW ({new}) AND {IS_OURS}
        CROSS JOIN LATERAL (
            SELECT to_jsonb(w) AS before, to_jsonb(f) AS written FROM (SELECT {new}) AS f OFFSET 0
        ) AS row
        CROSS JOIN LATERAL jsonb_each(row.written) AS field
        WHERE field.value IS DISTINCT FROM row.before -> field.key
    """


def _stored(one: Restorable) -> str:
    return f"""
        INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
        SELECT :run_id, '{one.table.name}', id, jsonb_object_agg(field, before), jsonb_object_agg(field, written)
        FROM ({changed_values(one)}) AS changed
        GROUP BY id
    """


def _created(one: Restorable) -> str:
    """What this transaction has written and has not noted before, it has made."""
    table = one.table.name
    keys = f"AND t.onec_id IN ({_NEW_KEYS[table]})" if table in _NEW_KEYS else ""
    return f"""
        INSERT INTO freesport_sync.created_rows (run_id, table_name, is_shown, ids)
        SELECT :run_id, '{table}', t.is_active, range_agg(int8range(t.id, t.id, '[]'))
        FROM {table} AS t
        WHERE {IS_OURS} {keys} AND NOT EXISTS (SELECT FROM was_{table} AS w WHERE w.id = t.id)
        GROUP BY t.is_active
    """
