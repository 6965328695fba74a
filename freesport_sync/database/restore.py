"""Compares the shop with a backup and sets back what imports have written since; what the shop itself did stays.

Who spoke last decides. A value goes back if it is still the one that the last undoable run has written, and neither a
run that nobody undoes nor the shop has confirmed it since. Everything else is kept and listed. Rows are never deleted:
those that an import has made are hidden, unless the shop has used them since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from freesport_sync.core.backup import SavedTable
from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.core.run import Counts, Entity, FieldChange
from freesport_sync.database.engine import SupportsRead, copy_in, fetch_in_chunks
from freesport_sync.database.restorable import (
    BACKUP_TABLES,
    LINKS,
    RESTORABLE,
    VALUE,
    Links,
    Restorable,
    backup_columns,
    qualified,
)
from freesport_sync.database.sql_files import sql
from freesport_sync.database.used import keep_used

_BACKED_UP = {table.name: table for table in BACKUP_TABLES}
_COMPARED = {one.table.name for one in RESTORABLE} | {links.table.name for links in LINKS} | {"deactivated_objects"}


def is_compared(table: str) -> bool:
    """Whether a restore looks at the rows of a table; of the others nothing is ever updated."""
    return table in _COMPARED


def load_table(connection: sa.Connection, saved: SavedTable, rows: SupportsRead) -> None:
    """Put the rows of a backup into the temporary table `backup_<table>`.

    Args:
        connection: the lock's connection, in autocommit.
        saved: the table, as the manifest has it.
        rows: in COPY text format.
    """
    table, columns = _BACKED_UP[saved.name], ", ".join(saved.columns)
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE backup_{table.name} AS SELECT {columns} FROM {qualified(table)} WITH NO DATA"
    )
    copy_in(connection, f"COPY backup_{table.name} ({columns}) FROM STDIN", rows)
    connection.exec_driver_sql(f"ANALYZE backup_{table.name} ({'id' if 'id' in table.c else 'onec_id'})")


class Comparison:
    """The difference between the shop and the loaded backup.

    Args:
        connection: in the transaction that will set back.
        tables: names of the loaded tables.
        since: number of the run that made the backup; it and all later ones are set back.
    """

    def __init__(self, connection: sa.Connection, tables: frozenset[str], since: int) -> None:
        self._connection = connection
        self._rows = [one for one in RESTORABLE if one.table.name in tables]
        self._links = [links for links in LINKS if links.table.name in tables]
        self._since = since

    @property
    def steps(self) -> int:
        """How often `apply` advances."""
        return len(self._rows) + len(self._links)

    def make(self, is_locking: bool) -> None:
        """Compare; first lock what imports have written, so that no sale falls between comparison and write.

        Args:
            is_locking: False for a dry run, which disturbs nobody.
        """
        self._connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")  # whole tables are compared
        self._connection.execute(sql("compare_with_backup"), {"since": self._since})
        for one in self._rows:
            if is_locking:
                self._execute(_locked(one))
            self._execute(_differing(one))
            self._execute(_vanished(one))
            self._execute(_confirmed(one))
            if one.is_hideable:
                self._execute(_created(one))
            for column in one.columns:
                self._refuse_impossible(one, column)
        self._execute(sql("refuse_parent_cycles"))
        for links in self._links:
            self._execute(_differing_links(links))
        keep_used(self._connection, self._rows)
        self._execute(sql("empty_hidden"))
        self._execute(sql("forget_bookkeeping"))

    def counts(self) -> dict[Entity, Counts]:
        """Rows that are set back (updated) and rows of which something is kept (skipped)."""
        rows = self._connection.execute(sql("count_differences"))
        return {Entity(entity): Counts(updated=updated, skipped=skipped) for entity, updated, skipped in rows}

    def changes(self, limit: int) -> tuple[FieldChange, ...]:
        """What is set back, value by value."""
        rows = self._connection.execute(sql("list_set_back"), {"limit": limit})
        return tuple(FieldChange(Entity(row[0]), *row[1:]) for row in rows)

    def kept(self) -> Iterator[tuple[RowIssue, ...]]:
        """What is different and stays, a portion at a time."""
        for rows in fetch_in_chunks(self._connection, sql("list_kept").text):
            yield tuple(_issue(row) for row in rows)

    def apply(self, run_id: int, advance: Callable[[], None]) -> None:
        """Set back.

        Args:
            run_id: of the restoring run: what it writes is an import's, should an older backup be restored next.
            advance: called after each table; may raise to stop.
        """
        for one in self._rows:
            for column in one.columns:
                if one.table.c[column].unique:
                    self._execute(_parked(one, column))
            self._execute(_set_back(one))
            advance()
        for links in self._links:
            self._execute(_links_removed(links))
            self._execute(_links_made(links))
            advance()
        self._execute(sql("set_back_product_links"))
        self._connection.execute(sql("note_set_back"), {"run_id": run_id})

    def _refuse_impossible(self, one: Restorable, name: str) -> None:
        """What is set back must exist where it refers to, and nobody else may have it where only one can."""
        column = one.table.c[name]
        for key in column.foreign_keys:
            self._execute(_gone(one, name, key.column.table.name))
        if column.unique:
            while self._execute(_taken(one, name)):  # who is refused keeps what another one wanted
                pass

    def _execute(self, statement: str | sa.TextClause) -> int:
        text = sa.text(statement) if isinstance(statement, str) else statement
        return self._connection.execute(text).rowcount


_ISSUES = {
    "shop": (Severity.NOTE, "restore_kept"),
    "after_import": (Severity.WARNING, "restore_kept_after_import"),
    "newer": (Severity.NOTE, "restore_kept_newer"),
    "confirmed": (Severity.WARNING, "restore_kept_confirmed"),
    "used": (Severity.WARNING, "restore_kept_used"),
    "unknown": (Severity.WARNING, "restore_kept_unknown"),
    "vanished": (Severity.NOTE, "restore_row_vanished"),
    "gone": (Severity.WARNING, "restore_reference_gone"),
    "taken": (Severity.WARNING, "restore_value_taken"),
    "cycle": (Severity.WARNING, "restore_category_cycle"),
}


def _issue(row: sa.RowMapping) -> RowIssue:
    severity, code = _ISSUES[row["reason"]]
    return RowIssue(
        severity,
        code,
        onec_id=row["onec_id"],
        name=row["name"][:SHOWN_LENGTH],
        field=row["field"],
        value=row["current"][:SHOWN_LENGTH],
        params={"saved": row["saved"][:SHOWN_LENGTH], "because": row["because"]},
    )


def _locked(one: Restorable) -> str:
    table = one.table.name
    return f"""
        SELECT count(*) FROM (
            SELECT t.id FROM {table} AS t
            WHERE t.id IN (SELECT row_id FROM import_value WHERE table_name = '{table}') ORDER BY t.id FOR UPDATE
        ) AS locked
    """


def _differing(one: Restorable) -> str:
    table, saved, current = one.table.name, one.listed("b"), one.listed("t")
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name}, field.key,
               row.saved -> field.key, field.value, v.before,
               goes.back,
               CASE WHEN newer.run IS NOT NULL THEN 'newer'
                    WHEN v.row_id IS NULL OR v.before = field.value THEN 'shop' ELSE 'after_import' END,
               newer.run::text
        FROM backup_{table} AS b
        JOIN {table} AS t ON t.id = b.id AND (
            ROW ({saved}) IS DISTINCT FROM ROW ({current})
            -- An import may have written just what the backup has, over what the shop had done meanwhile.
            OR t.id IN (SELECT row_id FROM import_value WHERE table_name = '{table}'))
        CROSS JOIN LATERAL (
            SELECT to_jsonb(s) AS saved, to_jsonb(c) AS current
            FROM (SELECT {saved}) AS s, (SELECT {current}) AS c OFFSET 0
        ) AS row
        CROSS JOIN LATERAL jsonb_each(row.current) AS field
        LEFT JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = t.id AND v.field = field.key
        LEFT JOIN spoken_value AS s ON s.table_name = '{table}' AND s.row_id = t.id AND s.field = field.key
        CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN s.run_id ELSE v.newer_run END AS run) AS newer
        CROSS JOIN LATERAL (
            SELECT coalesce(v.written = field.value AND v.before <> field.value AND v.is_live, false)
                   AND newer.run IS NULL AS back
        ) AS goes
        WHERE field.value IS DISTINCT FROM row.saved -> field.key OR goes.back
    """


