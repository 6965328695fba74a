"""What an import writes over, value by value: a restore tells by it the import's values from the shop's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.database.backup import existing_tables
from freesport_sync.database.restorable import RESTORABLE, Restorable
from freesport_sync.database.shop_tables import users
from freesport_sync.database.sql_files import sql


def prepare_notes(connection: sa.Connection) -> None:
    """Make the tables `was_<table>`, which take the rows as they were; at the begin of a merge's writing."""
    for one in _noted(connection):
        table, columns = one.table.name, ", ".join(("id", *one.columns))
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE was_{table} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
        )


def note_small_tables(connection: sa.Connection) -> None:
    """Note the tables that are updated row by row, whole, just before that.

    They are not locked: an operator who edits a brand in these milliseconds takes the import's place in the notes.
    """
    for name in ("categories", "brands", "products_brand_1c_mapping", "price_types", "product_attributes"):
        _note(connection, _BY_NAME[name], "true", {})


def lock_and_note(connection: sa.Connection, table: sa.Table, ids: str, parameters: Mapping[str, object]) -> None:
    """Lock rows that are about to be updated, in order of id as everybody does, and note them.

    Args:
        connection: in the merge's transaction.
        table: one of `RESTORABLE`.
        ids: a query of ours that gives the ids.
        parameters: of the query.
    """
    _note(connection, _BY_NAME[table.name], f"t.id IN ({ids}) ORDER BY t.id FOR UPDATE", parameters)


def show_brands_again(connection: sa.Connection) -> None:
    """Show the brands that an undone import had brought, after products are written."""
    connection.execute(sql("show_brands_again"))


def show_customers_again(connection: sa.Connection, onec_ids: Sequence[str]) -> None:
    """Show the customers that an undone import had brought, and that the export has again."""
    parameters = {"onec_ids": list(onec_ids)}
    lock_and_note(connection, users, _HIDDEN_CUSTOMERS, parameters)
    connection.execute(sql("show_customers_again"), parameters)


def store_written(connection: sa.Connection, run_id: int) -> None:
    """Store what the run has changed in the noted rows and in links, after everything is written."""
    for one in _noted(connection):
        connection.execute(sa.text(_stored(one)), {"run_id": run_id})
    connection.execute(sql("store_written_links"), {"run_id": run_id})


def forget_old_written(connection: sa.Connection, newest: int, days: int) -> None:
    """Delete what is known of runs that are neither among the newest nor so young: as long as backups are kept."""
    connection.execute(sql("forget_old_written"), {"newest": newest, "days": days})


_HIDDEN_CUSTOMERS = """
    SELECT u.id FROM users AS u
    JOIN freesport_sync.deactivated_objects AS d ON d.entity = 'customer' AND d.onec_id = u.onec_id
    WHERE u.onec_id = ANY(CAST(:onec_ids AS text[])) AND NOT u.is_active
"""
_BY_NAME = {one.table.name: one for one in RESTORABLE}


def _noted(connection: sa.Connection) -> list[Restorable]:
    tables = existing_tables(connection)
    return [one for one in RESTORABLE if one.table in tables]


def _note(connection: sa.Connection, one: Restorable, condition: str, parameters: Mapping[str, object]) -> None:
    columns = ", ".join(f"t.{column}" for column in ("id", *one.columns))
    statement = f"INSERT INTO was_{one.table.name} SELECT {columns} FROM {one.table.name} AS t WHERE {condition}"
    connection.execute(sa.text(statement), parameters)


def _stored(one: Restorable) -> str:
    table = one.table.name
    old, new = (", ".join(f"{alias}.{column}" for column in one.columns) for alias in ("w", "t"))
    return f"""
        INSERT INTO freesport_sync.written_values (run_id, table_name, row_id, before, written)
        SELECT :run_id, '{table}', w.id,
               jsonb_object_agg(field.key, row.before -> field.key), jsonb_object_agg(field.key, field.value)
        FROM was_{table} AS w
        JOIN {table} AS t ON t.id = w.id AND ROW ({old}) IS DISTINCT FROM ROW ({new})
        CROSS JOIN LATERAL (
            SELECT to_jsonb(w) AS before, to_jsonb(f) AS written FROM (SELECT {new}) AS f OFFSET 0
        ) AS row
        CROSS JOIN LATERAL jsonb_each(row.written) AS field
        WHERE field.value IS DISTINCT FROM row.before -> field.key
        GROUP BY w.id
    """
