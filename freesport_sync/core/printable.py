"""Makes text from outside safe to show and to store: names of files, headers, answers of other servers."""

from __future__ import annotations


def printable(text: str, most: int | None = None) -> str:
    """The text on one line, without control characters and those that change the direction of writing.

    Everything that others have written goes through here before it is printed, logged, stored or sent back.

    Args:
        text: from outside.
        most: maximum length in characters; the rest is cut off. None: no limit.
    """
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def replace_surrogates(text: str) -> str:
    """Text that the database accepts: names of files and people may contain bytes that are no characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
