"""Ranges of keys, each written by one statement (RUN-4)."""

from __future__ import annotations

from collections.abc import Iterator

RANGE_ROWS = 20_000
"""Rows written by one statement: progress moves and a cancel is seen between them."""


def key_ranges(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The first and the last key of each range between `first` and `last`, both included."""
    for start in range(first, last + 1, RANGE_ROWS):
        yield start, min(start + RANGE_ROWS - 1, last)
