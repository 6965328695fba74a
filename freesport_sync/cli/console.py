"""Where the headless front prints: a terminal, a file or a pipe."""

from __future__ import annotations

from typing import Any

from rich.console import Console

PIPE_WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""


def say(console: Console, text: str) -> None:
    """Print lines; those to be pasted must not be broken: commands, which are indented, and SQL."""
    for line in text.split("\n"):
        console.print(line, highlight=False, soft_wrap=line.startswith("  ") or line.endswith(";"))


def console_for(stream: Any) -> Console:
    """A console on a stream, wide enough for a table where nobody looks."""
    console = Console(file=stream, soft_wrap=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console
