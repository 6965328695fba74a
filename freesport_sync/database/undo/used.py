"""Which rows that an import has made the shop has used since: undoing leaves them as they are.

Whatever refers to a row speaks for it, which the catalogue of foreign keys tells, so a table that this program has
never heard of counts as well. So does whoever has written the row since, and a customer who can log in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.database.own.runs import XID_BITS
from freesport_sync.database.server.engine import exists
from freesport_sync.database.server.sql_files import sql
from freesport_sync.database.undo.restorable import BACKUP_TABLES, RESTORABLE, Restorable
from freesport_sync.rules.customers import NEW_ROLE

_SIGNS_OF_LIFE = {
    "password": "t.password <> '' AND t.password NOT LIKE '!%'",
    "role": f"t.role <> '{NEW_ROLE}'",
    "last_login": "t.last_login IS NOT NULL",
    "verification": "t.is_verified OR t.verification_status <> 'unverified'",
    "rights": "t.is_staff OR t.is_superuser",
}
"""Of a customer: an import makes nothing of all that."""

CHANGES = "changes"
"""The sign of a row that somebody else has written."""

_HIDEABLE = [one.table.name for one in RESTORABLE if one.is_hideable]
_FILLED = [table.name for table in BACKUP_TABLES if table.schema is None and table.name not in _HIDEABLE]
"""Tables of which every row is made by an import together with what it refers to."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key that points at a table whose rows undoing may hide.

    Args:
        name: of the referring table, for people.
        table: the same, in SQL.
        column: its column, in SQL.
        referred: the column it points at, in SQL.
        is_ours: whether imports make and hide its rows.
        is_readable: whether our role may look.
    """

    name: str
    table: str
    column: str
    referred: str
    is_ours: bool
    is_readable: bool


def keep_used(connection: sa.Connection, rows: Sequence[Restorable]) -> None:
    """Keep those rows of `difference` that the shop has used, and what they in turn refer to.

    Args:
        connection: in the transaction that will set back, after everything is compared.
        rows: the tables, the referenced ones before the referring ones.
    """
    for one in reversed(rows):
        if one.is_hideable and exists(connection, _candidates(one.table.name)):
            _keep(connection, one)


def note_used(connection: sa.Connection, table: str, written: str) -> None:
    """Note in `spoken` which rows that an import has made had been written by the shop, before a run of ours did.

    A row tells only who has written it last.

    Args:
        connection: in the transaction that writes.
        table: one that imports make and hide rows of.
        written: a query of ours for id and last writer, before this transaction, of the rows that it writes.
    """
    connection.execute(
        sa.text(f"""
            INSERT INTO spoken
            SELECT DISTINCT '{table}', w.id, ARRAY['{CHANGES}']
            FROM ({written}) AS w (id, writer)
            WHERE w.writer NOT IN (
                    SELECT coalesce(merged_xid, 0) FROM freesport_sync.runs WHERE merged_at IS NOT NULL
                    UNION ALL SELECT txid_current() & {XID_BITS})
              AND EXISTS (
                  SELECT FROM freesport_sync.created_rows AS c JOIN freesport_sync.runs AS r ON r.id = c.run_id
                  WHERE c.table_name = '{table}' AND c.ids @> w.id AND r.merged_xid IS NOT NULL)
        """)
    )


def _keep(connection: sa.Connection, one: Restorable) -> None:
    table = one.table.name
    names = {"table": table, "ours": _HIDEABLE, "filled": _FILLED}
    references = [_Reference(*row) for row in connection.execute(sql("undo/references"), names)]
    signs = [_edited(one), *(_referred(table, each) for each in references if each.is_readable)]
    if table == "users":
        signs += [f"SELECT t.id, '{sign}' FROM users AS t WHERE {lives}" for sign, lives in _SIGNS_OF_LIFE.items()]
    used = sa.text(_kept(table, "used", " UNION ALL ".join(signs)))
    while connection.execute(used).rowcount and any(each.name == table for each in references):
        pass  # a category that is kept keeps the one it lies in
    if unseen := [each.name for each in references if not each.is_readable]:
        unknown = f"SELECT t.id, unnest(CAST(:unseen AS text[])) FROM {table} AS t"
        connection.execute(sa.text(_kept(table, "unknown", unknown)), {"unseen": unseen})


def _kept(table: str, reason: str, signs: str) -> str:
    return f"""
        UPDATE difference AS d SET is_set_back = false, reason = '{reason}', because = s.signs
        FROM (
            SELECT row_id, string_agg(DISTINCT sign, ', ' ORDER BY sign) AS signs
            FROM ({signs}) AS sign (row_id, sign) WHERE row_id IN ({_candidates(table)}) GROUP BY row_id
        ) AS s
        WHERE d.table_name = '{table}' AND d.row_id = s.row_id AND d.reason IN ('created', 'shown') AND d.is_set_back
    """


def _candidates(table: str) -> str:
    """Rows that imports have made, or have shown again after an undo had hidden them."""
    hidden = f"table_name = '{table}' AND reason IN ('created', 'shown') AND is_set_back"
    return f"SELECT row_id FROM difference WHERE {hidden}"


def _edited(one: Restorable) -> str:
    """Somebody else has written the row since; of what an older program made only its time of change tells that."""
    table = one.table.name
    touched = "t.updated_at NOT IN (SELECT merged_at FROM our_write)" if one.is_touched else "false"
    return f"""
        SELECT s.row_id, s.field
        FROM spoken_value AS s
        JOIN import_value AS v ON v.table_name = s.table_name AND v.row_id = s.row_id AND v.field = 'is_active'
        WHERE s.table_name = '{table}' AND s.field = '{CHANGES}' AND s.run_id > v.last_run
        UNION ALL
        SELECT t.id, '{CHANGES}'
        FROM {table} AS t JOIN created_row AS c ON c.table_name = '{table}' AND c.row_id = t.id
        JOIN freesport_sync.runs AS r ON r.id = c.run_id
        WHERE CASE WHEN r.merged_xid IS NULL THEN {touched}
                   ELSE t.xmin::text::bigint NOT IN (SELECT merged_xid FROM our_write) END
    """


def _referred(table: str, reference: _Reference) -> str:
    """Of the tables that imports fill, only a row counts that will be there, and refer, when all is undone."""
    counts = "true"
    if reference.is_ours:
        counts = f"""
            NOT EXISTS (
                SELECT FROM difference AS d
                WHERE d.table_name = '{reference.name}' AND d.row_id = r.id AND d.is_set_back
                  AND (d.field = 'is_active' AND d.target = 'false' OR d.field = '{reference.column}'))
            AND (r.is_active OR NOT EXISTS (
                SELECT FROM created_row AS c WHERE c.table_name = '{reference.name}' AND c.row_id = r.id))
        """
    return f"""
        SELECT t.id, '{reference.name}'
        FROM {table} AS t JOIN {reference.table} AS r ON r.{reference.column} = t.{reference.referred}
        WHERE t.id IN ({_candidates(table)}) AND {counts}
    """
