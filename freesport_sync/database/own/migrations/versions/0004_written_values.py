"""What runs have written over, and when, so that they can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Make the table; runs that are there already cannot be undone."""
    op.add_column(
        "runs",
        sa.Column(
            "merged_at", sa.DateTime(timezone=True), comment="`created_at` of every row that the run has created"
        ),
        schema=SCHEMA,
    )
    op.add_column("runs", sa.Column("undone_by", sa.BigInteger, comment="the run that has undone it"), schema=SCHEMA)
    op.add_column(
        "runs",
        sa.Column(
            "is_forgotten", sa.Boolean, nullable=False, server_default=sa.false(), comment="its written values are"
        ),
        schema=SCHEMA,
    )
    op.create_table(
        "written_values",
        sa.Column("run_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("row_id", sa.BigInteger, primary_key=True),
        sa.Column("before", JSONB, nullable=False, comment="column -> value, of the columns that the run has changed"),
        sa.Column("written", JSONB, nullable=False, comment="the same columns -> what the run has written"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
