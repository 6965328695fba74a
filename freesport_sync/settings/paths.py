"""Paths of the program's state."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_NAME = "freesport_sync"


@dataclass(frozen=True, slots=True)
class Paths:
    """Folders and files of one installation; creates nothing."""

    settings_file: Path
    postgres: Path
    """The private PostgreSQL server."""
    work: Path
    """Unpacked archives, during a run."""
    logs: Path
    backups: Path
    received: Path
    """Files downloaded from the SSH host."""
    exchange: Path
    """Files uploaded by 1C."""
    exchange_password: Path
    known_hosts: Path
    """Host keys accepted by the operator."""


def located(path: str | Path, folder: Path) -> Path:
    """Resolve a path as typed: `~` is the home folder, relative paths start from `folder`.

    Shells do not expand a quoted `~`, and Windows never does.
    """
    return (folder / os.path.expanduser(path)).absolute()


def home_mark(home: Path | None, separator: str) -> str:
    """Tells what belongs to one home from the same of another: a short word after `separator`; none for the usual home.

    Args:
        home: as `find_paths` takes it.
        separator: before the word.
    """
    return "" if home is None else separator + hashlib.sha256(str(located(home, Path())).encode()).hexdigest()[:8]


def find_paths(home: Path | None) -> Paths:
    """Return the paths below `home`, or in the system's standard places.

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
