"""Where the command line prints for people: a terminal, a file or a pipe."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from freesport_sync.core.printable import printable
from freesport_sync.i18n.texts import ErrorText, Texts

PIPE_WIDTH = 160
"""Columns of a table that goes into a file or a pipe."""
_UNBROKEN = ("number", "started", "made")
"""Columns that keep their width however narrow the terminal is."""


class Screen:
    """stdout for results, stderr for errors.

    Args:
        texts: in the operator's language.
    """

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.out = console_for(sys.stdout)
        self.err = console_for(sys.stderr)

    def line(self, text: str) -> None:
        """Print lines of plain text."""
        say(self.out, escape(text))

    def indented(self, text: str, style: str = "") -> None:
        """Print an indented paragraph."""
        self.out.print(Padding(Text(text, style), (0, 0, 0, 4), expand=False))

    def table(self, *columns: str) -> Table:
        """An empty table.

        Args:
            columns: keys of their titles, without `cli.column_`.
        """
        table = Table(header_style="bold")
        for column in columns:
            table.add_column(self.texts(f"cli.column_{column}"), overflow="fold", no_wrap=column in _UNBROKEN)
        return table

    def error(self, text: ErrorText) -> None:
        """Print what happened, what is affected and what to do on stderr."""
        what, *more = map(printable, text.what.splitlines() or [""])
        self.err.print(f"[bold red]{escape(what)}[/] [dim]({escape(printable(text.code))})[/]", highlight=False)
        for line in more:  # may be SQL to be pasted
            say(self.err, f"[bold red]{escape(line)}[/]")
        for part in (text.affected, text.hint):
            for line in part.splitlines():
                # In a command each space counts.
                words = map(printable, line.split(" ")) if line.startswith("  ") else [printable(line)]
                say(self.err, escape(" ".join(words)))
        if text.said:
            self.err.print(f"[dim]{escape(self.texts('cli.said', words=text.said))}[/]", highlight=False)


def say(console: Console, markup: str) -> None:
    """Print lines; commands, which are indented, and SQL are not wrapped, so that they can be pasted."""
    for line in markup.split("\n"):
        console.print(line, highlight=False, soft_wrap=line.startswith("  ") or line.endswith(";"))


def console_for(stream: Any) -> Console:
    """A console on a stream; wide enough for tables if it is no terminal."""
    console = Console(file=stream, soft_wrap=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


def local_time(moment: datetime) -> str:
    """A moment by the clock of this computer."""
    return f"{moment.astimezone():%d.%m.%Y %H:%M:%S}"
