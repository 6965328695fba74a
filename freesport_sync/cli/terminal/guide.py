"""Chapters of the guide on a terminal: paragraphs as wide as they read well, commands as they are typed."""

from __future__ import annotations

import re

from rich.table import Table
from rich.text import Text

from freesport_sync.cli.results import TopicList, TopicShown
from freesport_sync.cli.streams import is_unicode
from freesport_sync.cli.terminal.screen import Screen
from freesport_sync.i18n.guide import plain

WIDTH = 100
"""Columns of a paragraph on a wider terminal."""
_BLOCK = re.compile(
    r"^```\w*\n(?P<code>(?s:.*?))^```$"
    r"|^### (?P<heading>.+)$"
    r"|(?P<table>(?:^\|.*\n?)+)"
    r"|^(?P<mark>\*|-|\d+\.) (?P<item>.*(?:\n +\S.*)*)"
    r"|(?P<text>(?:^(?!```|### |\||(?:\*|-|\d+\.) ).*\S.*\n?)+)",
    re.MULTILINE,
)
"""What a chapter is made of; a list's items go on with indented lines."""
_PLAIN_SIGNS = str.maketrans({"«": '"', "»": '"', "“": '"', "”": '"', "—": "-", "–": "-", "…": "...", "’": "'"})


def show_topics(screen: Screen, result: TopicList) -> None:
    """Print name and title of each chapter."""
    grid = Table.grid(padding=(0, 2))
    for chapter in result.chapters:
        grid.add_row(Text(chapter.name, "bold"), _text(screen, chapter.title))
    screen.out.print(grid)
    screen.line(screen.texts("guide.list_hint"))


def show_topic(screen: Screen, result: TopicShown) -> None:
    """Print a chapter."""
    screen.out.print(_text(screen, result.title, "bold"))
    width = min(screen.out.width, WIDTH)
    former = ""
    for block in _BLOCK.finditer(result.text):
        kind = block.lastgroup or ""
        if not kind == former == "item":
            screen.out.print()
        former = kind
        _show_block(screen, kind, block, width)


def _show_block(screen: Screen, kind: str, block: re.Match[str], width: int) -> None:
    words = block[kind]
    if kind == "code":
        for line in words.rstrip().split("\n"):
            screen.out.print(_text(screen, f"    {line}"), soft_wrap=True)
    elif kind == "table":
        screen.out.print(_table(screen, words))
    elif kind == "item":
        item = Table.grid(padding=(0, 1))
        item.add_row(block["mark"], _text(screen, plain(_one_line(words))))
        screen.out.print(item, width=width)
    elif not words.startswith("!["):
        shown = plain(_one_line(words))
        screen.out.print(_text(screen, shown, "bold" if kind == "heading" else ""), width=width)


def _table(screen: Screen, lines: str) -> Table:
    head, _, *rows = [_cells(line) for line in lines.strip().split("\n")]
    table = Table(header_style="bold", show_lines=True)
    for title in head:
        table.add_column(_text(screen, title), overflow="fold")
    for row in rows:
        table.add_row(*(_text(screen, cell) for cell in row))
    return table


def _cells(line: str) -> list[str]:
    return [plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _text(screen: Screen, words: str, style: str = "") -> Text:
    """Words that the stream can show: files and pipes of Windows may be cp866, without quotes and dashes."""
    return Text(words if is_unicode(screen.out.file) else words.translate(_PLAIN_SIGNS), style)
