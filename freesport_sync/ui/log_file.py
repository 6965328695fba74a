"""Reads the end of the program's own log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

TAIL_BYTES = 1_000_000
MAX_LINES = 5000
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (\w+) (\S+) (.*)")


class LogLine(NamedTuple):
    """One line; a traceback belongs to the line before it."""

    time: str
    level: str
    source: str
    message: str


def log_path(folder: Path) -> Path:
    """The current log file."""
    return folder / "freesport_sync.log"


def read_log(folder: Path) -> tuple[LogLine, ...]:
    """The last lines; empty if there is no log."""
    try:
        with log_path(folder).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    lines: list[LogLine] = []
    for raw in text.splitlines()[1 if size > TAIL_BYTES else 0 :]:
        found = _LINE.fullmatch(raw)
        if found:
            lines.append(LogLine(*found.groups()))
        elif lines:
            lines[-1] = lines[-1]._replace(message=f"{lines[-1].message}\n{raw}")
    return tuple(lines[-MAX_LINES:])
