"""Of which values 1C has spoken in runs that are never undone: what they have said is newer than an import before them.

An import that can be undone needs no such note. Undoing one undoes those after it too, and what they have confirmed
with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from freesport_sync.database.merge import MergeRules
from freesport_sync.database.sql_files import sql
from freesport_sync.database.written import changed_values, noted_tables


@dataclass(frozen=True, slots=True)
class SpokenBooks:
    """The objects of the reference books that an export has: 1C's keys."""

    categories: list[str]
    brands: list[str]
    price_types: list[str]
    attributes: list[str]


def store_spoken(
    connection: sa.Connection, run_id: int, rules: MergeRules, books: SpokenBooks, has_customers: bool
) -> None:
    """Store of which values a run that is never undone has spoken, whether or not it has changed them.

    Args:
        connection: in the merge's transaction, after everything is written.
        run_id: of the run.
        rules: of the merge: what 1C says and does not own counts for nothing.
        books: what the export has of the reference books.
        has_customers: customers were written too.
    """
    connection.execute(sql("note_spoken"), asdict(rules) | asdict(books))
    for one in noted_tables(has_customers):
        statement = f"""
            INSERT INTO spoken
            SELECT '{one.table.name}', id, array_agg(field ORDER BY field) FROM ({changed_values(one)}) AS changed
            GROUP BY id
        """
        connection.execute(sa.text(statement))
    connection.execute(sql("store_spoken"), {"run_id": run_id})
