"""Between the pages and the engine: opens the application, runs imports, asks questions, watches the database."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from freesport_sync import __version__
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.history import DatabaseStatus, LockHolder
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.permissions import Rights
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import ImportKind, UpkeepKind
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.os_support import user_and_host
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.exchange_process import ExchangeProcess
from freesport_sync.ui.jobs import Failed, Lane
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.run_feed import (
    RunFeed,
    RunSnapshot,
    first_snapshot,
    stopped,
)

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.services.history import History

log = logging.getLogger(__name__)

QUERY_THREADS = 4
"""One of them watches."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run that this window has started ended: with a report or with an error."""

    request: ShopImport
    snapshot: RunSnapshot
    report: RunReport | None
    error: SyncError | None


class Backend(QObject):
    """Everything that takes time, on other threads; tells the pages in theirs.

    Args:
        options: of the command line.
        parent: in the thread of the window.
    """

    opened = Signal()
    """The application is there; the database may still be far away."""
    failed = Signal(object)
    """The application cannot be opened: settings are wrong."""
    database_status_changed = Signal(object)
    """`DatabaseStatus`: something goes on in the database, or it was found again."""
    lost = Signal(object)
    """`SyncError`: the database cannot be reached; it is looked for again by itself."""
    run_started = Signal(object)
    """`ShopImport`."""
    run_changed = Signal(object)
    """`RunSnapshot`."""
    run_ended = Signal(object)
    """`RunEnd`."""
    crashed = Signal(object)
    """An exception on another thread that nobody has foreseen."""

    _felt = Signal(object)
    _fed = Signal(object)

    def __init__(self, options: WindowOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.options = options
        self.application: Application | None = None
        self.database_status: DatabaseStatus | None = None
        self.error: SyncError | None = None
        self.snapshot: RunSnapshot | None = None
        self._history: History | None = None
        self.exchange = ExchangeProcess(self)
        self._runs = Lane(1, self)
        self._queries = Lane(QUERY_THREADS, self)
        self._stop_watching = threading.Event()
        self._cancel: CancelToken | None = None
        self.leaving = CancelToken()
        """Set when the window closes: whoever waits for a server need not wait any longer."""
        self._accepted_keys: list[str] = []
        self._request: ShopImport | None = None
        for lane in (self._runs, self._queries):
            lane.crashed.connect(self.crashed)
        self._felt.connect(self._feel, Qt.ConnectionType.QueuedConnection)
        self._fed.connect(self._show, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        return self._request is not None

    @property
    def is_cancelling(self) -> bool:
        return self._cancel is not None and self._cancel.is_set

    @property
    def rights(self) -> Rights:
        """What the database lets us do, as far as is known."""
        return Rights() if self.database_status is None else self.database_status.rights

    @property
    def operator(self) -> str:
        return self.options.operator or user_and_host()

    def is_own(self, holder: LockHolder) -> bool:
        """Whether it is the run of this window: it holds the lock before it has its number, and a moment too long."""
        own = None if self.snapshot is None else self.snapshot.run_id
        if self.is_running and holder.run_id is None:
            return True
        return own is not None and holder.run_id == own

    def open(self) -> None:
        """Load the engine, which takes a second, and begin to watch the database."""
        self._queries.start(self._load, self._loaded, self._not_loaded)

    def reopen(self, options: WindowOptions) -> None:
        """Begin anew with another database; not while an import runs."""
        if self.is_running:
            return
        self.exchange.leave_database()
        self.options = options
        self._stop_watching.set()
        self._stop_watching = threading.Event()
        old, self._history, self.application = self._history, None, None
        self.database_status = None

        def work() -> tuple[Application, History]:
            if old is not None:
                old.close()
            return self._load()

        self._queries.start(work, self._loaded, self._not_loaded)

    def ask(self, question: Callable[[History], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Ask the history on another thread; ignored while the application is not there."""
        history = self._history
        if history is not None:
            self._queries.start(lambda: question(history), on_success, on_failure)

    def do(self, work: Callable[[Application], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Let the application do something other than an import."""
        application = self.application
        if application is not None:
            self._queries.start(lambda: work(application), on_success, on_failure)

    def work(self, work: Callable[[], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Do something that needs neither: read a log file, say."""
        self._queries.start(work, on_success, on_failure)

    def start_run(self, request: ShopImport) -> None:
        """Begin an import; ignored while another one runs."""
        application = self.application
        if application is None or self._request is not None:
            return
        self._request, self._cancel = request, CancelToken()
        cancel = self._cancel
        self.snapshot = first_snapshot(request, has_pictures=self._takes_pictures(request))
        feed = RunFeed(self._fed.emit, self.snapshot)

        def work() -> RunReport:
            texts = Texts(Language.RUSSIAN)  # the shop's administrators read Russian, whatever the operator does
            if request.kind is UpkeepKind.RESTORE:
                return application.restore(request, texts, feed, cancel)
            if request.kind in (UpkeepKind.REPAIR, UpkeepKind.UNDO_REPAIR):
                return application.repair(request, texts, feed, cancel)
            return application.run_with_workers(request, texts, feed, cancel)

        self._runs.start(work, self._completed, self._ended_badly)
        self.run_started.emit(request)
        self.run_changed.emit(self.snapshot)

    def cancel_run(self) -> None:
        """Ask the import of this window to stop; returns at once."""
        if self._cancel is not None:
            self._cancel.cancel()

    def accept_host_key_once(self, fingerprint: str) -> None:
        """Trust the key of a server until the window closes, whichever database is chosen meanwhile."""
        self._accepted_keys.append(fingerprint)
        if self.application is not None:
            self.application.accept_host_key_once(fingerprint)

    def close(self, timeout_ms: int) -> bool:
        """Stop everything; returns whether all threads have ended."""
        self._stop_watching.set()
        self.leaving.cancel()
        self.cancel_run()
        self.exchange.close()
        self._runs.close()
        self._queries.close()
        has_ended = self._runs.wait(timeout_ms)
        history, self._history = self._history, None
        if history is not None:
            history.close()
        return self._queries.wait(timeout_ms) and has_ended

    def _load(self) -> tuple[Application, History]:
        from freesport_sync.application import Application
        from freesport_sync.settings.logs import configure_logs

        options = self.options
        application = Application(options.home, options.database_url, options.is_demo, options.create_shop_tables)
        configure_logs(application.paths.logs, options.is_verbose)
        for fingerprint in self._accepted_keys:
            application.accept_host_key_once(fingerprint)
        return application, application.reader()

    def _loaded(self, result: tuple[Application, History]) -> None:
        self.application, self._history = result
        log_entry(log, logging.INFO, "program_opened", version=__version__)
        gc.freeze()  # what is loaded stays: to look through it again and again would be felt
        history, stop = self._history, self._stop_watching
        self._queries.start(lambda: history.watch(self._felt.emit, stop), self._stopped_watching, self._not_loaded)
        self.opened.emit()

    def _not_loaded(self, error: SyncError) -> None:
        self.error = error
        self.failed.emit(error)

    def _stopped_watching(self, _: object) -> None:
        """Only ever because we asked for it."""

    def _feel(self, news: DatabaseStatus | SyncError) -> None:
        if isinstance(news, SyncError):
            if self.database_status is not None:
                log_entry(log, logging.WARNING, "database_lost", cause=news)
            self.error, self.database_status = news, None
            self.lost.emit(news)
        else:
            if self.database_status is None:
                log_entry(log, logging.INFO, "database_found", database=news.database)
            self.error, self.database_status = None, news
            self.database_status_changed.emit(news)

    def _show(self, snapshot: RunSnapshot) -> None:
        self.snapshot = snapshot
        self.run_changed.emit(snapshot)

    def _completed(self, report: RunReport) -> None:
        self._end(report, None)

    def _ended_badly(self, error: SyncError) -> None:
        self._end(None, error)

    def _end(self, report: RunReport | None, error: SyncError | None) -> None:
        request, snapshot = self._request, self.snapshot
        self._request = self._cancel = None
        if request is not None and snapshot is not None:
            if error is not None:
                snapshot = self.snapshot = stopped(snapshot, isinstance(error, Cancelled))
                self.run_changed.emit(snapshot)
            self.run_ended.emit(RunEnd(request, snapshot, report, error))

    def _takes_pictures(self, request: ShopImport) -> bool:
        assert self.application is not None
        settings = self.application.settings
        media_root = request.media_root or settings.pictures.media_root or settings.ssh.media_root
        has_pictures = request.kind in (ImportKind.ALL, ImportKind.CATALOG, ImportKind.IMAGES)
        return has_pictures and media_root is not None and not request.skip_images
