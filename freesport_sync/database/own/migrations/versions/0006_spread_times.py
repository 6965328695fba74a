"""What a repair of equal times has written, so that it can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Make the table."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "spread_times",
        sa.Column("run_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("before", time, primary_key=True, comment="`created_at` of all these rows before"),
        sa.Column(
            "written", time, nullable=False, comment="the new one of the first; of the others microseconds later"
        ),
        sa.Column("ids", INT8MULTIRANGE, nullable=False),
        comment="What a repair of equal times has written into the shop",
        schema=SCHEMA,
    )
    op.execute(
        f"COMMENT ON TABLE {SCHEMA}.deactivated_objects IS 'Objects that 1C (not an operator) has hidden in the shop'"
    )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
