"""Verifies the shop's tables for an import, and creates them in a database of our own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import sqlalchemy as sa

from freesport_sync.database.metadata import SCHEMA
from freesport_sync.database.server.engine import transaction
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.shop.checks import (
    CATALOG_TABLES,
    CUSTOMER_TABLES,
    Missing,
    MissingKind,
    find_missing,
)
from freesport_sync.database.shop.tables import SHOP_TABLES, create_shop_tables, products
from freesport_sync.errors import SchemaMismatch

_NAMED_TABLES = 5
"""Tables listed in the refusal of a database that is not empty."""


class TableCreation(StrEnum):
    """Whether an import may create the shop's tables."""

    NEVER = "never"
    IN_EMPTY = "in_empty"
    """Only in a database without any tables: beside a shop's tables, a second set would receive its imports."""
    MISSING = "missing"
    """On our private server, where an earlier version may have created fewer tables."""


def prepare_shop(connection: sa.Connection, creation: TableCreation) -> None:
    """Verify that everything an import reads and writes exists; existing tables are never altered.

    Args:
        connection: holding the import lock.
        creation: whether to create the shop's tables where they are missing.

    Raises:
        SchemaMismatch: read-only, no right to create temporary tables, tables or rights missing, or other tables in
            the way of creating them.
    """
    refuse_unwritable(connection)
    if creation is not TableCreation.NEVER:
        refuse_creation(connection, creation)
        with transaction(connection):
            if schema := _schema_for_tables(connection):
                connection.execute(sql("shop/create_in_schema"), {"schema": schema})
            create_shop_tables(connection)
    refuse_unfit(connection)


def refuse_creation(connection: sa.Connection, creation: TableCreation) -> None:
    """Raise `SchemaMismatch` if shop tables are missing and the database is not empty (SHOP-3)."""
    if creation is TableCreation.MISSING or not _absent(find_missing(connection, SHOP_TABLES)):
        return
    if tables := connection.scalars(sql("shop/other_tables"), {"own": SCHEMA}).all():
        raise SchemaMismatch(
            "create_tables_refused",
            tables=", ".join(tables[:_NAMED_TABLES]) + (", ..." if len(tables) > _NAMED_TABLES else ""),
            count=len(tables),
            search_path=_search_path(connection),
        )
    if _schema_for_tables(connection) is None:
        raise SchemaMismatch("create_tables_nowhere", search_path=_search_path(connection))


def _schema_for_tables(connection: sa.Connection) -> str | None:
    """Return the schema for new shop tables: the first one of the search_path that is not ours."""
    found: str | None = connection.scalar(sql("shop/schema_for_tables"), {"own": SCHEMA})
    return found


