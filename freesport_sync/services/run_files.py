"""The files that a run received from the SSH host or through the exchange."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.database.own.history_list import read_entry
from freesport_sync.errors import ConfigError
from freesport_sync.services.database import Database
from freesport_sync.tasks.shop_import.run_folders import RunFolders


class RunFiles:
    """Finds the files of past runs.

    Args:
        database: with the history.
        folders: where files are kept.
    """

    def __init__(self, database: Database, folders: Sequence[RunFolders]) -> None:
        self._database = database
        self._folders = folders

    def of(self, run_id: int) -> Path:
        """The folder with the files of a run.

        Raises:
            ConfigError: there is no such run, it received no files, or they are no longer kept.
        """
        with self._database.connection() as connection:
            entry = read_entry(connection, EntryKey(EntrySource.RUN, run_id))
        if entry is None:
            raise ConfigError("run_not_found", run_id=run_id)
        folder = Path(entry.data)
        kept = next((one for one in self._folders if one.is_of_run(folder)), None)
        if kept is None:
            raise ConfigError("run_fetched_nothing", run_id=run_id, path=str(folder))
        if not kept.has(folder):
            raise ConfigError("received_files_gone", run_id=run_id, path=str(folder))
        return folder
