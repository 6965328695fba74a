"""Unique slugs and SKUs: the first keeps its name, later ones get a number (SLUG-2, VARIANT-3)."""

from __future__ import annotations

from collections.abc import Iterable

SLUG_LENGTH = 255
SKU_LENGTH = 100


class UniqueNames:
    """Assigns unique names in the order of the calls.

    Args:
        taken: names in use.
        max_length: in characters; longer names are cut so that the number still fits.
        first_suffix: number of the first duplicate: 2 for slugs, 1 for SKUs, as in the reference importer.
        own_words: names that will be requested later: no number produces one of them, so that `Прочее 2` keeps its name
            however often `Прочее` comes before it.
    """

    def __init__(self, taken: Iterable[str], max_length: int, first_suffix: int, own_words: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._own_words = {word[:max_length] for word in own_words} - self._taken
        self._max_length = max_length
        self._first_suffix = first_suffix
        self._next: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return the wanted name, with the smallest free number if it is taken."""
        wanted = wanted[: self._max_length]
        self._own_words.discard(wanted)
        name, number = wanted, self._next.get(wanted, self._first_suffix)
        while name in self._taken or name in self._own_words:
            suffix = f"-{number}"
            name = wanted[: self._max_length - len(suffix)] + suffix
            number += 1
        if name != wanted:  # most names occur once; storing a number for each would double the memory
            self._next[wanted] = number
        self._taken.add(name)
        return name
