"""`created_at` of new rows: the shop pages by it without a tie-breaker, so no two may be equal (PRODUCT-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

_PLACE = "place"

moment = sa.func.now() + sa.bindparam(_PLACE, type_=sa.Integer) * sa.literal_column("interval '1 microsecond'")
"""The time of a new row, which is every time that the row has: microseconds apart, in the order of the files."""

BEFORE_ALL = {_PLACE: -1}
"""The place of a row that the shop needs and no file has."""


def placed(rows: Iterable[Mapping[str, Any]], first: int = 0) -> list[dict[str, Any]]:
    """The rows with their places, for `moment`.

    Args:
        rows: in the order of the files.
        first: how many rows of the table this run has inserted before.
    """
    return [{**row, _PLACE: place} for place, row in enumerate(rows, first)]
