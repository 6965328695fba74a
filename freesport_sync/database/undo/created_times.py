"""Rows with equal `created_at`: the shop pages by that time alone and never shows some of them (PRODUCT-8)."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.database.server.key_ranges import key_ranges
from freesport_sync.database.server.rows import analyze, count_rows
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.server.writing import expect_written
from freesport_sync.database.undo.restorable import RESTORABLE_BY_TABLE, Restorable

PAGED = (RESTORABLE_BY_TABLE["products"],)
"""Tables that the shop pages through, newest first."""


def count_equal(connection: sa.Connection) -> int:
    """Count the rows whose time a repair would change."""
    counts = (sql("undo/created_times/count", found=_spread(one)) for one in PAGED)
    return sum(connection.scalar(count) or 0 for count in counts)


def compare(connection: sa.Connection) -> dict[str, Counts]:
    """Compute new times for rows with equal ones; returns the counts.

    Args:
        connection: in the transaction that will write.
    """
    _fill(connection, _spread)
    return {one.entity: Counts(updated=count) for one, count in _changed(connection)}


def compare_undo(connection: sa.Connection, run_id: int) -> dict[str, Counts]:
    """Look up the times before a repair; rows whose time has changed since count as skipped.

    Args:
        connection: in the transaction that will write.
        run_id: of the repair.
    """
    _fill(connection, _before_repair, run_id)
    query = sql("undo/created_times/count_stored")
    spread = {one.entity: connection.scalar(query, {"run_id": run_id, "table": one.table.name}) or 0 for one in PAGED}
    return {one.entity: Counts(updated=n, skipped=spread[one.entity] - n) for one, n in _changed(connection)}


def read_changes(connection: sa.Connection, limit: int) -> tuple[FieldChange, ...]:
    """List the changes row by row, after a comparison."""
    changes: list[FieldChange] = []
    for one in PAGED:
        query = sql("undo/created_times/list", table=one.table, label=one.label)
        rows = connection.execute(query, {"table": one.table.name, "limit": limit - len(changes)})
        changes += [FieldChange(one.entity, row[0], row[1], "created_at", row[2], row[3]) for row in rows]
    return tuple(changes)


def apply(connection: sa.Connection, advance: Callable[[int], None]) -> None:
    """Write the new times in key ranges. Nothing else changes, not even `updated_at`.

    Args:
        connection: in the transaction of the comparison.
        advance: called with the number of rows written; may raise `Cancelled`.

    Raises:
        MergeConflict: one of the rows was changed or deleted meanwhile.
    """
    done = 0
    for one, count in _changed(connection):
        table = one.table.name
        for first, last in key_ranges(1, count):
            bounds = {"table": table, "first": first, "last": last}
            connection.execute(sql("undo/created_times/lock", table=one.table), bounds)
            written = connection.execute(sql("undo/created_times/write", table=one.table), bounds).rowcount
            expect_written(table, written, last - first + 1)
            done += written
            advance(done)


def store(connection: sa.Connection, run_id: int) -> None:
    """Store what a repair has written: per old time, the ids of its rows and the first new time."""
    connection.execute(sql("undo/created_times/store"), {"run_id": run_id})


def _spread(one: Restorable) -> sa.TextClause:
    return sql("undo/created_times/spread", table=one.table)


def _before_repair(one: Restorable) -> sa.TextClause:
    return sql("undo/created_times/before_repair", table=one.table)


def _fill(connection: sa.Connection, query: Callable[[Restorable], sa.TextClause], run_id: int | None = None) -> None:
    connection.execute(sql("undo/created_times/create"))
    for one in PAGED:
        values = {"table": one.table.name, "run_id": run_id}
        connection.execute(sql("undo/created_times/fill", found=query(one)), values)
    analyze(connection, "changed_time", ("ord", "id"))


def _changed(connection: sa.Connection) -> list[tuple[Restorable, int]]:
    """Return the tables with their numbers of changed rows."""
    table: sa.ColumnClause[str] = sa.column("table_name")
    return [(one, count_rows(connection, "changed_time", table == one.table.name)) for one in PAGED]
