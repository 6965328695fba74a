"""Which links of products to attribute values imports have made: what an operator has linked by hand stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = "freesport_sync"


def upgrade() -> None:
    """Make the table; of a product without a row in it all links to 1C's properties are taken to be ours."""
    op.create_table(
        "product_links",
        sa.Column("product_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the shop's products"),
        sa.Column("made", ARRAY(sa.BigInteger), nullable=False, comment="values that imports have linked"),
        sa.Column("of_variants", ARRAY(sa.BigInteger), nullable=False, comment="those of them that only variants have"),
        sa.Column("said_hash", sa.BigInteger, comment="of the values that the goods have said last"),
        schema=SCHEMA,
        comment="Links in products_attributes that are 1C's; all others somebody has made by hand",
    )


def downgrade() -> None:
    """Not offered: an older program refuses a newer schema, nothing goes back."""
    raise RuntimeError("the history of runs is not downgraded")
