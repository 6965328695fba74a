"""`created_at` of new rows: the shop pages by it without a tie-breaker, so no two may be equal (PRODUCT-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

_PLACE = "place"

moment = sa.func.now() + sa.bindparam(_PLACE, type_=sa.Integer) * sa.literal_column("interval '1 microsecond'")
"""SQL for all timestamps of a new row: the transaction's time plus `place` microseconds."""

BEFORE_ALL = {_PLACE: -1}
"""Place of a row that comes from no file."""


def placed(rows: Iterable[Mapping[str, Any]], first: int = 0) -> list[dict[str, Any]]:
    """Return the rows with their places, for `moment`.

    Args:
        rows: in the order of the files.
        first: number of rows of the table that this run has inserted before.
    """
    return [{**row, _PLACE: place} for place, row in enumerate(rows, first)]
