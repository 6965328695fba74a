"""Ranges of keys, each written by one statement (RUN-4)."""

from __future__ import annotations

from collections.abc import Iterator

RANGE_ROWS = 20_000
"""Rows per statement; progress is reported and a cancel is checked between statements."""


def key_ranges(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each range from `first` to `last`, inclusive."""
    for start in range(first, last + 1, RANGE_ROWS):
        yield start, min(start + RANGE_ROWS - 1, last)
