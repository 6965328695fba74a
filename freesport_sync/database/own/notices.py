"""Tells whoever listens that something has changed in our tables."""

from __future__ import annotations

import sqlalchemy as sa

CHANNEL = "freesport_sync"
"""NOTIFY channel: something has changed in the history or among the tasks."""


def notify(connection: sa.Connection) -> None:
    """Announce a change; heard when the transaction is committed."""
    connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))
