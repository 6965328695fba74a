"""Unique slugs and SKUs: the first keeps its own word, later ones get a number (SLUG-2, VARIANT-3)."""

from __future__ import annotations

from collections.abc import Iterable

SLUG_LENGTH = 255
SKU_LENGTH = 100


class UniqueNames:
    """Hands out names that are not taken, in the order in which they are asked for.

    Args:
        taken: names that are in use.
        max_length: characters at most; a longer name is cut so that its number still fits.
        first_suffix: number of the second of equals: 2 for slugs, 1 for SKUs, as in the reference importer.
        own_words: names that will be asked for: no number makes one of them for somebody else, so that `Прочее 2` keeps
            its own word however often `Прочее` comes before it.
    """

    def __init__(self, taken: Iterable[str], max_length: int, first_suffix: int, own_words: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._own_words = {word[:max_length] for word in own_words} - self._taken
        self._max_length = max_length
        self._first_suffix = first_suffix
        self._next: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """The wanted name, or the wanted name with the smallest free number."""
        wanted = wanted[: self._max_length]
        self._own_words.discard(wanted)
        name, number = wanted, self._next.get(wanted, self._first_suffix)
        while name in self._taken or name in self._own_words:
            suffix = f"-{number}"
            name = wanted[: self._max_length - len(suffix)] + suffix
            number += 1
        if name != wanted:  # most names are taken once: to note them all would double the memory
            self._next[wanted] = number
        self._taken.add(name)
        return name
