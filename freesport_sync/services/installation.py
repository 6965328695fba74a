"""What is installed here: where state lies, which settings are in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.settings.paths import Paths, find_paths

if TYPE_CHECKING:  # the window asks for the folder before anything heavy is loaded
    from freesport_sync.settings.listing import ListedSetting
    from freesport_sync.settings.model import Settings


def state_folder(home: Path | None) -> Path:
    """The folder with the settings file.

    Args:
        home: one folder for all state; None: where the system keeps such things.
    """
    return find_paths(home).settings_file.parent


class Installation:
    """One installation of the program.

    Args:
        settings: those in force.
        paths: where it keeps its state.
    """

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self._settings = settings
        self.settings_file = paths.settings_file
        self.logs = paths.logs
        """Folder of the log files."""

    @property
    def data_dir(self) -> Path:
        """The folder of the export, unless an import names another one."""
        return self._settings.source.data_dir

    @property
    def is_new(self) -> bool:
        """Whether nobody has chosen a database or written a settings file."""
        return self._settings.database.url is None and not self.settings_file.exists()

    def list_settings(self) -> tuple[ListedSetting, ...]:
        """Every setting with its value and origin."""
        from freesport_sync.settings.listing import list_settings

        return list_settings(self._settings, self.settings_file)
