"""Saved connections: a name and the address of a database, never a password."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.settings.edit import replace_file

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """One saved connection.

    Args:
        name: for people; unique.
        database_url: without a password.
    """

    name: str
    database_url: str


def load_profiles(file: Path) -> tuple[Profile, ...]:
    """The connections of a file; none where it is missing.

    Raises:
        ConfigError: it is not a file of connections, or carries a password.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {"profile": []}
        found = tuple(Profile(str(one["name"]), str(one["database_url"])) for one in values["profile"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise ConfigError("profiles_unreadable", file=str(file), reason=reason) from error
    if any(":" in one.database_url.partition("://")[2].rpartition("@")[0] for one in found):
        raise ConfigError("profiles_password", file=str(file))
    return found


def save_profiles(file: Path, profiles: Sequence[Profile]) -> None:
    """Write a file of connections, for this program or for that of a colleague.

    Raises:
        ConfigError: it cannot be written.
    """
    document = tomlkit.document()
    document["format"] = FORMAT
    tables = tomlkit.aot()
    for one in profiles:
        table = tomlkit.table()
        table["name"], table["database_url"] = one.name, one.database_url
        tables.append(table)
    document["profile"] = tables
    replace_file(file, tomlkit.dumps(document))
