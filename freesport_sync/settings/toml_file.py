"""A TOML file that a person has written: read as the editors of people leave it, with errors that name the line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from freesport_sync.errors import ConfigError, reason_of

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(file: Path) -> str:
    """The text of a file, without the mark that Notepad puts before it; empty where there is none.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8.
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError("settings_unreadable", file=str(file), reason=reason_of(error)) from error
    try:
        if b"\0" in raw:  # UTF-16, which has them in every Latin letter
            raise UnicodeError
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeError as error:
        raise ConfigError("settings_unreadable", problem="encoding", file=str(file)) from error


def parse_toml(file: Path, content: str) -> dict[str, Any]:
    """The values in a file.

    Raises:
        ConfigError: this is not TOML; names line and column.
    """
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = place.groups() if place else (content.count("\n") + 1, 1)
        params = {"file": str(file), "line": line, "column": column}
        raise ConfigError("settings_unreadable", problem="malformed", **params) from error


def line_of(content: str, path: tuple[str | int, ...]) -> int | None:
    """The line where a value begins: the text up to it has the value, the text before it does not.

    Args:
        content: that can be parsed.
        path: of the value, or of one that is not there: then the line of the nearest value around it.
    """
    values = tomllib.loads(content)
    while path and not contains(values, path):
        path = path[:-1]
    lines = content.split("\n")
    begin = 1
    for number in range(1, len(lines) + 1 if path else 0):
        try:
            values = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:  # in the middle of a value of several lines
            continue
        if contains(values, path):
            return begin
        begin = number + 1
    return None


def contains(values: Any, path: tuple[str | int, ...]) -> bool:
    """Whether nested values have one at a path of keys and positions."""
    for name in path:
        known = range(len(values)) if isinstance(values, list) else values if isinstance(values, dict) else ()
        if name not in known:
            return False
        values = values[name]
    return True
