"""Saved connections: name, database URL, SSH host; never a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from freesport_sync.errors import ConfigError
from freesport_sync.settings.edit import replace_file
from freesport_sync.settings.toml_file import parse_toml, read_toml

if TYPE_CHECKING:
    from freesport_sync.settings.model import SshSettings  # pydantic is slow to import; the window comes first

FORMAT = 1
_SECRET_FILES = {"password_file", "passphrase_file"}


@dataclass(frozen=True, slots=True)
class Profile:
    """One saved connection.

    Args:
        name: unique, for display.
        database_url: without a password; or `core.connections.EMBEDDED`.
        ssh: the host with 1C's exports, if any.
    """

    name: str
    database_url: str
    ssh: SshSettings | None = None


def load_profiles(file: Path) -> tuple[Profile, ...]:
    """Read the connections of a file; none if it is missing.

    Raises:
        ConfigError: the file is invalid, or contains a password.
    """
    values = parse_toml(file, read_toml(file)) or {"profile": []}
    try:
        found = tuple(Profile(str(one["name"]), str(one["database_url"]), _server(one)) for one in values["profile"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("profiles_unreadable", file=str(file), reason=str(error)) from error
    if any(":" in one.database_url.partition("://")[2].rpartition("@")[0] for one in found):
        raise ConfigError("profiles_password", file=str(file))
    return found


def save_profiles(file: Path, profiles: Sequence[Profile], is_for_others: bool = False) -> None:
    """Write a file of connections.

    Args:
        file: to replace.
        profiles: to write.
        is_for_others: omit the places of secrets on this computer.

    Raises:
        ConfigError: the file cannot be written.
    """
    document = tomlkit.document()
    document["format"] = FORMAT
    tables = tomlkit.aot()
    for one in profiles:
        table = tomlkit.table()
        table["name"], table["database_url"] = one.name, one.database_url
        if one.ssh is not None:
            left_out = _SECRET_FILES if is_for_others else set()
            table["ssh"] = one.ssh.model_dump(mode="json", exclude_defaults=True, exclude=left_out)
        tables.append(table)
    document["profile"] = tables
    replace_file(file, tomlkit.dumps(document))


def _server(values: dict[str, Any]) -> SshSettings | None:
    from freesport_sync.settings.model import SshSettings

    return SshSettings.model_validate(values["ssh"]) if "ssh" in values else None
