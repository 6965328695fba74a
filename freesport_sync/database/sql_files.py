"""The SQL files of the merge, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa

_FOLDER = Path(__file__).parent / "sql"


@cache
def sql(name: str) -> sa.TextClause:
    """The statements of `sql/<name>.sql`, with `:name` parameters."""
    return sa.text((_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
