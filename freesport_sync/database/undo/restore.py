"""Compares the shop with a backup and sets back what imports have written since; the shop's own changes stay.

The last writer decides. A value is set back if the last undoable run wrote it and neither a run that is never undone
nor the shop has confirmed it since. Everything else is kept and listed. Rows are never deleted: those inserted by
imports are hidden, unless the shop has used them since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from freesport_sync.core.backup import SavedTable
from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.database.server.rows import SupportsRead, analyze, copy_in, fetch_in_chunks
from freesport_sync.database.server.sql_files import Part, sql
from freesport_sync.database.undo.restorable import (
    BACKUP_TABLES,
    LINKS,
    RESTORABLE,
    Links,
    Restorable,
    backup_columns,
)
from freesport_sync.database.undo.usage import keep_used_rows, note_shop_changes

_BACKED_UP = {table.name: table for table in BACKUP_TABLES}
_COMPARED = {one.table.name for one in RESTORABLE} | {links.table.name for links in LINKS} | {"deactivated_objects"}


def is_compared(table: str) -> bool:
    """Return whether a restore compares a table; imports never update rows of the others."""
    return table in _COMPARED


def load_table(connection: sa.Connection, saved: SavedTable, rows: SupportsRead) -> None:
    """Load a table of a backup into the temporary table `backup_<table>`.

    Args:
        connection: the lock's connection, in autocommit.
        saved: the table's entry in the manifest.
        rows: in COPY text format.
    """
    table, backup = _BACKED_UP[saved.name], f"backup_{saved.name}"
    connection.execute(sql("undo/create_backup_table", backup=backup, table=table, columns=saved.columns))
    copy_in(connection, backup, saved.columns, rows)
    analyze(connection, backup, ("id" if "id" in table.c else "onec_id",))


class Comparison:
    """The difference between the shop and the loaded backup.

    Args:
        connection: in the transaction that will set back.
        tables: names of the loaded tables.
        since: id of the run that made the backup; it and all later runs are undone.
    """

    def __init__(self, connection: sa.Connection, tables: frozenset[str], since: int) -> None:
        self._connection = connection
        self._rows = [one for one in RESTORABLE if one.table.name in tables]
        self._links = [links for links in LINKS if links.table.name in tables]
        self._since = since

    @property
    def steps(self) -> int:
        """Number of times `apply` calls `advance`."""
        return len(self._rows) + len(self._links)

    def make(self, is_locking: bool) -> None:
        """Compare; first lock the rows that imports have written, so that no sale slips in before the write.

        Args:
            is_locking: False for a dry run.
        """
        self._connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")  # whole tables are joined
        self._connection.execute(sql("undo/compare/prepare"), {"since": self._since})
        for one in self._rows:
            if is_locking:
                self._execute(one, "compare/lock")
            self._execute(one, "compare/differing", backup=one.backup, columns=one.columns, label=one.label)
            self._execute(one, "compare/vanished", backup=one.backup, label=one.label)
            is_touched = sql("undo/compare/is_touched" if one.has_update_time else "undo/compare/is_untouched")
            everything = backup_columns(one.table)
            self._execute(one, "compare/confirmed", backup=one.backup, columns=everything, is_touched=is_touched)
            if one.is_hideable:
                self._execute(one, "compare/created", backup=one.backup, label=one.label)
                self._execute(one, "compare/shown_again")
            for column in one.columns:
                self._refuse_impossible(one, column)
        self._connection.execute(sql("undo/compare/refuse_parent_cycles"))
        for links in self._links:
            self._execute(
                links,
                "compare/differing_links",
                backup=links.backup,
                owner=links.owner,
                owners=links.owners.table,
                owners_backup=links.owners.backup,
                label=links.owners.label,
            )
        keep_used_rows(self._connection, self._rows)
        self._connection.execute(sql("undo/compare/empty_hidden"))
        self._connection.execute(sql("undo/compare/forget_bookkeeping"))

    def counts(self) -> dict[str, Counts]:
        """Count rows set back (updated), those of them that are hidden, and rows with kept values (skipped)."""
        rows = self._connection.execute(sql("undo/compare/count_differences"))
        return {row.entity: Counts(updated=row.updated, skipped=row.kept, hidden=row.hidden) for row in rows}

    def changes(self, limit: int) -> tuple[FieldChange, ...]:
        """List what is set back, value by value."""
        rows = self._connection.execute(sql("undo/compare/list_set_back"), {"limit": limit})
        return tuple(FieldChange(*row) for row in rows)

    def kept(self) -> Iterator[tuple[RowIssue, ...]]:
        """Yield what differs and is kept, in chunks."""
        for rows in fetch_in_chunks(self._connection, sql("undo/compare/list_kept")):
            yield tuple(_issue(row) for row in rows)

    def apply(self, run_id: int, advance: Callable[[], None]) -> None:
        """Set back.

        Args:
            run_id: of the restoring run; its writes count as an import's if an older backup is restored next.
            advance: called after each table; may raise to stop.
        """
        self._connection.execute(sql("undo/create_confirmation"))
        for one in self._rows:
            if one.is_hideable:
                note_shop_changes(self._connection, one, sql("undo/set_back/writers", table=one.table))
            for column in one.columns:
                if one.table.c[column].unique:
                    self._execute(one, "set_back/park", field=column)
            columns = (*one.columns, "updated_at") if one.has_update_time else one.columns
            self._execute(one, "set_back/rows", columns=columns)
            advance()
        for links in self._links:
            self._execute(links, "set_back/remove_links", owner=links.owner)
            self._execute(links, "set_back/make_links", owner=links.owner)
            advance()
        self._connection.execute(sql("undo/set_back/product_links"))
        for name in ("undo/set_back/note", "undo/store_confirmations"):
            self._connection.execute(sql(name), {"run_id": run_id})

    def _refuse_impossible(self, one: Restorable, name: str) -> None:
        """Keep values whose referenced row is gone, and unique values that another row has."""
        column = one.table.c[name]
        for key in column.foreign_keys:
            self._execute(one, "compare/gone", referred=key.column.table, field=name)
        if column.unique:
            while self._execute(one, "compare/taken", field=name):  # a row that keeps its value may block another one
                pass

    def _execute(self, one: Restorable | Links, name: str, **parts: Part) -> int:
        """Run a statement that serves several tables; returns the number of affected rows.

        The part `field` is also bound as a value.
        """
        values = {"table": one.table.name, "entity": one.entity.value, "field": parts.get("field")}
        return self._connection.execute(sql(f"undo/{name}", table=one.table, **parts), values).rowcount


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
