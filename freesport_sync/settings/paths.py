"""Where the program keeps its state."""

from __future__ import annotations

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


def find_paths(home: Path | None) -> Paths:
    """The paths below `home`, or where the system keeps such things.

    Args:
        home: one folder for all state.
    """
    if home is not None:
        root = home.expanduser().absolute()
        return Paths(root / "settings.toml", root / "postgres", root / "work", root / "logs", root / "backups")
    from platformdirs import PlatformDirs

    folders = PlatformDirs(_NAME, appauthor=False)
    data = folders.user_data_path
    settings_file = folders.user_config_path / "settings.toml"
    return Paths(settings_file, data / "postgres", data / "work", folders.user_log_path, data / "backups")