def _confirmed(one: Restorable) -> str:
    """The shop has written a row since, and nothing in it is different for that: somebody has confirmed what it has.

    Who changes one value need not have looked at the others, so these go back. Orders write the stock only, past the
    time of the last change: one that is cancelled says nothing of the prices.
    """
    table, columns = one.table.name, backup_columns(one.table)
    listed = {alias: ", ".join(f"{alias}.{column}" for column in columns) for alias in ("b", "t")}
    touched = "t.updated_at <> b.updated_at AND t.updated_at NOT IN (SELECT merged_at FROM our_write)"
    stirred = "t.xmin::text::bigint NOT IN (SELECT merged_xid FROM our_write) AND NOT EXISTS (SELECT FROM unmarked_run)"
    is_saved = touched if one.is_touched else "false"
    return f"""
        WITH written AS (
            SELECT t.id, {is_saved} AS is_saved, to_jsonb(row_now) AS now, to_jsonb(row_then) AS saved
            FROM {table} AS t JOIN backup_{table} AS b ON b.id = t.id
            CROSS JOIN LATERAL (SELECT {listed["t"]}) AS row_now CROSS JOIN LATERAL (SELECT {listed["b"]}) AS row_then
            WHERE t.id IN (SELECT row_id FROM difference WHERE table_name = '{table}' AND is_set_back)
              AND ({is_saved} OR ({stirred}))
        ),
        explained AS (
            SELECT w.id
            FROM written AS w CROSS JOIN LATERAL jsonb_each(w.now) AS field
            LEFT JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = w.id AND v.field = field.key
            LEFT JOIN spoken_value AS s ON s.table_name = '{table}' AND s.row_id = w.id AND s.field = field.key
            WHERE field.value IS DISTINCT FROM coalesce(v.written, w.saved -> field.key) AND s.row_id IS NULL
              AND field.key NOT IN ('created_at', 'updated_at', 'last_sync_at', 'sync_status')
        )
        UPDATE difference AS d SET is_set_back = false, reason = 'confirmed'
        FROM written AS w
        WHERE d.table_name = '{table}' AND d.row_id = w.id AND d.is_set_back AND w.id NOT IN (SELECT id FROM explained)
          AND (w.is_saved OR d.table_name <> 'product_variants' OR d.field = 'stock_quantity')
    """


