"""Stores who confirmed a value last (UNDO-1): 1C in runs that are never undone, or the shop before a run overwrites it.

A value confirmed by such a run is newer than an earlier import. Runs that can be undone need no confirmations: undoing
a run undoes all later ones too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from freesport_sync.core.staged import OPTIONAL_PRICE_COLUMNS
from freesport_sync.database.server.sql_files import for_each, sql
from freesport_sync.database.undo.undo_log import changed_values, noted_tables
from freesport_sync.database.undo.usage import note_shop_changes
from freesport_sync.rules.merge_rules import MergeRules


@dataclass(frozen=True, slots=True)
class ExportedKeys:
    """Keys of the objects in an export, besides the staged goods and offers.

    Args:
        rules: of the merge; fields that 1C does not own are not confirmed.
        categories: 1C's keys of the groups; the other fields likewise.
    """

    rules: MergeRules
    categories: list[str]
    brands: list[str]
    price_types: list[str]
    attributes: list[str]

    @property
    def parameters(self) -> dict[str, object]:
        """Parameters of `note_confirmations.sql`."""
        return asdict(self) | asdict(self.rules)


def store_confirmations(
    connection: sa.Connection, run_id: int, has_customers: bool, exported: ExportedKeys | None
) -> None:
    """Store which values the run has confirmed, changed or not, and which changes of the shop it has overwritten.

    Args:
        connection: in the merge's transaction, after everything is written.
        run_id: of the run.
        has_customers: customers were written too.
        exported: keys in the export of a run that is never undone; else None.
    """
    connection.execute(sql("undo/create_confirmation"))
    for one in noted_tables(has_customers):
        if one.is_hideable:
            note_shop_changes(connection, one, sql("undo/writers_before", noted=one.noted, table=one.table))
        if exported is not None:
            changed = sql("undo/note_changed", changed=changed_values(one))
            connection.execute(changed, {"table": one.table.name})
    if exported is not None:
        prices = for_each("undo/confirmed_price", OPTIONAL_PRICE_COLUMNS)
        connection.execute(sql("undo/note_confirmations", optional_prices=prices), exported.parameters)
    connection.execute(sql("undo/store_confirmations"), {"run_id": run_id})
