"""Rows with equal `created_at`: the shop pages its lists by that time alone, so that some of them are never shown."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from freesport_sync.core.run import Counts, Entity, FieldChange
from freesport_sync.database.server.key_ranges import key_ranges
from freesport_sync.database.server.writing import expect_written
from freesport_sync.database.undo.restorable import RESTORABLE_BY_TABLE, Restorable

PAGED = (RESTORABLE_BY_TABLE["products"],)
"""Tables whose rows the shop shows to buyers page by page, the newest first."""

# Each row gets its own time or, where that is not later than the row before has got, the next microsecond: the order
# stays, and nobody's time is taken. `created_at - place` never falls where all times are distinct.
_SPREAD = """
    SELECT id, created_at AS before, target
    FROM (
        SELECT id, created_at,
               max(created_at - place * interval '1 microsecond') OVER (ORDER BY place)
                   + place * interval '1 microsecond' AS target
        FROM (
            SELECT id, created_at, row_number() OVER (ORDER BY created_at, id) AS place
            FROM {table} WHERE isfinite(created_at)
        ) AS placed
    ) AS spread
    WHERE target <> created_at
"""

# A row that has another time now is not ours any more.
_BACK = """
    SELECT t.id, t.created_at AS before, w.before AS target
    FROM (
        SELECT s.before, row.id, s.written + (row_number() OVER (PARTITION BY s.before ORDER BY row.id) - 1)
                   * interval '1 microsecond' AS written
        FROM freesport_sync.spread_times AS s
        CROSS JOIN LATERAL unnest(s.ids) AS part
        CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS row (id)
        WHERE s.run_id = :run_id AND s.table_name = '{table}'
    ) AS w
    JOIN {table} AS t ON t.id = w.id AND t.created_at = w.written
"""


def count_equal(connection: sa.Connection) -> int:
    """How many rows a repair would give another time."""
    counts = (sa.text(f"SELECT count(*) FROM ({_SPREAD.format(table=one.table.name)}) AS s") for one in PAGED)
    return sum(connection.scalar(count) or 0 for count in counts)


def compare(connection: sa.Connection) -> dict[Entity, Counts]:
    """Find the new times of rows with equal ones; returns how many rows of what would change.

    Args:
        connection: in the transaction that will write.
    """
    _fill(connection, _SPREAD, {})
    return {one.entity: Counts(updated=count) for one, count in _changed(connection)}


def compare_back(connection: sa.Connection, run_id: int) -> dict[Entity, Counts]:
    """Find the times that rows had before a repair; those that have got another one since count as skipped.

    Args:
        connection: in the transaction that will write.
        run_id: of the repair.
    """
    _fill(connection, _BACK, {"run_id": run_id})
    query = sa.text(
        "SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM freesport_sync.spread_times, unnest(ids) AS part"
        " WHERE run_id = :run_id AND table_name = :name"
    )
    spread = {
        one.entity: int(connection.scalar(query, {"run_id": run_id, "name": one.table.name}) or 0) for one in PAGED
    }
    return {one.entity: Counts(updated=n, skipped=spread[one.entity] - n) for one, n in _changed(connection)}


def read_changes(connection: sa.Connection, limit: int) -> tuple[FieldChange, ...]:
    """What would change, row by row; after a comparison."""
    parts = [
        f"SELECT '{one.entity.value}', {one.onec_id}, {one.name}, 'created_at', c.before::text, c.target::text, c.ord"
        f" FROM changed_time AS c JOIN {one.table.name} AS t ON t.id = c.id WHERE c.table_name = '{one.table.name}'"
        for one in PAGED
    ]
    rows = connection.execute(sa.text(f"{' UNION ALL '.join(parts)} ORDER BY 1, 7 LIMIT :limit"), {"limit": limit})
    return tuple(FieldChange(Entity(row[0]), *row[1:6]) for row in rows)


def apply(connection: sa.Connection, advance: Callable[[int], None]) -> None:
    """Write the times found, in key ranges; `advance` hears how many are done and may raise `Cancelled`.

    Nothing else of a row changes, not even `updated_at`: for the shop it is the same as before.

    Raises:
        MergeConflict: somebody has changed or deleted one of the rows meanwhile.
    """
    done = 0
    for one, count in _changed(connection):
        table = one.table.name
        mine = f"c.table_name = '{table}' AND c.ord BETWEEN :first AND :last"
        for first, last in key_ranges(1, count):
            bounds = {"first": first, "last": last}
            connection.execute(
                sa.text(
                    f"SELECT count(*) FROM (SELECT t.id FROM {table} AS t WHERE t.id IN"
                    f" (SELECT c.id FROM changed_time AS c WHERE {mine}) ORDER BY t.id FOR UPDATE) AS locked"
                ),
                bounds,
            )
            update = f"UPDATE {table} AS t SET created_at = c.target FROM changed_time AS c"
            written = connection.execute(
                sa.text(f"{update} WHERE {mine} AND t.id = c.id AND t.created_at = c.before"), bounds
            ).rowcount
            expect_written(table, written, last - first + 1)
            done += written
            advance(done)


def store(connection: sa.Connection, run_id: int) -> None:
    """Remember what a repair has written: of rows that had the same time, their ids and the first of the new times."""
    connection.execute(
        sa.text(
            "INSERT INTO freesport_sync.spread_times (run_id, table_name, before, written, ids)"
            " SELECT :run_id, table_name, before, min(target), range_agg(int8range(id, id, '[]'))"
            " FROM changed_time GROUP BY table_name, before"
        ),
        {"run_id": run_id},
    )


def _fill(connection: sa.Connection, query: str, parameters: dict[str, object]) -> None:
    connection.execute(
        sa.text(
            "CREATE TEMP TABLE changed_time ("
            " table_name text, ord bigint, id bigint, before timestamptz, target timestamptz) ON COMMIT DROP"
        )
    )
    for one in PAGED:
        table = one.table.name
        found = query.format(table=table)
        connection.execute(
            sa.text(
                f"INSERT INTO changed_time SELECT '{table}', row_number() OVER (ORDER BY id), id, before, target"
                f" FROM ({found}) AS found"
            ),
            parameters,
        )
    connection.execute(sa.text("ANALYZE changed_time"))


def _changed(connection: sa.Connection) -> list[tuple[Restorable, int]]:
    """The tables, and how many of their rows get another time."""
    query = sa.text("SELECT count(*) FROM changed_time WHERE table_name = :name")
    return [(one, connection.scalar(query, {"name": one.table.name}) or 0) for one in PAGED]
