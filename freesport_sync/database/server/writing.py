"""Writes rows and makes sure that the shop has taken them: a trigger can let a row vanish without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import ImportFailed


class MergeConflict(Exception):
    """Somebody else has changed the same objects meanwhile: the merge has to start again from staging.

    Args:
        reason: for people.
        table: that has not taken every row; empty where it is not about that.
        written: rows that it took.
        expected: rows that it was given.
    """

    def __init__(self, reason: str, table: str = "", written: int = 0, expected: int = 0) -> None:
        super().__init__(reason)
        self.table = table
        self.written = written
        self.expected = expected


def expect_written(table: str, written: int, expected: int) -> None:
    """Raise `MergeConflict` where a table has not taken as many rows as it was given."""
    if written != expected:
        raise MergeConflict(f"{table}: {written} rows written, {expected} expected", table, written, expected)


def insert_rows(connection: sa.Connection, statement: sa.Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all of them.

    Raises:
        MergeConflict: the table has not taken every row.
    """
    if rows:
        # Of several rows the driver counts what it was given, not what the table took.
        taken = connection.execute(statement.returning(statement.table.c.id), rows).all()
        expect_written(statement.table.description, len(taken), len(rows))


def update_row(connection: sa.Connection, statement: sa.Update) -> None:
    """Update the one row that a statement names.

    Raises:
        MergeConflict: it is gone, or the table has not taken it.
    """
    expect_written(statement.table.description, connection.execute(statement).rowcount, 1)


def swallowed_rows(connection: sa.Connection, table: str, written: int, expected: int) -> ImportFailed:
    """The error for rows that a table did not take although nobody else was in the way."""
    rules = ", ".join(swallowing_rules(connection, table))
    return ImportFailed("shop_swallows_rows", table=table, rules=rules, written=written, expected=expected)


def swallowing_rules(connection: sa.Connection, table: str) -> list[str]:
    """What can keep rows from a table without an error: triggers before a row is written, and rules."""
    return list(connection.scalars(sql("server/swallowing_rules"), {"table": table}))
