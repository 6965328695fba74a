"""Runs one import of the exchange as soon as no other import holds the lock of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Event, IssuesFound, Progress, Reporter, RunStarted
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Header, Trigger
from freesport_sync.errors import ExchangeRefused, LockHeld
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.exchange.imports.late_pictures import LatePictures
from freesport_sync.exchange.imports.queue import ImportQueue
from freesport_sync.exchange.uploads.batch import Sender
from freesport_sync.rules.catalog.pictures import PictureProblem
from freesport_sync.settings.model import ExchangeSettings
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.run_folders import RunFolders

LOCK_POLL_S = 1.0
"""Between two attempts to take the import lock of the database; a refused one spends up to 2 s asking who holds it."""

Run = Callable[[ShopImport, Header, Reporter, CancelToken], RunReport]


class ImportRunner:
    """Imports the files of a folder.

    Args:
        run: imports; see `Application.run`.
        ahead_of_queue: entered while others hold the lock; queued tasks then leave it to us.
        queue: on whose thread it runs.
        folders: with the files of each run.
        rules: of the settings.
        is_dry_run: write nothing to the shop.
        has_fresh_backup: asked before each run.
        report: receives the events of the runs.
    """

    def __init__(
        self,
        run: Run,
        ahead_of_queue: Callable[[], AbstractContextManager[None]],
        queue: ImportQueue,
        folders: RunFolders,
        rules: ExchangeSettings,
        is_dry_run: bool,
        has_fresh_backup: Callable[[], bool],
        report: Reporter,
    ) -> None:
        self._run = run
        self._ahead_of_queue = ahead_of_queue
        self._queue = queue
        self._folders = folders
        self._rules = rules
        self._has_fresh_backup = has_fresh_backup
        self._report = report
        self.is_dry_run = is_dry_run
        self.late_pictures = LatePictures(folders)

    def run(
        self,
        one: ExchangeImport,
        sender: Sender,
        kind: ImportKind,
        folder: Path,
        is_full: bool = False,
        allow_older: bool = False,
    ) -> RunReport:
        """Import the files of a folder.

        Args:
            one: the import; its progress is updated.
            sender: who sent the files.
            kind: of the run.
            folder: see `RunFolders.keep`.
            is_full: hide what the files do not contain; takes a backup in any case.
            allow_older: import files that are older than the last ones, whatever the settings say.

        Raises:
            SyncError: the run failed, or others held the lock for too long.
        """
        request = ShopImport(
            kind=kind,
            data_dir=folder,
            chunk_size=kind.usual_chunk_size,
            is_full=is_full,
            allow_older=allow_older or self._rules.allow_older,
            skip_backup=not is_full and self._has_fresh_backup(),
            skip_images=is_full,
            accept_no_records=True,
        )
        header = Header(sender.operator, Trigger.ONEC, self.is_dry_run)
        observer = _RunObserver(one, self._report)
        try:
            with self._folders.in_use(folder):
                return self._run_when_free(one, request, header, observer)
        finally:
            if kind is not ImportKind.IMAGES and not self.is_dry_run:
                self.late_pictures.note(folder, observer.missing_pictures)
            if one.run_id is None:  # the history has no such run
                self._folders.drop(folder)
            self._folders.forget_old(self._rules.keep_runs, self._rules.keep_days)

    def _run_when_free(self, one: ExchangeImport, request: ShopImport, header: Header, observer: Reporter) -> RunReport:
        deadline = one.asked_at + self._rules.queue_timeout_s
        with ExitStack() as ahead:
            while True:
                try:
                    return self._run(request, header, observer, one.cancel)
                except LockHeld as error:
                    if one.holder is None:
                        ahead.enter_context(self._ahead_of_queue())
                    one.holder, one.is_running = error, False
                    if time.monotonic() > deadline:
                        raise ExchangeRefused("exchange_busy") from error
                    self._queue.pause(one, LOCK_POLL_S)


class _RunObserver:
    """Forwards the events of a run, and records its progress."""

    def __init__(self, one: ExchangeImport, report: Reporter) -> None:
        self._one = one
        self._report = report
        self.missing_pictures: list[RowIssue] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._one.is_running, self._one.run_id = True, event.run_id
        elif isinstance(event, Progress):
            self._one.progress = event
        elif isinstance(event, IssuesFound):
            self.missing_pictures += [issue for issue in event.issues if issue.code == PictureProblem.MISSING]
        self._report(event)
