"""Notifications: what people have to be told, and what of it has been sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"
_now = sa.DateTime(timezone=True)
_IS_OPEN = sa.text("sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    """Make the outbox."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("uid", UUID, nullable=False, server_default=sa.text("gen_random_uuid()"), unique=True),
        sa.Column("host", sa.Text, nullable=False, comment="whose settings know how to reach the target"),
        sa.Column("target", sa.Text, nullable=False, comment="mail:ADDRESS or messenger:NAME"),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("task_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.tasks.id", ondelete="CASCADE")),
        sa.Column("message_code", sa.Text, comment="of what is not about a task"),
        sa.Column("message_params", JSONB),
        sa.Column("group_key", sa.Text, nullable=False, comment="equal ones share a message; empty: one of its own"),
        sa.Column("created_at", _now, nullable=False),
        sa.Column("send_after", _now, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message_id", sa.Text, comment="of the message that has told it"),
        sa.Column("sent_at", _now),
        sa.Column("given_up_at", _now),
        sa.Column("error_code", sa.Text),
        sa.Column("error_params", JSONB),
        sa.UniqueConstraint("task_id", "target", name="notifications_task_target_key"),
        comment="What people have to be told, one row for each task and target",
        schema=SCHEMA,
    )
    op.create_index("notifications_open_idx", "notifications", ["host"], postgresql_where=_IS_OPEN, schema=SCHEMA)
    op.create_index("notifications_sent_idx", "notifications", ["target", "group_key", "sent_at"], schema=SCHEMA)


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
