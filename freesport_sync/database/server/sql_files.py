"""The statements in the `.sql` files. Python holds no SQL text but BEGIN, SET and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect


@dataclass(frozen=True, slots=True)
class Expressions:
    """Expressions separated by commas, one per column; see `for_each`."""

    text: str


Part = str | sa.TableClause | tuple[str, ...] | sa.TextClause | Expressions
"""What may replace a placeholder: a name, a table with its schema, several names, another file's query, expressions."""

_DATABASE = Path(__file__).parents[1]
_PLACEHOLDER = re.compile(r"\{(?:([a-z]+)\.)?([a-z_]+)\}")
_PREPARER = PGDialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]
"""Leaves percent signs alone: `sa.text` doubles them for the driver."""


def sql(name: str, **parts: Part) -> sa.TextClause:
    """Return the statements of a file.

    Values are bound parameters, `:name` in the file. What cannot be bound stands in braces, so that one file can serve
    several tables: `{table}` is a table or a column, `{columns}` a list of columns, `{t.columns}` the same columns of
    the alias `t`, `{query}` another file's query, `{each}` one expression per column. Names are quoted where needed.

    Args:
        name: room and file: `merge/resolve/prices` is `database/merge/sql/resolve/prices.sql`.
        parts: placeholder -> what stands for it.

    Raises:
        KeyError: a placeholder has no part.
    """
    template = _template(name)
    return sa.text(_PLACEHOLDER.sub(lambda found: _filled(parts[found[2]], found[1]), template))


def for_each(name: str, columns: Iterable[str]) -> Expressions:
    """Return the expression of a file once per column, which replaces its `{column}`.

    Args:
        name: as for `sql`.
        columns: in the order of the expressions.
    """
    return Expressions(",\n    ".join(sql(name, column=column).text.strip() for column in columns))


@cache
def _template(name: str) -> str:
    room, _, file = name.partition("/")
    return (_DATABASE / room / "sql" / f"{file}.sql").read_text(encoding="utf-8")


def _filled(part: Part, alias: str | None) -> str:
    if isinstance(part, Expressions):
        return part.text
    if isinstance(part, sa.TextClause):
        return f"({part.text})"
    if isinstance(part, sa.TableClause):
        return _literal(_PREPARER.format_table(part))
    quoted = (_literal(_quoted(name)) for name in ((part,) if isinstance(part, str) else part))
    return ", ".join(f"{alias}.{name}" if alias else name for name in quoted)


def _quoted(name: str) -> str:
    # SQLAlchemy does not see that a line break at the end needs quotes.
    return _PREPARER.quote_identifier(name) if name.endswith("\n") else _PREPARER.quote(name)


def _literal(name: str) -> str:
    """Keep `sa.text` from taking a colon in a shop's own name for a parameter."""
    return name.replace(":", r"\:")
