"""Tells whoever listens that something has changed in our tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

CHANNEL = "freesport_sync"
"""NOTIFY channel: something has changed in the history or among the tasks."""


def notify(connection: sa.Connection) -> None:
    """Announce a change; heard when the transaction is committed."""
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))


def announced(change: ReturningUpdate[Any]) -> sa.Select[Any]:
    """A change that announces itself if it changes a row: one statement, for what is done with every task.

    Args:
        change: of one row.

    Returns:
        A query for what the change returns.
    """
    changed = change.cte("changed")
    return sa.select(changed, sa.func.pg_notify(CHANNEL, ""))
