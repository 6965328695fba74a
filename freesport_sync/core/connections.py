"""What the operator chooses between: saved connections, each a database and perhaps an SSH host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from freesport_sync.core.ssh_address import USUAL_PORT

EMBEDDED = "embedded"
"""In place of an address: the program's private database."""


class PasswordPlace(StrEnum):
    """Where a secret was put."""

    KEY_STORE = "key_store"
    FILE = "file"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class SshHostChoice:
    """The address of an SSH host, how to log in, and where its files are.

    Args:
        host: name, alias or address; `user@host:port` works too.
        port: TCP port.
        user: None: the one in the address or in `~/.ssh/config`.
        key_file: private key; None: any that the agent or `~/.ssh/config` offers.
        use_agent: whether to ask the agent for keys.
        folder: with the export, on the host; empty: the folder that the login starts in.
        archive_folder: to which imported files are moved, on the host; None: they stay.
        media_root: folder of the shop's pictures, on the host; None: they are not there.
        others: settings of the section `ssh` that no form shows; they stay as they are.
    """

    host: str
    port: int = USUAL_PORT
    user: str | None = None
    key_file: Path | None = None
    use_agent: bool = True
    folder: str = ""
    archive_folder: str | None = None
    media_root: str | None = None
    others: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RemoteFolders:
    """Where an export lies on an SSH host.

    Args:
        login: `user@host:port`, as far as they are set.
        folder: with the export; empty: the folder that the login starts in.
        archive_folder: to which imported files are moved; None: they stay.
    """

    login: str
    folder: str
    archive_folder: str | None


@dataclass(frozen=True, slots=True)
class SavedConnection:
    """One saved connection.

    Args:
        name: for people; unique.
        database_url: without a password; or `EMBEDDED`.
        ssh: the host where 1C puts its exports; None: there is none.
    """

    name: str
    database_url: str
    ssh: SshHostChoice | None = None


def in_place(
    connections: Sequence[SavedConnection], address: str, edited: SavedConnection
) -> tuple[SavedConnection, ...]:
    """All connections, with another one in place of that of an address; before them if there is none."""
    if address not in (one.database_url for one in connections):
        return (edited, *connections)
    return tuple(edited if one.database_url == address else one for one in connections)
