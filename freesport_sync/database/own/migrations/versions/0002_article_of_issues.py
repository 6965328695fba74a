"""Row issues name the article of their object."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Add the column; issues that are there already have no article."""
    op.add_column("row_issues", sa.Column("article", sa.Text, nullable=False, server_default=""), schema=SCHEMA)
    op.alter_column("row_issues", "article", server_default=None, schema=SCHEMA)


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
