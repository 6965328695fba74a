"""The backups of a database."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.core.backup import Backup
from freesport_sync.database.undo.backup import database_identity, list_backups
from freesport_sync.services.database import Database


class Backups:
    """The backups of one database.

    Args:
        database: whose backups they are.
        folder: with the archives.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self._database = database

    def list(self) -> tuple[Backup, ...]:
        """The backups of this database and the damaged ones, newest first."""
        with self._database.connection() as connection:
            own = database_identity(connection)
        found = list_backups(self.folder)
        return tuple(one for one in found if one.manifest is None or one.manifest.database == own)

    def of_run(self, run_id: int) -> str:
        """The name of the backup that a run made before it wrote.

        Raises:
            ConfigError: the folder has no such backup.
        """
        from freesport_sync.tasks.restore.restoring import backup_of_run

        with self._database.connection() as connection:
            return backup_of_run(self.folder, run_id, database_identity(connection))
