"""Runs a worker for queued tasks as a child process, and again if it has ended by itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from freesport_sync.core.events import Failure
from freesport_sync.core.worker_events import TaskLeft, TaskTaken, WorkerEvent, WorkerInTrouble, WorkerReady
from freesport_sync.errors import SyncError
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.service_lines import message_of
from freesport_sync.ui.service_process import ServiceProcess, ServiceState, service_command

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 15_000, 300_000
"""How long after its end it is started again: the longer, the more often that did not help."""


class WorkerProcess(ServiceProcess):
    """Keeps a worker running for as long as it is wanted.

    Args:
        parent: an object of the window's thread.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__("worker_process_died", parent)
        self.trouble: SyncError | None = None
        """Why it cannot work now, although it runs and tries again."""
        self.task_ids: frozenset[int] = frozenset()
        """Those that it works on."""
        self._wanted: WindowOptions | None = None
        self._pause_ms = FIRST_PAUSE_MS
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._begin)

    def keep(self, options: WindowOptions) -> None:
        """Keep a worker running for the database of these options."""
        self._wanted = options
        self._pause_ms = FIRST_PAUSE_MS
        self._begin()

    def end(self) -> None:
        """Keep it running no more; what it works on waits for another worker."""
        self._wanted = None
        self._again.stop()
        self.stop()

    def leave_database(self) -> None:
        """End it: the window switches to another database."""
        self.end()

    def close(self) -> None:
        """End it for good and wait for that."""
        self._wanted = None
        self._again.stop()
        super().close()

    def _begin(self) -> None:
        if self._wanted is not None and not self.is_on:
            self._launch(service_command(self._wanted, "--work"), _read)

    def _take(self, update: object) -> None:
        match update:
            case WorkerReady():
                self.trouble = None
                self._pause_ms = FIRST_PAUSE_MS
                self._on_started()
            case WorkerInTrouble():
                self.trouble = update.failure.error
                self._on_started()
            case TaskTaken():
                self.task_ids |= {update.task_id}
            case TaskLeft():
                self.task_ids -= {update.task_id}
        self.state_changed.emit()

    def _settle(self) -> None:
        self.trouble, self.task_ids = None, frozenset()
        super()._settle()
        if self._wanted is None:
            return
        if self.state is ServiceState.FAILED:
            self._again.start(self._pause_ms)
            self._pause_ms = min(2 * self._pause_ms, LONGEST_PAUSE_MS)
        else:  # it was stopped for another database, which has come before its end
            self._begin()


def _read(emit: Callable[[object], None]) -> Callable[[str], None]:
    def take(line: str) -> None:
        match message := message_of(line):
            case Failure():
                emit(message.error)
            case _ if isinstance(message, WorkerEvent):
                emit(message)

    return take
