"""Which task a run is of, and which lock it holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Add the columns; all runs so far were of the shop's lock, and their kinds tell their tasks."""
    for column in (
        sa.Column("task", sa.Text, nullable=False, server_default="shop_import", comment="name of the task"),
        sa.Column(
            "lock_name",
            sa.Text,
            nullable=False,
            server_default="shop",
            comment="one run at a time",
        ),
        sa.Column("lock_key", sa.Integer, nullable=False, server_default="1", comment="second key of its lock"),
    ):
        op.add_column("runs", column, schema=SCHEMA)
    op.execute(
        f"UPDATE {SCHEMA}.runs SET task = CASE WHEN kind IN ('backup', 'restore') THEN kind ELSE 'repair' END"
        " WHERE kind IN ('backup', 'restore', 'repair_created_at', 'undo_repair_created_at')"
    )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
