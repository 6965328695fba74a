"""The SQL files, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa

_DATABASE = Path(__file__).parents[1]


@cache
def sql(name: str) -> sa.TextClause:
    """The statements of a file, with `:name` parameters.

    Args:
        name: room and file: `merge/resolve` is `database/merge/sql/resolve.sql`.
    """
    room, _, file = name.partition("/")
    return sa.text((_DATABASE / room / "sql" / f"{file}.sql").read_text(encoding="utf-8"))
