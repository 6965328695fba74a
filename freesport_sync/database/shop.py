"""Whether the shop's tables are fit for an import, and their creation in a database of our own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from freesport_sync.database.engine import transaction
from freesport_sync.database.shop_check import CATALOG_TABLES, CUSTOMER_TABLES, Missing, MissingKind, find_missing
from freesport_sync.database.shop_tables import create_shop_tables, products
from freesport_sync.errors import SchemaMismatch


def prepare_shop(connection: sa.Connection, may_create: bool) -> None:
    """Verify that everything is there that an import reads and writes; nothing of a shop is ever altered.

    Args:
        connection: holding the import lock.
        may_create: create the shop's tables where they are missing.

    Raises:
        SchemaMismatch: read-only, no right to make temporary tables, or the list of all that is missing.
    """
    refuse_unwritable(connection)
    if may_create:
        with transaction(connection):
            create_shop_tables(connection)
    refuse_unfit(connection)


def refuse_unfit(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` with all that is missing for an import of goods."""
    missing = find_missing(connection, CATALOG_TABLES)
    if {item.table for item in missing if item.kind is MissingKind.TABLE} == {table.name for table in CATALOG_TABLES}:
        raise SchemaMismatch("shop_tables_absent", tables=", ".join(table.name for table in CATALOG_TABLES))
    _refuse_incomplete(missing)


def require_customer_tables(connection: sa.Connection) -> None:
    """Verify what an import of customers needs besides; like `prepare_shop`."""
    _refuse_incomplete(find_missing(connection, CUSTOMER_TABLES))


def _refuse_incomplete(missing: Sequence[Missing]) -> None:
    if missing:
        raise SchemaMismatch("shop_incomplete", missing=described(missing))


def described(missing: Sequence[Missing]) -> str:
    """What is missing, a line each, in the words of SQL: `table: price_types`, `column: products.slug`."""
    return "\n".join(map(_described, missing))


def _described(item: Missing) -> str:
    separator = "." if item.kind in (MissingKind.COLUMN, MissingKind.COLUMN_TYPE) else " "
    detail = f"{separator}{item.detail}" if item.detail else ""
    return f"{item.kind.value.replace('_', ' ')}: {item.table}{detail}"


def refuse_unwritable(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` where the server or the login only lets us read."""
    if is_read_only(connection):
        raise SchemaMismatch("database_read_only")
    if not may_create_temp(connection):
        raise SchemaMismatch("temp_right_missing")


def is_read_only(connection: sa.Connection) -> bool:
    """A standby server, or a login that an administrator has made read-only."""
    return bool(connection.scalar(sa.text("SELECT current_setting('transaction_read_only') = 'on'")))


def may_create_temp(connection: sa.Connection) -> bool:
    """Whether the login may create the temporary tables of the staging."""
    return bool(connection.scalar(sa.text("SELECT has_database_privilege(current_database(), 'TEMP')")))


def has_products(connection: sa.Connection) -> bool:
    """Whether there is anything that prices and stocks could belong to."""
    return bool(connection.scalar(sa.select(sa.exists(sa.select(products.c.id)))))
