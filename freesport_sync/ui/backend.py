"""Between the pages and the engine: opens the application, runs tasks, queries the history, watches the database."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.database_status import DatabaseStatus, LockHolder
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.permissions import Rights
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.tasks import SHOP_LOCK, Header, Lock, Request, Submission, Trigger
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.errors import SyncError
from freesport_sync.os_support import user_and_host
from freesport_sync.tasks.registry import TASKS
from freesport_sync.ui.exchange_process import ExchangeProcess
from freesport_sync.ui.freshness_watch import FreshnessWatch
from freesport_sync.ui.jobs import Failed, Lane
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.run_feed import RunSnapshot
from freesport_sync.ui.run_lane import RunLane
from freesport_sync.ui.worker_process import WorkerProcess

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.services.history import History
    from freesport_sync.tasks.registry import Registry

log = logging.getLogger(__name__)

QUERY_THREADS = 4
"""One of them watches."""


class Backend(QObject):
    """Does everything that takes time on other threads, and signals the results in the window's thread.

    Args:
        options: of the command line.
        parent: in the thread of the window.
        tasks: what can be run.
    """

    opened = Signal()
    """The application is loaded; the database may not be connected yet."""
    failed = Signal(object)
    """The application cannot be opened: settings are wrong."""
    database_status_changed = Signal(object)
    """`DatabaseStatus`: the status has changed, or the database is back."""
    lost = Signal(object)
    """`SyncError`: the database cannot be reached; the backend keeps trying."""
    run_started = Signal(object)
    """`Submission` of a task of the shop; other tasks are in `lane(their lock)`."""
    run_changed = Signal(object)
    """`RunSnapshot` of the shop's task."""
    run_ended = Signal(object)
    """`RunEnd` of the shop's task."""
    became_idle = Signal()
    """No task of any lock runs any more."""
    crashed = Signal(object)
    """An unexpected exception on another thread."""

    _watched = Signal(object)

    def __init__(self, options: WindowOptions, parent: QObject | None = None, tasks: Registry = TASKS) -> None:
        super().__init__(parent)
        self.options = options
        self.tasks = tasks
        self.application: Application | None = None
        self.database_status: DatabaseStatus | None = None
        self.error: SyncError | None = None
        self._history: History | None = None
        self.freshness = FreshnessWatch(self)
        self.exchange_process = ExchangeProcess(self)
        self.worker_process = WorkerProcess(self)
        self._lanes: dict[str, RunLane] = {}
        self._queries = Lane(QUERY_THREADS, self)
        self._stop_watching = threading.Event()
        self.leaving = CancelToken()
        """Set when the window closes; ends what waits for an SSH host."""
        self._accepted_keys: list[str] = []
        self._queries.crashed.connect(self.crashed)
        self._watched.connect(self._on_watched, Qt.ConnectionType.QueuedConnection)
        self.shop = self.lane(SHOP_LOCK)
        self.shop.started.connect(self.run_started)
        self.shop.changed.connect(self.run_changed)
        self.shop.ended.connect(self.run_ended)

    @property
    def is_running(self) -> bool:
        """Whether a task of the shop runs."""
        return self.shop.is_running

    @property
    def is_cancelling(self) -> bool:
        return self.shop.is_cancelling

    @property
    def snapshot(self) -> RunSnapshot | None:
        """Of the shop's task that runs, or has run last."""
        return self.shop.snapshot

    @property
    def is_busy(self) -> bool:
        """Whether any task runs."""
        return any(lane.is_running for lane in self._lanes.values())

    @property
    def rights(self) -> Rights:
        """What the database allows; until that is known, everything."""
        return Rights() if self.database_status is None else self.database_status.rights

    @property
    def operator(self) -> str:
        return self.options.operator or user_and_host()

    @property
    def is_first_start(self) -> bool:
        """Whether nobody has chosen anything yet, neither in the settings nor on the command line."""
        options = self.options
        has_options = options.is_other_database or options.data_dir is not None
        return not has_options and self.application is not None and self.application.installation.is_new

    def is_own(self, holder: LockHolder) -> bool:
        """Whether the holder is this window's run, which holds the lock before it has a number and a moment longer."""
        own = None if self.snapshot is None else self.snapshot.run_id
        if self.is_running and holder.run_id is None:
            return True
        return own is not None and holder.run_id == own

    def open(self) -> None:
        """Load the engine, which takes a second, and start watching the database."""
        self._queries.start(self._load, self._on_loaded, self._on_load_failed)

    def reopen(self, options: WindowOptions) -> None:
        """Start again with another database; ignored while something runs."""
        if self.is_busy:
            return
        for service in (self.exchange_process, self.worker_process):
            service.leave_database()
        self.options = options
        self._stop_watching.set()
        self._stop_watching = threading.Event()
        old, self._history, self.application = self._history, None, None
        self.database_status = None

        def work() -> tuple[Application, History]:
            if old is not None:
                old.close()
            return self._load()

        self._queries.start(work, self._on_loaded, self._on_load_failed)

    def ask(self, question: Callable[[History], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Query the history on another thread; ignored until the application is loaded."""
        history = self._history
        if history is not None:
            self._queries.start(lambda: question(history), on_success, on_failure)

    def do(self, work: Callable[[Application], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Use the application for something other than a task; ignored until it is loaded."""
        application = self.application
        if application is not None:
            self._queries.start(lambda: work(application), on_success, on_failure)

    def work(self, work: Callable[[], Any], on_success: Callable[[Any], None], on_failure: Failed) -> None:
        """Do something that needs neither, such as reading a log file."""
        self._queries.start(work, on_success, on_failure)

    def lane(self, lock: Lock) -> RunLane:
        """Where tasks of a lock run."""
        if lock.name not in self._lanes:
            self._lanes[lock.name] = lane = RunLane(self)
            lane.crashed.connect(self.crashed)
            lane.ended.connect(self._on_lane_ended)
        return self._lanes[lock.name]

    def start_run(self, submission: Submission[Any]) -> None:
        """Begin a run; ignored while another one with the same lock runs."""
        application = self.application
        if application is not None:
            self.lane(self.tasks.of(submission.request).lock).start(application, submission)

    def cancel_run(self) -> None:
        """Ask the shop's task of this window to stop; returns at once."""
        self.shop.cancel()

    def cancel_all(self) -> None:
        """Ask every task of this window to stop; returns at once."""
        for lane in self._lanes.values():
            lane.cancel()

    def cancel_own(self, run_id: int) -> bool:
        """Ask a run of this window to stop; returns whether it is one."""
        for lane in self._lanes.values():
            if lane.is_running and lane.snapshot is not None and lane.snapshot.run_id == run_id:
                lane.cancel()
                return True
        return False

    def submission(self, request: Request, is_dry_run: bool = False) -> Submission[Any]:
        """What the operator of this window asks for."""
        operator = replace_surrogates(self.operator)
        return Submission(request, Header(operator, Trigger.WINDOW, is_dry_run))

    def accept_host_key_once(self, fingerprint: str) -> None:
        """Trust the key of an SSH host until the window closes, even if another database is chosen."""
        self._accepted_keys.append(fingerprint)
        if self.application is not None:
            self.application.remote_export.accept_host_key_once(fingerprint)

    def close(self, timeout_ms: int) -> bool:
        """Stop everything; returns whether all threads have ended."""
        self._stop_watching.set()
        self.leaving.cancel()
        for lane in self._lanes.values():
            lane.close()
        for service in (self.exchange_process, self.worker_process):
            service.close()
        self._queries.close()
        has_ended = all([lane.wait(timeout_ms) for lane in self._lanes.values()])
        history, self._history = self._history, None
        if history is not None:
            history.close()
        return self._queries.wait(timeout_ms) and has_ended

    def _load(self) -> tuple[Application, History]:
        from freesport_sync.application import Application

        options = self.options
        application = Application(
            options.home, options.database_url, options.is_demo, options.create_shop_tables, self.tasks
        )
        application.configure_logs(options.is_verbose, ProcessKind.WINDOW)
        for fingerprint in self._accepted_keys:
            application.remote_export.accept_host_key_once(fingerprint)
        return application, application.history()

    def _on_loaded(self, result: tuple[Application, History]) -> None:
        self.application, self._history = result
        gc.freeze()  # what is loaded stays; collecting it again and again would make the window jerky
        history, stop = self._history, self._stop_watching
        self._queries.start(
            lambda: history.watch(self._watched.emit, stop), self._on_watching_stopped, self._on_load_failed
        )
        self.opened.emit()

    def _on_lane_ended(self) -> None:
        if not self.is_busy:
            self.became_idle.emit()

    def _on_load_failed(self, error: SyncError) -> None:
        self.error = error
        self.failed.emit(error)

    def _on_watching_stopped(self, _: object) -> None:
        """Only ever because we asked for it."""

    def _on_watched(self, news: DatabaseStatus | SyncError) -> None:
        if self.application is None:  # the last news of a database that is being left
            return
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
