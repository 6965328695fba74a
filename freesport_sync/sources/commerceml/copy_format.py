"""Encodes rows in PostgreSQL's COPY text format."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

NULL = r"\N"

# Placeholder of NULL while texts are escaped; neither XML nor PostgreSQL allows this character.
_ABSENT = "\0"

_WRITE: dict[type, Callable[[Any], str]] = {
    int: str,
    Decimal: str,
    bool: {True: "t", False: "f"}.__getitem__,
    tuple: lambda numbers: f"{{{','.join(map(str, numbers))}}}",
}


def copy_line(row: tuple[object, ...]) -> str:
    """Encode a row with its line end: escaped texts, None as NULL, bools as `t` or `f`, numbers, arrays of numbers."""
    line = _joined(row)
    # Few rows need escaping: checking the whole line once is cheaper than each text.
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(row):
        line = _joined(tuple(_escaped(value) if isinstance(value, str) else value for value in row))
    return line.replace(_ABSENT, NULL) + "\n"


def _joined(row: tuple[object, ...]) -> str:
    return "\t".join(
        [
            value if value.__class__ is str else _ABSENT if value is None else _WRITE[value.__class__](value)
            for value in row
        ]
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
