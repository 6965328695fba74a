"""Checks whether an import could run, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.freshness import DataKind
from freesport_sync.database.own.freshness import read_freshness
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server.engine import translated_errors
from freesport_sync.errors import SyncError
from freesport_sync.services.database import Database
from freesport_sync.services.remote_export import RemoteExport
from freesport_sync.settings.model import Settings


class Checks:
    """Checks the database, the picture folder and the SSH host of the settings.

    Args:
        settings: those in force.
        database: that imports write to.
        remote_export: that they may read from.
        limits: kind of data -> the age in hours that is tolerated.
    """

    def __init__(
        self, settings: Settings, database: Database, remote_export: RemoteExport, limits: Mapping[DataKind, int]
    ) -> None:
        self._settings = settings
        self._database = database
        self._remote_export = remote_export
        self._limits = limits

    def database(self) -> tuple[CheckItem, ...]:
        """The database and the folder for pictures.

        Raises:
            SyncError: the database cannot be reached; the code names the step that failed.
        """
        return self._check_database(None)

    def everything(self, media_root: Path | None) -> tuple[CheckItem, ...]:
        """The database, the folder for pictures, the SSH host, and whether the data in the shop is too old.

        Args:
            media_root: folder for pictures; None: that of the settings.

        Raises:
            SyncError: the database cannot be reached; the code names the step that failed.
        """
        return self._check_database(media_root) + self._remote_export.check(CancelToken()) + self._check_freshness()

    def _check_freshness(self) -> tuple[CheckItem, ...]:
        """Advice about data that is too old; nothing where there is no history to read."""
        try:
            with translated_errors(), self._database.connection() as connection:
                freshness = read_freshness(connection, self._limits)
        except SyncError:  # the check of the database says why
            return ()
        overdue = freshness.overdue(freshness.read_at).values()
        return tuple(CheckItem(one.code, True, one.params) for one in overdue)

    def _check_database(self, media_root: Path | None) -> tuple[CheckItem, ...]:
        from freesport_sync.tasks.shop_import.media_root import check_media_root

        with self._database.target() as target:
            items = check_database(target.url, target.label, target.creation)
        folder = media_root or self._settings.pictures.media_root
        return items if folder is None else (*items, check_media_root(folder))
