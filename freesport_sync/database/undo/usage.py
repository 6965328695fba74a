"""Finds rows inserted by imports that the shop has used since: undoing leaves them visible (UNDO-3).

A row is in use if anything refers to it by a foreign key, also from tables unknown to this program, if anybody else has
written it since, or if it is a customer who can log in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.database.server.rows import has_rows
from freesport_sync.database.server.sql_files import Part, sql
from freesport_sync.database.undo.restorable import BACKUP_TABLES, RESTORABLE, Restorable
from freesport_sync.rules.customers import NEW_ROLE

_HIDEABLE = [one.table.name for one in RESTORABLE if one.is_hideable]
_FILLED = [table.name for table in BACKUP_TABLES if table.schema is None and table.name not in _HIDEABLE]
"""Tables whose rows imports insert together with what they refer to: no sign of use."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key to a table whose rows undoing may hide.

    Args:
        table: the referring table.
        schema: its schema.
        column: its column.
        referred: the referenced column.
        is_ours: whether imports insert and undoing hides its rows.
        is_readable: whether our role may read it.
    """

    table: str
    schema: str
    column: str
    referred: str
    is_ours: bool
    is_readable: bool


def keep_used_rows(connection: sa.Connection, rows: Sequence[Restorable]) -> None:
    """Mark rows of `difference` that the shop has used, and those they refer to, as kept.

    Args:
        connection: in the transaction that will set back, after everything is compared.
        rows: the tables, referenced tables first.
    """
    for one in reversed(rows):
        if one.is_hideable and has_rows(connection, "row_to_hide", sa.column("table_name") == one.table.name):
            _keep(connection, one)


def note_shop_changes(connection: sa.Connection, one: Restorable, written: sa.TextClause) -> None:
    """Note which rows inserted by imports the shop has written, before a run of ours overwrites the trace.

    A row's `xmin` names only its last writer.

    Args:
        connection: in the transaction that writes.
        one: a table with rows that undoing may hide.
        written: a query for id and last writer before this transaction of the rows it writes.
    """
    connection.execute(sql("undo/usage/note", written=written), {"table": one.table.name})


def _keep(connection: sa.Connection, one: Restorable) -> None:
    table = {"table": one.table.name}
    names = {**table, "ours": _HIDEABLE, "filled": _FILLED}
    references = [_Reference(*row) for row in connection.execute(sql("undo/usage/references"), names)]
    readable = [each for each in references if each.is_readable]
    _find_signs(connection, one, readable)
    while connection.execute(sql("undo/usage/keep"), {**table, "reason": "used"}).rowcount and any(
        each.table == one.table.name for each in references
    ):
        _find_signs(connection, one, readable)  # a kept category keeps its parent
    if unreadable := [each.table for each in references if not each.is_readable]:
        connection.execute(sql("undo/usage/unreadable"), {**table, "unreadable": unreadable})
        connection.execute(sql("undo/usage/keep"), {**table, "reason": "unknown"})


def _find_signs(connection: sa.Connection, one: Restorable, references: Sequence[_Reference]) -> None:
    """Fill `sign_of_use` with the signs that the shop uses rows which would be hidden."""
    name = {"table": one.table.name}
    connection.execute(sql("undo/usage/forget_signs"))
    is_touched = sql("undo/usage/is_touched" if one.has_update_time else "undo/usage/is_untouched")
    connection.execute(sql("undo/usage/edited", table=one.table, is_touched=is_touched), name)
    if one.table.name == "users":
        connection.execute(sql("undo/usage/customers"), {**name, "new_role": NEW_ROLE})
    for each in references:
        parts: dict[str, Part] = {
            "table": one.table,
            "referring": sa.table(each.table, schema=each.schema),
            "column": each.column,
            "referred": each.referred,
        }
        statement = sql("undo/usage/referred_by_ours" if each.is_ours else "undo/usage/referred", **parts)
        connection.execute(statement, {**name, "referring": each.table, "column": each.column})
