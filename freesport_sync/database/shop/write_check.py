"""Writes a row into each shop table and rolls it back, to find out what the shop's own rules refuse (SHOP-1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from freesport_sync.core.checks import CheckItem
from freesport_sync.database.server.engine import transaction, translated
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.server.writing import swallowed_rows
from freesport_sync.database.shop.checks import is_link, is_only_read
from freesport_sync.errors import SyncError

_VALUES: dict[str, dict[str, Any]] = {
    "products": {"specifications": {}, "sync_status": "completed", "vat_rate": 20},
    "product_variants": {"retail_price": 100, "stock_quantity": 1},
    "price_types": {"product_field": "retail_price", "is_active": True},
    "product_attribute_1c_mappings": {"source": "goods"},
    "product_attribute_value_1c_mappings": {"source": "goods"},
    "import_sessions": {"import_type": "catalog", "status": "completed", "report_details": {}, "session_key": None},
    "users": {
        "role": "unregistered",
        "sync_status": "synced",
        "verification_status": "unverified",
        "country": "Россия",
        "email": None,
        "tax_id": "",
        "phone": "",
        "onec_guid": None,
        "customer_code": None,
    },
    "companies": {"tax_id": "", "kpp": "", "bank_bik": "", "account_number": ""},
    "common_customersynclog": {"operation_type": "created", "status": "success", "details": {}},
}
"""Column -> a valid value, where the type alone does not suggest one."""


class _Stop(Exception):
    """Ends the transaction with a rollback."""


def check_writes(connection: sa.Connection, tables: Sequence[sa.Table]) -> list[CheckItem]:
    """Return a failed check for each table that would refuse or drop a row of an import; writes nothing lasting.

    Args:
        connection: in autocommit.
        tables: referenced tables first; those that an import only reads are skipped.
    """
    failures: list[CheckItem] = []
    rows: dict[str, int] = {}
    try:
        with transaction(connection):
            for table in tables:
                targets = {key.column.table.name for key in table.foreign_keys if not key.parent.nullable}
                if not is_only_read(table) and rows.keys() >= targets:
                    try:
                        rows[table.name] = _try(connection, table, rows)
                    except SyncError as error:
                        failures.append(CheckItem(error.code, False, error.params))
            raise _Stop
    except _Stop:
        return failures


def foreign_rules(connection: sa.Connection, tables: Sequence[sa.Table]) -> list[str]:
    """List triggers and constraints that no migration of the shop makes: `trigger no_price: products`."""
    names = [table.name for table in tables if not is_only_read(table)]
    found = connection.execute(sql("shop/foreign_rules"), {"tables": names}).all()
    keys = {table.name: _unique_columns(table) for table in tables}
    return [
        f"{kind} {rule}: {table}"
        for kind, rule, table, columns in found
        if kind != "unique" or frozenset(columns) not in keys[table]
    ]


def _unique_columns(table: sa.Table) -> set[frozenset[str]]:
    keys = {frozenset((column.name,)) for column in table.columns if column.unique}
    keys |= {frozenset(index.columns.keys()) for index in table.indexes if index.unique}
    constraints = (one for one in table.constraints if isinstance(one, sa.UniqueConstraint))
    return keys | {frozenset(one.columns.keys()) for one in constraints}


def _try(connection: sa.Connection, table: sa.Table, rows: dict[str, int]) -> int:
    """Insert a row, then update it or, in a table of links, delete it; returns its id."""
    connection.exec_driver_sql("SAVEPOINT write_check")
    try:
        row_id = connection.execute(table.insert().values(_row(table, rows)).returning(table.c.id)).scalar_one_or_none()
        if row_id is None:
            raise swallowed_rows(connection, table.name, 0, 1)
        if not is_link(table):
            same = {column.name: column for column in table.columns if column.name != "id"}
            changed = connection.execute(table.update().where(table.c.id == row_id).values(same)).rowcount
            if changed != 1:
                raise swallowed_rows(connection, table.name, changed, 1)
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
        if is_link(table):
            connection.execute(table.delete().where(table.c.id == row_id))
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        connection.exec_driver_sql("ROLLBACK TO write_check")
        raise translated(error) from error
    return int(row_id)


def _row(table: sa.Table, rows: dict[str, int]) -> dict[str, Any]:
    own = _VALUES.get(table.name, {})
    wanted = (column for column in table.columns if column.identity is None and column.name not in own)
    return own | {column.name: _value(column, rows) for column in wanted}


def _value(column: sa.Column[Any], rows: dict[str, int]) -> object:
    """Return a value for the type of a column; texts are short and unique."""
    for key in column.foreign_keys:
        return None if column.nullable else rows[key.column.table.name]
    if column.nullable and column.name not in ("onec_id", "normalized_name", "normalized_value"):
        return None
    if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Text):
        return f"check-{uuid4().hex}"[: column.type.length]
    kinds = {sa.Boolean: False, sa.Integer: 1, sa.Numeric: 1, sa.DateTime: sa.func.now(), JSONB: [], sa.Uuid: uuid4()}
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "")
