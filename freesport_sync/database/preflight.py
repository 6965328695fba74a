"""Checks a database before a run, point by point."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.checks import FOREIGN_RULES, REPAIR_DUE, CheckItem
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own.lock import find_holder
from freesport_sync.database.own.schema import current_revision, refuse_unusable_schema
from freesport_sync.database.server.engine import connect, driver_connection
from freesport_sync.database.shop.checks import (
    CATALOG_TABLES,
    CUSTOMER_TABLES,
    MissingKind,
    find_missing,
)
from freesport_sync.database.shop.sessions import refuse_foreign_session
from freesport_sync.database.shop.verify import (
    TableCreation,
    described,
    is_read_only,
    may_create_temp,
    refuse_creation,
    temp_right,
)
from freesport_sync.database.shop.write_check import check_writes, foreign_rules
from freesport_sync.database.undo.created_times import count_equal
from freesport_sync.errors import ConnectionFailed, LockHeld, SchemaMismatch


def check_database(url: sa.URL, label: str, creation: TableCreation = TableCreation.NEVER) -> tuple[CheckItem, ...]:
    """Check everything an import needs; rows written to try the shop's rules are rolled back.

    Args:
        url: with the password.
        label: of the database, for display.
        creation: whether an import would create shop tables that are missing.

    Raises:
        SyncError: the database cannot be reached, or only through a pooler.
    """
    connection = connect(url, "freesport_sync check")
    try:
        version = driver_connection(connection).info.parameter_status("server_version")
        shop = _check_shop(connection, creation)
        items = [
            CheckItem("reachable", True, {"database": label}),
            CheckItem("version", True, {"version": version}),
            CheckItem("direct", True),
            _check_second_connection(url),
            CheckItem("temp", True)
            if may_create_temp(connection)
            else CheckItem("temp_missing", False, {**temp_right(connection)}),
            CheckItem("writable_missing", False) if is_read_only(connection) else CheckItem("writable", True),
            shop,
            _check_own_schema(connection),
            _check_lock(connection),
        ]
        if shop.code == "shop":
            items += [
                _check_customer_tables(connection),
                *_check_sessions(connection),
                *_check_rules(connection),
                *_check_created_times(connection),
            ]
        return tuple(items)
    finally:
        connection.close()


def _check_second_connection(url: sa.URL) -> CheckItem:
    """An import needs two connections; a login may be limited to one."""
    try:
        connect(url, "freesport_sync check side").close()
    except ConnectionFailed as error:
        return CheckItem(error.code, False, error.params)
    return CheckItem("connections", True)


def _check_rules(connection: sa.Connection) -> list[CheckItem]:
    """Try the shop's triggers and constraints with a row of each table, and list those no migration makes."""
    if is_read_only(connection):
        return []
    tables = CATALOG_TABLES
    if not find_missing(connection, CUSTOMER_TABLES):
        tables += CUSTOMER_TABLES
    found = check_writes(connection, tables)
    if rules := foreign_rules(connection, tables):
        found.append(CheckItem(FOREIGN_RULES, True, {"rules": "\n".join(rules)}))
    return found


def _check_shop(connection: sa.Connection, creation: TableCreation) -> CheckItem:
    missing = find_missing(connection, CATALOG_TABLES)
    if not missing:
        return CheckItem("shop", True)
    if creation is TableCreation.NEVER or all(item.kind is not MissingKind.TABLE for item in missing):
        return CheckItem("shop_incomplete", False, {"missing": described(connection, missing)})
    try:
        refuse_creation(connection, creation)
    except SchemaMismatch as error:
        return CheckItem(error.code, False, error.params)
    return CheckItem("shop_will_be_created", True)


def _check_customer_tables(connection: sa.Connection) -> CheckItem:
    missing = find_missing(connection, CUSTOMER_TABLES)
    if not missing:
        return CheckItem("customers", True)
    return CheckItem("customers_incomplete", False, {"missing": described(connection, missing)})


def _check_created_times(connection: sa.Connection) -> list[CheckItem]:
    """Count products with equal `created_at`: imports still run, but buyers miss some products."""
    rows = count_equal(connection)
    return [CheckItem(REPAIR_DUE, True, {"rows": rows})] if rows else []


def _check_own_schema(connection: sa.Connection) -> CheckItem:
    try:
        refuse_unusable_schema(connection)
    except SchemaMismatch as error:
        return CheckItem(error.code.removeprefix("own_"), False, error.params)
    revision = current_revision(connection)
    if revision is not None:
        return CheckItem("schema", True, {"revision": revision})
    return CheckItem("schema_will_be_created", True)


def _check_lock(connection: sa.Connection) -> CheckItem:
    holder = find_holder(connection, SHOP_LOCK)
    if holder is None:
        return CheckItem("lock_free", True)
    since = holder.since.isoformat(timespec="seconds") if holder.since else ""
    if holder.run_id is None:
        return CheckItem(
            "lock_held_unknown", False, {"process": holder.backend_id, "address": holder.address, "since": since}
        )
    return CheckItem(
        "lock_held",
        False,
        {
            "operator": holder.operator,
            "host": holder.host,
            "run_id": holder.run_id,
            "stage": holder.stage,
            "since": since,
        },
    )


def _check_sessions(connection: sa.Connection) -> list[CheckItem]:
    try:
        refuse_foreign_session(connection)
    except LockHeld as error:
        return [CheckItem("foreign_session", False, error.params)]
    return []
