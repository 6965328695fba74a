"""The exchange server as a process of its own, which ends with the window however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from freesport_sync.core.exchange import ServerStarted
from freesport_sync.errors import SyncError
from freesport_sync.os_support import detached, sibling_program
from freesport_sync.ui.exchange_feed import News, ServerFeed
from freesport_sync.ui.jobs import Lane
from freesport_sync.ui.options import WindowOptions

PATIENCE_MS = 8000
"""How long a server may take to end; an import that it cancels needs two seconds at most."""
SAID_BYTES = 16_384
"""The end of what it says before it dies."""


class ServerState(StrEnum):
    """How the server stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"


class ServerControl(QObject):
    """Starts and stops the server, and passes on what it says.

    Args:
        parent: in the thread of the window.
    """

    changed = Signal()
    """Another state."""
    told = Signal(object)
    """`News`, but for those that change the state."""

    _heard = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.state = ServerState.STOPPED
        self.error: SyncError | None = None
        self.started: ServerStarted | None = None
        self.has_lost_database = False
        """It was stopped because the window has turned to another one."""
        self._lane = Lane(1, self)
        self._child: _Child | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._kill)
        self._heard.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def is_on(self) -> bool:
        """Whether there is a process."""
        return self._child is not None

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def start(self, options: WindowOptions, is_dry_run: bool) -> None:
        """Start the server; ignored while there is one."""
        if self._child is not None:
            return
        child = self._child = _Child(server_command(options, is_dry_run))
        self.error = self.started = None
        self.has_lost_database = False
        self._set(ServerState.STARTING)

        def tell(news: News) -> None:
            self._heard.emit(child, news)

        self._lane.start(lambda: child.run(ServerFeed(tell)), self._ended, self._not_started)

    def stop(self) -> None:
        """Ask the server to end; it is killed when that takes too long."""
        if self._child is not None and self.state is not ServerState.STOPPING:
            self._child.stop()
            self._patience.start()
            self._set(ServerState.STOPPING)

    def leave_database(self) -> None:
        """Stop: the window turns to another database than the server writes to."""
        self.has_lost_database = self.is_on
        self.stop()

    def close(self) -> None:
        """End it for good; returns when it has ended."""
        self._lane.close()
        if self._child is not None:
            self._child.stop()
            if not self._lane.wait(PATIENCE_MS):
                self._child.kill()
                self._lane.wait(PATIENCE_MS)

    def _take(self, child: _Child, news: News) -> None:
        if child is not self._child:
            return
        if isinstance(news, ServerStarted):
            self.started = news
            if self.state is ServerState.STARTING:
                self._set(ServerState.RUNNING)
        elif isinstance(news, SyncError):
            self.error = news
        else:
            self.told.emit(news)

    def _ended(self, end: tuple[int, str]) -> None:
        """Told after all that the server has said: both come by the same queue."""
        code, said = end
        if self.state is ServerState.STOPPING:
            self.error = None
        elif self.error is None:
            self.error = SyncError("exchange_server_died", exit_code=code, said=said or "-")
        self._settle()

    def _not_started(self, error: SyncError) -> None:
        self.error = error
        self._settle()

    def _settle(self) -> None:
        self._child = None
        self._patience.stop()
        self._set(ServerState.STOPPED if self.error is None else ServerState.FAILED)

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _set(self, state: ServerState) -> None:
        self.state = state
        self.changed.emit()


def server_command(options: WindowOptions, is_dry_run: bool) -> list[str]:
    """How the server of a window is started: with the same database and the same state."""
    is_frozen = getattr(sys, "frozen", False)
    command = [sibling_program("freesport-sync")] if is_frozen else [sys.executable, "-m", "freesport_sync"]
    command += ["--serve", "--json", "--stop-with-stdin", "--language", options.language.value]
    if options.home is not None:
        command += ["--home", str(options.home)]
    if options.is_demo:
        command.append("--demo")
    elif options.database_url is not None:
        command += ["--database-url", options.database_url]
    flags = {
        "--create-shop-tables": options.create_shop_tables,
        "--verbose": options.is_verbose,
        "--dry-run": is_dry_run,
    }
    return command + [flag for flag, is_set in flags.items() if is_set]


class _Child:
    """The process; `run` belongs to another thread, the rest to any."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._is_stopped = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def run(self, hear: Callable[[str], None]) -> tuple[int, str]:
        """Start it, listen until it ends; returns its exit code and the end of its stderr."""
        with self._lock:
            if self._is_stopped:
                return 0, ""
            # Its stdin is a pipe of which only this process has the other end: when the window dies, it is closed.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=os.environ | {"PYTHONIOENCODING": "utf-8"},
                **detached(),
            )
        process, said = self._process, list[str]()
        complaints = threading.Thread(target=_keep_end, args=(process, said), daemon=True)
        complaints.start()
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                hear(line)
        code = process.wait()
        complaints.join()
        self.stop()  # closes our end, too
        return code, "".join(said).strip()

    def stop(self) -> None:
        """It ends by itself when it hears nothing from us any more."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()

    def kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()


def _keep_end(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            said.append(line[-SAID_BYTES:])
            while sum(map(len, said)) > SAID_BYTES:
                del said[0]
