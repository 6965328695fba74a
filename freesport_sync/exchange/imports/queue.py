"""The imports that 1C asks for: one at a time, each a run like any other (EXCHANGE-8, EXCHANGE-11)."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import (
    Event,
    IssuesFound,
    Progress,
    Reporter,
    RunStarted,
)
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.logged import note
from freesport_sync.core.printable import printable
from freesport_sync.core.run import (
    RunKind,
    RunReport,
    RunRequest,
    Trigger,
)
from freesport_sync.errors import (
    Cancelled,
    ExchangeRefused,
    LockHeld,
    SourceMalformed,
    SyncError,
)
from freesport_sync.exchange.imports.full_exports import FullExportTracker, Note
from freesport_sync.exchange.imports.late_pictures import LatePictures
from freesport_sync.exchange.uploads.batch import REFERENCE_BOOKS, UploadBatch
from freesport_sync.rules.catalog.pictures import PictureProblem
from freesport_sync.settings.model import ExchangeSettings
from freesport_sync.sources.commerceml.content import Content, content_of
from freesport_sync.sources.commerceml.discovery import FileKind, recognise
from freesport_sync.sources.commerceml.folders import PICTURE_FOLDER
from freesport_sync.tasks.shop_import.run_folders import RunFolders

log = logging.getLogger(__name__)

LOCK_POLL_S = 1.0
"""Between two tries to get the import lock of the database; each try asks for up to 2 s who holds it."""
_RUN_KINDS: Mapping[FileKind | None, RunKind] = {
    FileKind.PRICES: RunKind.PRICES,
    FileKind.RESTS: RunKind.STOCKS,
    FileKind.CONTRAGENTS: RunKind.CUSTOMERS,
}
_USUAL_WORDS: Mapping[FileKind | None, str] = {FileKind.OFFERS: "offers", FileKind.CONTRAGENTS: "contragents"}

Runner = Callable[[RunRequest, Reporter, CancelToken], RunReport]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends files.

    Args:
        user: of the exchange; empty where an earlier server has received the files.
        address: of the client.
        login: timestamp of the session.
    """

    user: str
    address: str
    login: int

    @property
    def operator(self) -> str:
        return f"1C {self.user}@{self.address}" if self.user else "1C"


class ExchangeImport:
    """One import that 1C waits for.

    Args:
        name: of the file, for people.
        cancel: stops it.
        portion: whose files it is about; None: it is about whole exports.
    """

    def __init__(self, name: str, cancel: CancelToken, portion: UploadBatch | None = None) -> None:
        self.name = name
        self.cancel = cancel
        self.portion = portion
        self.asked_at = time.monotonic()
        self.result: Future[RunReport | SyncError | None] = Future()
        """None: there was nothing to do."""
        self.is_working = False
        """It waits for nobody any more."""
        self.holder: SyncError | None = None
        """Who is in the way."""
        self.progress: Progress | None = None
        self.run_id: int | None = None

    @property
    def waited_s(self) -> float:
        return time.monotonic() - self.asked_at

    async def wait(self, hold_s: float) -> bool:
        """Wait for the end; returns whether it has come."""
        done, _ = await asyncio.wait([asyncio.wrap_future(self.result)], timeout=hold_s)
        return bool(done)


