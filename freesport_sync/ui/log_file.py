"""Reads the end of the program's own log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from freesport_sync.services.log_files import newest_log_bytes

TAIL_BYTES = 1_000_000
MAX_LINES = 5000
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (\w+) (?:\d+ )?(\S+) (.*)")
"""Files of former versions have no number of the process."""


class LogLine(NamedTuple):
    """One line; a traceback belongs to the line before it."""

    time: str
    level: str
    source: str
    message: str


def read_log(folder: Path) -> tuple[LogLine, ...]:
    """The last lines; empty if there is no log."""
    try:
        text = newest_log_bytes(folder, TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ()
    lines: list[LogLine] = []
    for raw in text.splitlines():
        found = _LINE.fullmatch(raw)
        if found:
            lines.append(LogLine(*found.groups()))
        elif lines:
            lines[-1] = lines[-1]._replace(message=f"{lines[-1].message}\n{raw}")
    return tuple(lines[-MAX_LINES:])
