"""The undo log: which values an import has overwritten, so that a restore can tell them from the shop's own changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.undo.restorable import RESTORABLE, RESTORABLE_BY_TABLE, Restorable

_SMALL_TABLES = ("categories", "brands", "products_brand_1c_mapping", "price_types", "product_attributes")
_CUSTOMER_TABLES = ("users", "companies")
_KEYS_OF_NEW_ROWS = {"products": ("chg_product", "product_id"), "product_variants": ("chg_variant", "variant_id")}
"""Table -> change table and its id column, for tables too big to scan for a few new rows."""


def prepare_notes(connection: sa.Connection, has_customers: bool) -> None:
    """Create the temporary tables `was_<table>` for the old rows, and fill those of small tables completely.

    Small tables are not locked, because few of their rows are written.

    Args:
        connection: in the merge's transaction, before the first write.
        has_customers: customers are written too; a shop without them may lack their tables.
    """
    for one in noted_tables(has_customers):
        statement = sql("undo/prepare_notes", noted=one.noted, table=one.table, columns=one.columns)
        connection.execute(statement, {"is_small": one.table.name in _SMALL_TABLES})


def lock_and_note(
    connection: sa.Connection, table: sa.Table, ids: sa.TextClause, parameters: Mapping[str, object]
) -> None:
    """Lock rows that are about to be updated, in order of id against deadlocks, and note their old values.

    Args:
        connection: in the merge's transaction.
        table: one of `RESTORABLE`.
        ids: a query for the ids.
        parameters: of the query.
    """
    one = RESTORABLE_BY_TABLE[table.name]
    statement = sql("undo/lock_and_note", noted=one.noted, table=one.table, columns=one.columns, ids=ids)
    connection.execute(statement, parameters)


def show_brands_again(connection: sa.Connection) -> None:
    """Show again brands hidden by an undo, after products are written."""
    connection.execute(sql("undo/show_brands_again"))


def show_customers_again(connection: sa.Connection, onec_ids: Sequence[str]) -> None:
    """Show again customers hidden by an undo that are in the export."""
    hidden, parameters = sql("undo/hidden_customers"), {"onec_ids": list(onec_ids)}
    lock_and_note(connection, RESTORABLE_BY_TABLE["users"].table, hidden, parameters)
    connection.execute(sql("undo/show_customers_again"), parameters)


def store_written(connection: sa.Connection, run_id: int, has_customers: bool) -> None:
    """Store which values and links the run has changed and which rows it has inserted, after everything is written."""
    for one in noted_tables(has_customers):
        run = {"run_id": run_id, "table": one.table.name}
        connection.execute(sql("undo/store_written", changed=changed_values(one)), run)
        if one.is_hideable:
            connection.execute(_store_created(one), run)
    connection.execute(sql("undo/store_written_links"), {"run_id": run_id})


def forget_old_written(connection: sa.Connection, newest: int, days: int) -> None:
    """Delete the undo logs of old runs, as old backups are deleted: keep the `newest` and those younger than `days`."""
    connection.execute(sql("undo/forget_old_written"), {"newest": newest, "days": days})


def noted_tables(has_customers: bool) -> list[Restorable]:
    """Return the tables that `prepare_notes` has prepared."""
    return [one for one in RESTORABLE if has_customers or one.table.name not in _CUSTOMER_TABLES]


def changed_values(one: Restorable) -> sa.TextClause:
    """Return a query for id, field, old and new value of what this transaction has changed in noted rows."""
    return sql("undo/changed_values", noted=one.noted, table=one.table, columns=one.columns)


def _store_created(one: Restorable) -> sa.TextClause:
    if keys := _KEYS_OF_NEW_ROWS.get(one.table.name):
        changes, key = keys
        return sql("undo/store_created_by_key", noted=one.noted, table=one.table, changes=changes, key=key)
    return sql("undo/store_created", noted=one.noted, table=one.table)