class ImportQueue:
    """Does them one after the other, on a thread of its own.

    Args:
        run: imports; see `Application.run`.
        folders: for the files of each run.
        rules: of the settings.
        is_dry_run: only look what they would do.
        has_fresh_backup: asked before each run.
        report: receives the events of the runs.
    """

    def __init__(
        self,
        run: Runner,
        folders: RunFolders,
        rules: ExchangeSettings,
        is_dry_run: bool,
        has_fresh_backup: Callable[[], bool],
        report: Reporter,
    ) -> None:
        self._run = run
        self._folders = folders
        self._rules = rules
        self._is_dry_run = is_dry_run
        self._has_fresh_backup = has_fresh_backup
        self._report = report
        self._executor = ThreadPoolExecutor(1, "import")
        self._stop = threading.Event()
        self._open: list[ExchangeImport] = []
        self._late_pictures = LatePictures(folders)
        self.ledger = FullExportTracker(folders)

    @property
    def current(self) -> ExchangeImport | None:
        """What is being imported, or waits for others to end."""
        return self._open[0] if self._open else None

    def submit(self, sender: Sender, portion: UploadBatch, path: PurePosixPath | None) -> ExchangeImport:
        """Import a file of a portion, or all that nobody has asked for, after those that were asked for before."""
        name = ", ".join(map(str, portion.waiting)) or PICTURE_FOLDER if path is None else path.name

        def work(one: ExchangeImport) -> RunReport | None:
            try:
                return self._import(one, sender, portion, path)
            except BaseException:
                portion.has_failed = True
                raise

        return self._submit(ExchangeImport(name, CancelToken(), portion), work)

    def deactivate(self, sender: Sender, timestamp: int) -> ExchangeImport:
        """Hide what the full export that began with a login did not contain."""
        one = ExchangeImport("deactivate", CancelToken())
        return self._submit(one, lambda one: self._deactivate(one, sender, timestamp))

    def has_work_with(self, portion: UploadBatch) -> bool:
        """Whether files of a portion are being imported, or wait for other imports to end."""
        return any(one.portion is portion for one in tuple(self._open))

    def give_up(self, one: ExchangeImport) -> bool:
        """Stop waiting for others; returns whether it was not too late for that."""
        if one.is_working:
            return False
        one.cancel.cancel()
        return True

    def stop(self) -> None:
        """Cancel everything; returns when it has ended."""
        self._stop.set()
        for one in tuple(self._open):
            one.cancel.cancel()
        self._executor.shutdown(wait=True)  # also those that have not begun: their end is to be told

    def _submit(self, one: ExchangeImport, work: Callable[[ExchangeImport], RunReport | None]) -> ExchangeImport:
        if self._stop.is_set():
            raise Cancelled("cancelled")
        self._open.append(one)
        self._executor.submit(self._do, one, work)
        return one

    def _do(self, one: ExchangeImport, work: Callable[[ExchangeImport], RunReport | None]) -> None:
        result: RunReport | SyncError | None
        try:
            result = work(one)
        except SyncError as error:
            # Perhaps nobody asks how it has ended.
            note(log, logging.WARNING, "import_of_onec_failed", cause=error, file=printable(one.name, 200))
            result = error
        except Exception as error:
            note(log, logging.ERROR, "unexpected_error", cause=error)
            result = SyncError("internal_error", reason=type(error).__name__)
        if one.portion is not None:
            one.portion.used_at = time.monotonic()
        self._open.remove(one)
        one.result.set_result(result)

    def _import(
        self, one: ExchangeImport, sender: Sender, portion: UploadBatch, path: PurePosixPath | None
    ) -> RunReport | None:
        one.cancel.check()
        portion.unpacked(one.cancel.check)
        named = portion.named(path)  # none, where an archive has only pictures, or what it has is imported already
        report = self._import_named(one, sender, portion, named) if named else None
        has_new_pictures, portion.has_new_pictures = portion.has_new_pictures, False
        if has_new_pictures and not self._is_dry_run:
            return self._link_late(one, sender, portion) or report
        return report

    def _import_named(
        self, one: ExchangeImport, sender: Sender, portion: UploadBatch, named: tuple[PurePosixPath, ...]
    ) -> RunReport:
        """Import files together with all of their portion that nobody has imported yet.

        1C asks for goods, offers, prices and stocks one after the other; to the shop they belong together. A file that
        cannot be read does not hold up the others: it is told of when it is asked for itself.
        """
        others = [known for known in portion.waiting_xml if known not in named]
        portion.ask_for(named)
        with self.ledger.noting(sender.user, sender.login, named[0].name) as note:
            wanted = {file: _wanted_content(portion, file) for file in named}
            readable = {file: content for file in others if (content := _content(portion, file)) is not None}
            try:
                report = self._import_files(one, sender, portion, wanted | readable, note)
            except SourceMalformed:
                if not readable:
                    raise
                report = self._import_files(one, sender, portion, wanted, note)
                readable = {}
            portion.ask_for(readable)
            note.is_done = not self._is_dry_run
            if note.is_done:
                portion.imported(wanted | readable)
        return report

    def _link_late(self, one: ExchangeImport, sender: Sender, portion: UploadBatch) -> RunReport | None:
        """Give the pictures of a portion to the records of earlier ones that name them."""
        pictures = portion.pictures()
        if not (files := self._late_pictures.wanted(pictures)):
            return None
        folder = self._folders.keep(files | {str(picture): portion.folder / picture for picture in pictures})
        request = replace(self._request(RunKind.IMAGES, folder, sender), allow_older=True)
        report = self._run_patiently(one, request)
        self._late_pictures.forget(pictures)
        return report

    def _import_files(
        self,
        one: ExchangeImport,
        sender: Sender,
        portion: UploadBatch,
        files: Mapping[PurePosixPath, Content],
        note: Note,
    ) -> RunReport:
        note.is_whole = any(content.is_full for content in files.values())
        note.folder = folder = self._folders.keep(_files_of_run(portion, files))
        return self._run_patiently(one, self._request(_run_kind(files.values()), folder, sender))

    def _deactivate(self, one: ExchangeImport, sender: Sender, timestamp: int) -> RunReport:
        files = self.ledger.files_since(sender.user, timestamp)
        folder = self._folders.keep(files)
        request = self._request(RunKind.CATALOG, folder, sender, is_full=True)
        return self._run_patiently(one, request)

    def _request(self, kind: RunKind, folder: Path, sender: Sender, is_full: bool = False) -> RunRequest:
        return RunRequest(
            kind=kind,
            data_dir=folder,
            operator=sender.operator,
            chunk_size=kind.usual_chunk_size,
            is_dry_run=self._is_dry_run,
            is_full=is_full,
            allow_older=self._rules.allow_older,
            skip_backup=not is_full and self._has_fresh_backup(),
            skip_images=is_full,
            trigger=Trigger.ONEC,
        )

    def _run_patiently(self, one: ExchangeImport, request: RunRequest) -> RunReport:
        """Run, after whoever imports into the same database now."""
        deadline = one.asked_at + self._rules.patience_s
        watch = _Watch(one, self._report)
        try:
            with self._folders.in_use(request.data_dir):
                while True:
                    try:
                        return self._run(request, watch, one.cancel)
                    except LockHeld as error:
                        one.holder, one.is_working = error, False
                        if time.monotonic() > deadline:
                            raise ExchangeRefused("exchange_busy") from error
                        self._stop.wait(LOCK_POLL_S)
                        one.cancel.check()
        finally:
            if request.kind is not RunKind.IMAGES and not request.is_dry_run:
                self._late_pictures.note(request.data_dir, watch.missing_pictures)
            if one.run_id is None:  # the history knows nothing of it
                self._folders.drop(request.data_dir)
            self._folders.forget_old(self._rules.keep_runs, self._rules.keep_days)