def _vanished(one: Restorable) -> str:
    table = one.table.name
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name}, '',
               NULL, NULL, NULL, false, 'vanished', NULL
        FROM backup_{table} AS t
        WHERE NOT EXISTS (SELECT FROM {table} AS now WHERE now.id = t.id)
    """


def _created(one: Restorable) -> str:
    """A row that is not in the backup and that imports have made and shown; after them somebody may have shown it."""
    table = one.table.name
    return f"""
        INSERT INTO difference
        SELECT '{table}', '{one.entity.value}', t.id, {one.onec_id}, {one.name},
               'is_active', 'false', 'true', 'false', goes.back,
               CASE WHEN goes.back THEN 'created' WHEN v.newer_run IS NULL THEN 'after_import' ELSE 'newer' END,
               v.newer_run::text
        FROM {table} AS t
        JOIN import_value AS v ON v.table_name = '{table}' AND v.row_id = t.id AND v.field = 'is_active'
        CROSS JOIN LATERAL (
            SELECT v.written = 'true' AND v.before = 'false' AND v.is_live AND v.newer_run IS NULL AS back
        ) AS goes
        WHERE t.is_active AND t.id IN (SELECT row_id FROM created_row WHERE table_name = '{table}')
          AND NOT EXISTS (SELECT FROM backup_{table} AS b WHERE b.id = t.id)
    """


def _gone(one: Restorable, field: str, referred: str) -> str:
    return f"""
        UPDATE difference AS d SET is_set_back = false, reason = 'gone'
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.is_set_back AND d.target <> 'null'
          AND NOT EXISTS (SELECT FROM {referred} AS o WHERE o.id = (d.target #>> '{{}}')::bigint)
    """


def _taken(one: Restorable, field: str) -> str:
    """Somebody has the value and keeps it, or is to get it as well."""
    return f"""
        WITH moving AS (
            SELECT row_id, target #>> '{{}}' AS wanted, row_number() OVER (PARTITION BY target ORDER BY row_id) AS place
            FROM difference WHERE table_name = '{one.table.name}' AND field = '{field}' AND is_set_back
        )
        UPDATE difference AS d SET is_set_back = false, reason = 'taken'
        FROM moving AS m LEFT JOIN {one.table.name} AS o ON o.{field} = m.wanted AND o.id <> m.row_id
            AND o.id NOT IN (SELECT row_id FROM moving)
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.row_id = m.row_id
          AND m.wanted IS NOT NULL AND (o.id IS NOT NULL OR m.place > 1)
    """


def _parked(one: Restorable, field: str) -> str:
    """Two rows may exchange a value that only one can have: it is out of the way until both get theirs."""
    return f"""
        UPDATE {one.table.name} AS t SET {field} = 'freesport_sync-' || t.id
        FROM difference AS d JOIN difference AS wanting
            ON wanting.table_name = d.table_name AND wanting.field = d.field AND wanting.is_set_back
               AND wanting.target = d.current
        WHERE d.table_name = '{one.table.name}' AND d.field = '{field}' AND d.is_set_back AND t.id = d.row_id
    """


def _set_back(one: Restorable) -> str:
    table = one.table.name
    touched = ", updated_at = now()" if one.is_touched else ""
    return f"""
        UPDATE {table} AS t
        SET ({", ".join(one.columns)}) = (
            SELECT {one.listed("r")} FROM jsonb_populate_record(t, d.fields) AS r){touched}
        FROM (
            SELECT row_id, jsonb_object_agg(field, target) AS fields FROM difference
            WHERE table_name = '{table}' AND is_set_back GROUP BY row_id
        ) AS d
        WHERE t.id = d.row_id
    """


def _differing_links(links: Links) -> str:
    table, owner, owners, entity = links.table.name, links.owner, links.owners, links.entity.value
    sums = f"count(*) AS links, bit_xor(hashint8extended({VALUE}, 0)) AS hash"
    return f"""
        -- Of nearly every owner nothing differs, and a sum of all its links is compared sooner than each of them.
        WITH suspect AS (
            SELECT {owner}
            FROM (SELECT {owner}, {sums} FROM {table} GROUP BY {owner}) AS c
            FULL JOIN (SELECT {owner}, {sums} FROM backup_{table} GROUP BY {owner}) AS s USING ({owner})
            WHERE (c.links, c.hash) IS DISTINCT FROM (s.links, s.hash)
        )
        INSERT INTO link_difference
        SELECT '{table}', '{entity}', pair.owner_id, {owners.onec_id}, {owners.name}, pair.value_id, pair.is_new,
               coalesce(v.written = to_jsonb(pair.is_new) AND v.before <> v.written AND v.is_live, false)
               AND newer.run IS NULL
               AND EXISTS (SELECT FROM product_attribute_values AS a WHERE a.id = pair.value_id),
               newer.run
        FROM (
            SELECT coalesce(c.{owner}, s.{owner}) AS owner_id, coalesce(c.{VALUE}, s.{VALUE}) AS value_id,
                   c.id IS NOT NULL AS is_new
            FROM (SELECT l.* FROM {table} AS l JOIN suspect USING ({owner})) AS c
            FULL JOIN (SELECT l.* FROM backup_{table} AS l JOIN suspect USING ({owner})) AS s USING ({owner}, {VALUE})
            WHERE c.id IS NULL OR s.id IS NULL
        ) AS pair
        JOIN {owners.table.name} AS t ON t.id = pair.owner_id
        JOIN backup_{owners.table.name} AS b ON b.id = pair.owner_id
        LEFT JOIN import_value AS v
            ON v.table_name = '{table}' AND v.row_id = pair.owner_id AND v.field = pair.value_id::text
        LEFT JOIN spoken_value AS said
            ON said.table_name = '{table}' AND said.row_id = pair.owner_id AND said.field = '{VALUE}'
        CROSS JOIN LATERAL (SELECT CASE WHEN v.row_id IS NULL THEN said.run_id ELSE v.newer_run END AS run) AS newer
    """


def _links_removed(links: Links) -> str:
    table, owner = links.table.name, links.owner
    return f"""
        DELETE FROM {table} AS l USING link_difference AS d
        WHERE d.table_name = '{table}' AND d.is_set_back AND d.is_new
          AND l.{owner} = d.owner_id AND l.{VALUE} = d.value_id
    """


def _links_made(links: Links) -> str:
    table, owner = links.table.name, links.owner
    return f"""
        INSERT INTO {table} ({owner}, {VALUE})
        SELECT owner_id, value_id FROM link_difference
        WHERE table_name = '{table}' AND is_set_back AND NOT is_new ORDER BY 1, 2
        ON CONFLICT DO NOTHING
    """
