"""What is installed here: where state lies, which settings are in force."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.log_entries import log_entry
from freesport_sync.errors import SyncError
from freesport_sync.settings.bootstrap_file import bootstrap_places
from freesport_sync.settings.paths import Paths, find_paths

if TYPE_CHECKING:  # the window asks for the folder before anything heavy is loaded
    from freesport_sync.settings.bootstrap import Bootstrap
    from freesport_sync.settings.listing import ListedSetting
    from freesport_sync.settings.model import Settings

log = logging.getLogger(__name__)


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
        bootstrap: what became of the file that sets up many workstations.
    """

    def __init__(self, settings: Settings, paths: Paths, bootstrap: Bootstrap) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
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

    @property
    def bootstrap_error(self) -> SyncError | None:
        """Why the bootstrap file could not be used, so that this program is not set up as it should be."""
        return self._bootstrap.error

    def bootstrap_items(self) -> tuple[CheckItem, ...]:
        """What became of the bootstrap file; nothing if there is none."""
        from freesport_sync.settings.bootstrap import BootstrapState

        found = self._bootstrap
        params: dict[str, object] = {"path": str(found.file), "settings_file": str(self.settings_file)}
        if found.applied_at is not None:
            params["applied_at"] = found.applied_at.isoformat()
        match found.state:
            case BootstrapState.ABSENT:
                return ()
            case BootstrapState.REFUSED:
                assert found.error is not None
                reason = CheckItem(found.error.code, False, found.error.params)
                return (CheckItem("bootstrap_refused", False, params), reason)
            case BootstrapState.NEW:
                return (CheckItem("bootstrap_applied", True, params),)
            case _:
                return (CheckItem(f"bootstrap_{found.state.value}", True, params),)

    def bootstrap_places(self) -> tuple[Path, ...]:
        """Where a bootstrap file is looked for."""
        return bootstrap_places()

    def log_bootstrap(self) -> None:
        """Log that the bootstrap file was taken over just now, or that it cannot be."""
        from freesport_sync.settings.bootstrap import BootstrapState

        found = self._bootstrap
        if found.state is BootstrapState.NEW:
            log_entry(log, logging.INFO, "bootstrap_applied", path=str(found.file))
        elif found.state is BootstrapState.REFUSED:
            log_entry(log, logging.WARNING, "bootstrap_refused", path=str(found.file), cause=found.error)