class _Watch:
    """Passes the events of a run on, and remembers how far it is."""

    def __init__(self, one: ExchangeImport, report: Reporter) -> None:
        self._one = one
        self._report = report
        self.missing_pictures: list[RowIssue] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._one.is_working, self._one.run_id = True, event.run_id
        elif isinstance(event, Progress):
            self._one.progress = event
        elif isinstance(event, IssuesFound):
            self.missing_pictures += [issue for issue in event.issues if issue.code == PictureProblem.MISSING]
        self._report(event)


def _content(portion: UploadBatch, path: PurePosixPath) -> Content | None:
    """What a file contains; None: nothing that could be imported now."""
    try:
        content = content_of(portion.folder / path)
    except SourceMalformed:
        return None
    return None if content.kind is FileKind.ORDERS else content


def _wanted_content(portion: UploadBatch, path: PurePosixPath) -> Content:
    content = content_of(portion.folder / path)
    if content.kind is FileKind.ORDERS:
        raise ExchangeRefused("exchange_orders_later")
    return content


def _run_kind(contents: Iterable[Content]) -> RunKind:
    """What the history calls an import of these files."""
    kinds = {content.kind for content in contents} - REFERENCE_BOOKS
    if len(kinds) == 1:
        return _RUN_KINDS.get(next(iter(kinds)), RunKind.CATALOG)
    return RunKind.ALL if FileKind.CONTRAGENTS in kinds else RunKind.CATALOG


def _files_of_run(portion: UploadBatch, files: Mapping[PurePosixPath, Content]) -> Mapping[str, Path]:
    """What a run needs: the files, the books that they refer to, and their pictures.

    A name that 1C's exports do not have becomes a usual one, or the run would pass the file over.
    """
    found = {str(book): portion.folder / book for book in portion.books()}
    for number, (path, content) in enumerate(files.items(), start=1):
        is_usual = recognise(path.name)[0] is content.kind
        # Not `import_1.xml`: a file of the portion may be called so.
        name = str(path) if is_usual else f"{_USUAL_WORDS.get(content.kind, 'import')}_{number}_renamed.xml"
        found[name] = portion.folder / path
    if any(content.kind in (FileKind.GOODS, FileKind.OFFERS) for content in files.values()):
        found |= {str(picture): portion.folder / picture for picture in portion.pictures()}
    return found
