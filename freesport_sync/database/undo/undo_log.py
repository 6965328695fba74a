"""What an import writes over, value by value: a restore tells by it the import's values from the shop's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.undo.restorable import RESTORABLE, RESTORABLE_BY_TABLE, Restorable

_SMALL_TABLES = ("categories", "brands", "products_brand_1c_mapping", "price_types", "product_attributes")
_CUSTOMER_TABLES = ("users", "companies")
_KEYS_OF_NEW_ROWS = {"products": ("chg_product", "product_id"), "product_variants": ("chg_variant", "variant_id")}
"""Change table, and its column for the id: of the tables that are too big to search when next to nothing is new."""


def prepare_notes(connection: sa.Connection, has_customers: bool) -> None:
    """Make the tables `was_<table>`, which take the rows as they were, and note the small tables whole.

    Those are not locked, because few of their rows will be written.

    Args:
        connection: at the begin of a merge's writing.
        has_customers: customers are written too; a shop without them need not have their tables.
    """
    for one in noted_tables(has_customers):
        statement = sql("undo/prepare_notes", noted=one.noted, table=one.table, columns=one.columns)
        connection.execute(statement, {"is_small": one.table.name in _SMALL_TABLES})


def lock_and_note(
    connection: sa.Connection, table: sa.Table, ids: sa.TextClause, parameters: Mapping[str, object]
) -> None:
    """Lock rows that are about to be updated, in order of id as everybody does, and note them.

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
    """Show the brands that an undone import had brought, after products are written."""
    connection.execute(sql("undo/show_brands_again"))


def show_customers_again(connection: sa.Connection, onec_ids: Sequence[str]) -> None:
    """Show the customers that an undone import had brought, and that the export has again."""
    hidden, parameters = sql("undo/hidden_customers"), {"onec_ids": list(onec_ids)}
    lock_and_note(connection, RESTORABLE_BY_TABLE["users"].table, hidden, parameters)
    connection.execute(sql("undo/show_customers_again"), parameters)


def store_written(connection: sa.Connection, run_id: int, has_customers: bool) -> None:
    """Store what the run has changed in the noted rows and in links, and what it has made, after it is written."""
    for one in noted_tables(has_customers):
        run = {"run_id": run_id, "table": one.table.name}
        connection.execute(sql("undo/store_written", changed=changed_values(one)), run)
        if one.is_hideable:
            connection.execute(_store_created(one), run)
    connection.execute(sql("undo/store_written_links"), {"run_id": run_id})


def forget_old_written(connection: sa.Connection, newest: int, days: int) -> None:
    """Delete what is known of runs that are neither among the newest nor so young: as long as backups are kept."""
    connection.execute(sql("undo/forget_old_written"), {"newest": newest, "days": days})


def noted_tables(has_customers: bool) -> list[Restorable]:
    """The tables of which `prepare_notes` has made notes."""
    return [one for one in RESTORABLE if has_customers or one.table.name not in _CUSTOMER_TABLES]


def changed_values(one: Restorable) -> sa.TextClause:
    """A query for id, field, value before and value written of what this transaction has changed in noted rows."""
    return sql("undo/changed_values", noted=one.noted, table=one.table, columns=one.columns)


def _store_created(one: Restorable) -> sa.TextClause:
    if keys := _KEYS_OF_NEW_ROWS.get(one.table.name):
        changes, key = keys
        return sql("undo/store_created_by_key", noted=one.noted, table=one.table, changes=changes, key=key)
    return sql("undo/store_created", noted=one.noted, table=one.table)
