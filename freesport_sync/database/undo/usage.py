"""Which rows that an import has made the shop has used since: undoing leaves them as they are (UNDO-3).

Whatever refers to a row speaks for it, which the catalogue of foreign keys tells, so a table that this program has
never heard of counts as well. So does whoever has written the row since, and a customer who can log in.
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
"""Tables of which every row is made by an import together with what it refers to."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key that points at a table whose rows undoing may hide.

    Args:
        table: that refers.
        schema: of the table.
        column: of the table.
        referred: the column it points at.
        is_ours: whether imports make and hide its rows.
        is_readable: whether our role may look.
    """

    table: str
    schema: str
    column: str
    referred: str
    is_ours: bool
    is_readable: bool


def keep_used_rows(connection: sa.Connection, rows: Sequence[Restorable]) -> None:
    """Keep those rows of `difference` that the shop has used, and what they in turn refer to.

    Args:
        connection: in the transaction that will set back, after everything is compared.
        rows: the tables, the referenced ones before the referring ones.
    """
    for one in reversed(rows):
        if one.is_hideable and has_rows(connection, "row_to_hide", sa.column("table_name") == one.table.name):
            _keep(connection, one)


def note_shop_changes(connection: sa.Connection, one: Restorable, written: sa.TextClause) -> None:
    """Note in `confirmation` which rows that an import has made had been written by the shop, before a run of ours did.

    A row tells only who has written it last.

    Args:
        connection: in the transaction that writes.
        one: a table of which imports make and hide rows.
        written: a query for id and last writer, before this transaction, of the rows that it writes.
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
        _find_signs(connection, one, readable)  # a category that is kept keeps the one it lies in
    if unreadable := [each.table for each in references if not each.is_readable]:
        connection.execute(sql("undo/usage/unreadable"), {**table, "unreadable": unreadable})
        connection.execute(sql("undo/usage/keep"), {**table, "reason": "unknown"})


def _find_signs(connection: sa.Connection, one: Restorable, references: Sequence[_Reference]) -> None:
    """Fill `sign_of_use` with what tells that the shop uses rows which would be hidden."""
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
