"""Which rows runs have made, by their ids, and what runs that nobody undoes have said: undo asks who spoke last."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"
HIDEABLE = ("categories", "brands", "price_types", "products", "product_variants", "users")


def upgrade() -> None:
    """Make the tables; the rows that runs have made until now are known by their time, which they all had from one."""
    op.alter_column(
        "runs", "merged_at", schema=SCHEMA, comment="time of the transaction that has written into the shop"
    )
    op.add_column(
        "runs",
        sa.Column("merged_xid", sa.BigInteger, comment="`xmin` of every row that the run has written"),
        schema=SCHEMA,
    )
    op.add_column(
        "runs",
        sa.Column("is_undoable", sa.Boolean, nullable=False, server_default=sa.false(), comment="a restore undoes it"),
        schema=SCHEMA,
    )
    op.execute(f"UPDATE {SCHEMA}.runs SET is_undoable = true WHERE merged_at IS NOT NULL")
    _create_table(
        "created_rows",
        sa.Column("is_shown", sa.Boolean, primary_key=True, comment="it was, when made"),
        "Rows of the shop that an undoable run has made, in tables whose rows can be hidden",
    )
    _create_table(
        "confirmed_values",
        sa.Column("fields", ARRAY(sa.Text), primary_key=True),
        "What a run that is never undone was the last of those to say of rows, whether that changed them or not",
    )
    for table in HIDEABLE:
        if _is_readable(table):
            op.execute(
                f"INSERT INTO {SCHEMA}.created_rows (run_id, table_name, is_shown, ids)"
                f" SELECT r.id, '{table}', true, range_agg(int8range(t.id, t.id, '[]'))"
                f" FROM {SCHEMA}.runs AS r JOIN {table} AS t ON t.created_at = r.merged_at GROUP BY r.id"
            )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")


def _create_table(name: str, key: sa.Column[Any], comment: str) -> None:
    op.create_table(
        name,
        sa.Column("run_id", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("table_name", sa.Text, primary_key=True),
        key,
        sa.Column("ids", INT8MULTIRANGE, nullable=False),
        schema=SCHEMA,
        comment=comment,
    )


def _is_readable(table: str) -> bool:
    """A shop need not have customers, and our role need not be allowed to see them."""
    query = sa.text("SELECT has_table_privilege(to_regclass(:table), 'SELECT')")
    return bool(op.get_bind().scalar(query, {"table": table}))
