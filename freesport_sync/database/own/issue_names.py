"""Names the objects of row issues whose records have only an id."""

from __future__ import annotations

import sqlalchemy as sa

from freesport_sync.core.issues import SHOWN_LENGTH
from freesport_sync.database.server.sql_files import sql


def name_issues(connection: sa.Connection, run_id: int) -> None:
    """Fill empty names and articles of the run's stored issues from the staging tables and the shop.

    Without such issues it costs one look at the run's issues, however many products there are.

    Args:
        connection: the lock's connection, which has the staging tables.
        run_id: the run, all of whose issues are stored.
    """
    if connection.scalar(sql("own/has_nameless_issues"), {"run_id": run_id}):
        connection.execute(sql("own/name_issues"), {"run_id": run_id, "length": SHOWN_LENGTH})
