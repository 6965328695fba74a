"""Writes rows and verifies that they were stored: a trigger can silently drop a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import ImportFailed


class MergeConflict(Exception):
    """Somebody else has changed the same objects meanwhile; the merge must be repeated from staging.

    Args:
        reason: for display.
        table: the one that did not store every row, if any.
        written: number of rows stored.
        expected: number of rows sent.
    """

    def __init__(self, reason: str, table: str = "", written: int = 0, expected: int = 0) -> None:
        super().__init__(reason)
        self.table = table
        self.written = written
        self.expected = expected


def expect_written(table: str, written: int, expected: int) -> None:
    """Raise `MergeConflict` if a table has not stored as many rows as expected."""
    if written != expected:
        raise MergeConflict(f"{table}: {written} rows written, {expected} expected", table, written, expected)


def insert_rows(connection: sa.Connection, statement: sa.Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows.

    Raises:
        MergeConflict: the table has not stored every row.
    """
    if rows:
        # For several rows the driver's count is of rows sent, not of rows stored.
        taken = connection.execute(statement.returning(statement.table.c.id), rows).all()
        expect_written(statement.table.description, len(taken), len(rows))


def update_row(connection: sa.Connection, statement: sa.Update) -> None:
    """Update exactly one row.

    Raises:
        MergeConflict: the row is gone, or the update was not stored.
    """
    expect_written(statement.table.description, connection.execute(statement).rowcount, 1)


def swallowed_rows(connection: sa.Connection, table: str, written: int, expected: int) -> ImportFailed:
    """Return the error for rows that a table did not store although no other transaction interfered."""
    rules = ", ".join(swallowing_rules(connection, table))
    return ImportFailed("shop_swallows_rows", table=table, rules=rules, written=written, expected=expected)


def swallowing_rules(connection: sa.Connection, table: str) -> list[str]:
    """List what can silently keep rows out of a table: BEFORE ROW triggers and INSTEAD rules."""
    return list(connection.scalars(sql("server/swallowing_rules"), {"table": table}))
