"""Where the program keeps its state."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_NAME = "freesport_sync"


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders and files of one installation; nothing is created here."""

    settings_file: Path
    postgres: Path
    """The private PostgreSQL server."""
    work: Path
    """Unpacked archives, for the time of a run."""
    logs: Path
    backups: Path
    received: Path
    """Files that were fetched from the server."""
    exchange: Path
    """Files that 1C has sent."""
    exchange_password: Path
    known_hosts: Path
    """Keys of servers that the operator has accepted."""


def located(written: str | Path, folder: Path) -> Path:
    """What a path means that somebody has written: `~` is the home folder, a relative one starts from `folder`.

    A shell expands `~` only where nobody quotes it, and Windows never does.
    """
    return (folder / os.path.expanduser(written)).absolute()


def find_paths(home: Path | None) -> Paths:
    """The paths below `home`, or where the system keeps such things.

    Args:
        home: one folder for all state.
    """
    if home is not None:
        root = located(home, Path())
        return _paths(root, root, root / "logs")
    from platformdirs import PlatformDirs

    folders = PlatformDirs(_NAME, appauthor=False)
    return _paths(folders.user_config_path, folders.user_data_path, folders.user_log_path)


def _paths(config: Path, data: Path, logs: Path) -> Paths:
    return Paths(
        settings_file=config / "settings.toml",
        postgres=data / "postgres",
        work=data / "work",
        logs=logs,
        backups=data / "backups",
        received=data / "received",
        exchange=data / "exchange",
        exchange_password=config / "exchange.password",
        known_hosts=config / "known_hosts",
    )
