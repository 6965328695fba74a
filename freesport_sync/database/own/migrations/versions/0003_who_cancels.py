"""A run knows who has asked it to stop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Add the column; nobody is known to have stopped the runs that are there already."""
    op.add_column("runs", sa.Column("cancel_requested_by", sa.Text), schema=SCHEMA)


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
