"""Reads hand-written TOML files, with errors that name the line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from freesport_sync.errors import ConfigError, reason_of

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_toml(file: Path) -> str:
    """Return the text of a file without a byte order mark; empty if the file is missing.

    Raises:
        ConfigError: the file is unreadable, or not UTF-8.
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError("settings_unreadable", file=str(file), reason=reason_of(error)) from error
    try:
        if b"\0" in raw:  # UTF-16 has NUL bytes in every Latin letter
            raise UnicodeError
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeError as error:
        raise ConfigError("settings_unreadable", problem="encoding", file=str(file)) from error


def parse_toml(file: Path, content: str) -> dict[str, Any]:
    """Parse the values of a file.

    Raises:
        ConfigError: not TOML, then it names line and column; or nested too deeply, or with a number too long to read.
    """
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = place.groups() if place else (content.count("\n") + 1, 1)
        params = {"file": str(file), "line": line, "column": column}
        raise ConfigError("settings_unreadable", problem="malformed", **params) from error
    except (RecursionError, ValueError) as error:  # a thousand brackets in brackets, a number of 5,000 digits
        raise ConfigError("settings_unreadable", problem="excessive", file=str(file)) from error


def line_of(content: str, path: tuple[str | int, ...]) -> int | None:
    """Return the line where a value begins: the text up to it contains the value, the text before it does not.

    Args:
        content: valid TOML.
        path: of the value; if it is missing, the line of the nearest enclosing value is returned.
    """
    values = tomllib.loads(content)
    while path and not contains(values, path):
        path = path[:-1]
    lines = content.split("\n")
    begin = 1
    for number in range(1, len(lines) + 1 if path else 0):
        try:
            values = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:  # in the middle of a multi-line value
            continue
        if contains(values, path):
            return begin
        begin = number + 1
    return None


def contains(values: Any, path: tuple[str | int, ...]) -> bool:
    """Return whether nested values contain a path of keys and indices."""
    for name in path:
        known = range(len(values)) if isinstance(values, list) else values if isinstance(values, dict) else ()
        if name not in known:
            return False
        values = values[name]
    return True
