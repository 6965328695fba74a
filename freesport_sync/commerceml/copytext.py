"""Rows as PostgreSQL's COPY text format."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

NULL = r"\N"

_BOOLEANS = {True: "t", False: "f"}
_WRITE: dict[type, Callable[[Any], str]] = {int: str, Decimal: str, bool: _BOOLEANS.__getitem__}


def copy_line(row: tuple[object, ...]) -> str:
    """One row with its line end: texts escaped, None as NULL, a bool as `t` or `f`, whole and decimal numbers."""
    line = _joined(row)
    # Few rows have anything to escape: looking once at the whole line is cheaper than at each of its texts.
    if "\n" in line or "\r" in line or line.count("\t") >= len(row) or line.count("\\") != row.count(None):
        line = _joined(tuple(_escaped(value) if isinstance(value, str) else value for value in row))
    return line + "\n"


def _joined(row: tuple[object, ...]) -> str:
    return "\t".join(
        [
            value if value.__class__ is str else NULL if value is None else _WRITE[value.__class__](value)
            for value in row
        ]
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