def refuse_unfit(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` with all that an import of goods lacks."""
    missing = find_missing(connection, CATALOG_TABLES)
    if _absent(missing) == {table.name for table in CATALOG_TABLES}:
        names = [table.name for table in CATALOG_TABLES]
        elsewhere = sorted({place.rpartition(".")[0] for place in _elsewhere(connection, names).values()})
        code = "shop_in_other_schema" if elsewhere else "shop_tables_absent"
        place = {"schema": ", ".join(elsewhere), "role": current_role(connection)} if elsewhere else {}
        raise SchemaMismatch(code, tables=", ".join(names), search_path=_search_path(connection), **place)
    _refuse_incomplete(connection, missing)


def require_customer_tables(connection: sa.Connection) -> None:
    """Verify what an import of customers needs in addition; raises as `prepare_shop`."""
    _refuse_incomplete(connection, find_missing(connection, CUSTOMER_TABLES))


def _refuse_incomplete(connection: sa.Connection, missing: Sequence[Missing]) -> None:
    if missing:
        raise SchemaMismatch("shop_incomplete", missing=described(connection, missing))


def described(connection: sa.Connection, missing: Sequence[Missing]) -> str:
    """Describe what is missing, one line each in SQL terms; for tables, the last line is the search_path.

    `table: price_types`, `table: price_types (there is shop.price_types)`, `column: products.slug`. Missing rights
    are followed by the GRANT statements for the database administrator.
    """
    absent = _absent(missing)
    elsewhere = _elsewhere(connection, absent)
    lines = [_described(item, elsewhere.get(item.table, "")) for item in missing]
    if absent:
        lines.append(f"search_path: {_search_path(connection)}")
    return "\n".join([*lines, *_grants(connection, missing, elsewhere)])


def _described(item: Missing, elsewhere: str) -> str:
    separator = "." if item.kind in (MissingKind.COLUMN, MissingKind.COLUMN_TYPE) else " "
    detail = f"{separator}{item.detail}" if item.detail else ""
    place = f" (there is {elsewhere})" if elsewhere and item.kind is MissingKind.TABLE else ""
    return f"{item.kind.value.replace('_', ' ')}: {item.table}{detail}{place}"


def _grants(connection: sa.Connection, missing: Sequence[Missing], elsewhere: dict[str, str]) -> list[str]:
    """Return the statements that grant the missing rights."""
    role = current_role(connection)
    rights: dict[str, list[str]] = {}
    for item in missing:
        if item.kind is MissingKind.RIGHT:
            rights.setdefault(item.table, []).append(item.detail)
    tables: dict[str, list[str]] = {}
    for table, of_table in rights.items():
        tables.setdefault(", ".join(of_table), []).append(table)
    sequences = [item.detail for item in missing if item.kind is MissingKind.SEQUENCE]
    closed = [schema for schema in sorted({place.rpartition(".")[0] for place in elsewhere.values()}) if schema]
    closed = [schema for schema in closed if not _may_use(connection, schema)]
    grants = [f"GRANT USAGE ON SCHEMA {schema} TO {role};" for schema in closed]
    grants += [f"GRANT {names} ON {', '.join(of_names)} TO {role};" for names, of_names in tables.items()]
    if sequences:
        grants.append(f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {role};")
    if any(item.kind is MissingKind.ROW_SECURITY for item in missing):
        grants.append(f"ALTER ROLE {role} BYPASSRLS;")
    return grants


def current_role(connection: sa.Connection) -> str:
    """Return the current role, quoted for SQL."""
    return str(connection.scalar(sa.select(sa.func.quote_ident(sa.func.current_user()))))


def _may_use(connection: sa.Connection, schema: str) -> bool:
    query = sa.select(sa.func.has_schema_privilege(sa.func.to_regnamespace(schema), "USAGE"))
    return bool(connection.scalar(query))


def _absent(missing: Sequence[Missing]) -> set[str]:
    return {item.table for item in missing if item.kind is MissingKind.TABLE}


def _elsewhere(connection: sa.Connection, names: Iterable[str]) -> dict[str, str]:
    """Find tables of these names outside the search_path: name -> `schema.name`."""
    return {
        name: place
        for name, place in connection.execute(sql("shop/tables_elsewhere"), {"names": list(names), "own": SCHEMA})
    }


def _search_path(connection: sa.Connection) -> str:
    """Return the setting and its existing schemas: `"$user", public -> public`."""
    existing = sa.func.array_to_string(sa.func.current_schemas(False), ", ")
    return str(connection.scalar(sa.select(sa.func.concat(sa.func.current_setting("search_path"), " -> ", existing))))


def refuse_unwritable(connection: sa.Connection) -> None:
    """Raise `SchemaMismatch` if the server or the login is read-only, or may not create temporary tables."""
    if is_read_only(connection):
        raise SchemaMismatch("database_read_only")
    if not may_create_temp(connection):
        raise SchemaMismatch("temp_right_missing", **temp_right(connection))


def is_read_only(connection: sa.Connection) -> bool:
    """Return whether this is a standby server or a read-only login."""
    return bool(connection.scalar(sa.select(sa.func.current_setting("transaction_read_only") == "on")))


def may_create_temp(connection: sa.Connection) -> bool:
    """Return whether the login may create temporary tables, which staging needs."""
    return bool(connection.scalar(sa.select(sa.func.has_database_privilege(sa.func.current_database(), "TEMP"))))


def temp_right(connection: sa.Connection) -> dict[str, str]:
    """Return the text parameters with the GRANT statement for TEMP."""
    database = connection.scalar(sa.select(sa.func.quote_ident(sa.func.current_database())))
    return {"sql": f"GRANT TEMP ON DATABASE {database} TO {current_role(connection)};"}


def has_products(connection: sa.Connection) -> bool:
    """Return whether the shop has products, to which prices and stocks could belong."""
    return bool(connection.scalar(sa.select(sa.exists(sa.select(products.c.id)))))
