"""What the exchange imports: files of a batch, late pictures, and the end of a full export."""

from __future__ import annotations

from pathlib import PurePosixPath

from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportKind
from freesport_sync.errors import SourceMalformed
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.exchange.imports.full_exports import FullExportTracker
from freesport_sync.exchange.imports.queue import ImportQueue
from freesport_sync.exchange.imports.run_files import (
    Contents,
    files_of_run,
    pictures,
    readable_contents,
    required_contents,
    run_kind,
)
from freesport_sync.exchange.imports.runner import ImportRunner
from freesport_sync.exchange.uploads.archives import unpack_archives
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch
from freesport_sync.exchange.uploads.store import UploadStore
from freesport_sync.exchange.uploads.uploaded_file import FileStatus, UploadedFile
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.tasks.shop_import.run_folders import RunFolders


class ShopImports:
    """Imports uploaded files into the shop, and records their status in the batch.

    Args:
        queue: of the imports.
        runner: makes the runs.
        folders: for the files of each run.
        store: remembers which batch is in the shop.
        exports: knows whether a full export is complete.
    """

    def __init__(
        self,
        queue: ImportQueue,
        runner: ImportRunner,
        folders: RunFolders,
        store: UploadStore,
        exports: FullExportTracker,
    ) -> None:
        self._queue = queue
        self._runner = runner
        self._folders = folders
        self._store = store
        self._exports = exports

    def submit(self, batch: UploadBatch, path: PurePosixPath | None) -> ExchangeImport:
        """Queue an import.

        Args:
            batch: whose files.
            path: the file that 1C asks for; None: everything that was not asked for.

        Raises:
            Cancelled: the server stops.
        """
        waiting = ", ".join(str(file.path) for file in batch.waiting) or PICTURE_FOLDER
        one = ExchangeImport(waiting if path is None else path.name)

        def work(one: ExchangeImport) -> RunReport | None:
            try:
                return self._import(one, batch, path)
            except BaseException:
                batch.has_failed = True
                raise
            finally:
                batch.import_ended()

        batch.import_queued()
        try:
            self._queue.submit(one, work)
        except BaseException:
            batch.import_ended()
            raise
        return one

    def deactivate(self, sender: Sender, login: int) -> ExchangeImport:
        """Queue hiding what a full export did not contain.

        Args:
            sender: who asks for it.
            login: timestamp of the login with which the export began.

        Raises:
            Cancelled: the server stops.
        """

        def work(one: ExchangeImport) -> RunReport:
            folder = self._folders.keep(self._exports.files_since(sender.user, login))
            return self._runner.run(one, sender, ImportKind.CATALOG, folder, is_full=True)

        one = ExchangeImport("deactivate")
        self._queue.submit(one, work)
        return one

    def _import(self, one: ExchangeImport, batch: UploadBatch, path: PurePosixPath | None) -> RunReport | None:
        one.cancel.check()
        unpack_archives(batch, one.cancel.check)
        named = batch.named(path)  # none if an archive has only pictures, or the shop has all of it already
        report = self._import_named(one, batch, named) if named else None
        new_pictures = batch.new_pictures
        batch.mark(new_pictures, self._end_status)
        if new_pictures and not self._runner.is_dry_run:
            return self._link_late_pictures(one, batch) or report
        return report

    def _import_named(self, one: ExchangeImport, batch: UploadBatch, named: tuple[UploadedFile, ...]) -> RunReport:
        """Import files together with all others of their batch that are not imported yet.

        1C asks for goods, offers, prices and stocks one after the other; in the shop they belong together. An
        unreadable file does not hold up the others: 1C gets the error when it asks for that file.
        """
        waiting = [file for file in batch.waiting_xml if file not in named]
        batch.mark(named, FileStatus.IMPORTING)
        try:
            required, others = required_contents(batch, named), readable_contents(batch, waiting)
            try:
                return self._import_contents(one, batch, {**required, **others})
            except SourceMalformed:
                if not others:
                    raise
                return self._import_contents(one, batch, required)
        except BaseException:
            batch.mark(named, FileStatus.FAILED)
            raise

    def _import_contents(self, one: ExchangeImport, batch: UploadBatch, contents: Contents) -> RunReport:
        folder = self._folders.keep(files_of_run(batch, contents))
        report = self._runner.run(one, batch.sender, run_kind(contents.values()), folder)
        if self._runner.is_dry_run:
            batch.mark(contents, FileStatus.CHECKED)
        else:
            batch.imported({file: content.is_full for file, content in contents.items()}, folder)
            self._store.record_import(batch)
        return report

    def _link_late_pictures(self, one: ExchangeImport, batch: UploadBatch) -> RunReport | None:
        """Give the pictures of a batch to the records of earlier batches that name them."""
        found = [file.path for file in pictures(batch)]
        records = self._runner.late_pictures.wanted(found)
        if not records:
            return None
        folder = self._folders.keep(records | {str(path): batch.folder / path for path in found})
        report = self._runner.run(one, batch.sender, ImportKind.IMAGES, folder, allow_older=True)
        self._runner.late_pictures.forget(found)
        return report

    @property
    def _end_status(self) -> FileStatus:
        return FileStatus.CHECKED if self._runner.is_dry_run else FileStatus.IMPORTED
