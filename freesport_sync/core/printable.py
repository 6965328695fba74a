"""Text from outside made safe to show: file names, HTTP headers, answers of other programs."""

from __future__ import annotations


def printable(text: str, most: int | None = None) -> str:
    """The text on one line, without control characters and without marks that change the direction of writing.

    Everything that others have written goes through here before it is printed, logged, stored or sent back.

    Args:
        text: from anywhere.
        most: maximum length in characters, the rest is cut off; None: unlimited.
    """
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
