"""Where an installation keeps its state; the window asks before anything heavy is loaded."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.settings.paths import find_paths


def state_folder(home: Path | None) -> Path:
    """The folder with the settings file.

    Args:
        home: one folder for all state; None: where the system keeps such things.
    """
    return find_paths(home).settings_file.parent
