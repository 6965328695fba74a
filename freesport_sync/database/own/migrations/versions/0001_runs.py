"""The first tables: runs with their stages, files, row issues and dry-run changes, and the deletion marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"
_moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("request", JSONB, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process_id", sa.Integer, nullable=False),
        sa.Column("backend_id", sa.Integer, nullable=False, comment="PostgreSQL process that holds the lock"),
        sa.Column("program_version", sa.Text, nullable=False),
        sa.Column("is_dry_run", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("session_ids", ARRAY(sa.BigInteger), nullable=False, comment="rows of the shop's import_sessions"),
        sa.Column("started_at", _moment, nullable=False),
        sa.Column("heartbeat_at", _moment, nullable=False),
        sa.Column("finished_at", _moment),
        sa.Column("cancel_requested_at", _moment),
        sa.Column("counts", JSONB, nullable=False),
        sa.Column("issue_totals", JSONB, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error_params", JSONB),
        schema=SCHEMA,
    )
    op.create_index("runs_started_at_idx", "runs", ["started_at"], schema=SCHEMA)
    op.create_table(
        "run_stages",
        _run_id(primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("started_at", _moment, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "run_files",
        _run_id(primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=False), comment="1C's own clock, without a zone"),
        schema=SCHEMA,
    )
    op.create_table(
        "row_issues",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _run_id(primary_key=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("onec_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("row_issues_run_id_idx", "row_issues", ["run_id", "code"], schema=SCHEMA)
    op.create_table(
        "field_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _run_id(primary_key=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("onec_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("old_value", sa.Text),
        sa.Column("new_value", sa.Text),
        schema=SCHEMA,
        comment="What a dry run would have changed",
    )
    op.create_index("field_changes_run_id_idx", "field_changes", ["run_id"], schema=SCHEMA)
    op.create_table(
        "deactivated_objects",
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("onec_id", sa.Text, primary_key=True),
        schema=SCHEMA,
        comment="Objects that 1C's deletion mark (not an operator) has hidden in the shop",
    )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")


def _run_id(primary_key: bool) -> sa.Column[int]:
    runs = sa.ForeignKey(f"{SCHEMA}.runs.id", ondelete="CASCADE")
    return sa.Column("run_id", sa.BigInteger, runs, primary_key=primary_key, nullable=False)
