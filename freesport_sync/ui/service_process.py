"""Runs a service of the program as a child process, which ends with the window however the window ends."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeAlias

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from freesport_sync.errors import SyncError
from freesport_sync.os_support import detached, own_command
from freesport_sync.ui.jobs import Lane
from freesport_sync.ui.options import WindowOptions

STOP_TIMEOUT_MS = 8000
"""How long the process may take to end; cancelling an import takes two seconds at most."""
STDERR_BYTES = 16_384
"""How much of the end of stderr is kept, to explain a crash."""

Reader: TypeAlias = Callable[[Callable[[object], None]], Callable[[str], None]]
"""Is given where updates go, and returns what takes the lines of a process, on another thread."""


class ServiceState(StrEnum):
    """State of the process."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"


class ServiceProcess(QObject):
    """Starts and stops a process and passes on what it says.

    Args:
        death: code of the error of a process that has ended without saying why.
        parent: an object of the window's thread.
    """

    state_changed = Signal()

    _received = Signal(object, object)

    def __init__(self, death: str, parent: QObject) -> None:
        super().__init__(parent)
        self.state = ServiceState.STOPPED
        self.error: SyncError | None = None
        self.has_lost_database = False
        """It was stopped because the window has switched to another database."""
        self._death = death
        self._lane = Lane(1, self)
        self._child: _Child | None = None
        self._stop_timer = QTimer(self)
        self._stop_timer.setSingleShot(True)
        self._stop_timer.setInterval(STOP_TIMEOUT_MS)
        self._stop_timer.timeout.connect(self._on_stop_timeout)
        self._received.connect(self._on_received, Qt.ConnectionType.QueuedConnection)

    @property
    def is_on(self) -> bool:
        """Whether there is a process."""
        return self._child is not None

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def stop(self) -> None:
        """Ask the process to end; it is killed if that takes too long."""
        if self._child is not None and self.state is not ServiceState.STOPPING:
            self._child.stop()
            self._stop_timer.start()
            self._set(ServiceState.STOPPING)

    def leave_database(self) -> None:
        """Stop, because the window switches to another database than the one the process works on."""
        self.has_lost_database = self.is_on
        self.stop()

    def close(self) -> None:
        """End the process for good and wait for it."""
        self._lane.close()
        if self._child is not None:
            self._child.stop()
            if not self._lane.wait(STOP_TIMEOUT_MS):
                self._child.kill()
                self._lane.wait(STOP_TIMEOUT_MS)

    def _launch(
        self, command: Sequence[str], reader: Callable[[Callable[[object], None]], Callable[[str], None]]
    ) -> None:
        """Start the process; ignored while there is one.

        Args:
            command: the program and its arguments.
            reader: makes updates of what it says.
        """
        if self._child is not None:
            return
        child = self._child = _Child(command)
        self.error = None
        self.has_lost_database = False
        self._set(ServiceState.STARTING)
        read = reader(lambda update: self._received.emit(child, update))
        self._lane.start(lambda: child.run(read), self._on_ended, self._on_not_started)

    def _take(self, update: object) -> None:
        """Show what the process has said; called in the window's thread."""
        raise NotImplementedError

    def _on_received(self, child: _Child, update: object) -> None:
        if child is not self._child:
            return
        if isinstance(update, SyncError):
            self.error = update
        else:
            self._take(update)

    def _on_started(self) -> None:
        if self.state is ServiceState.STARTING:
            self._set(ServiceState.RUNNING)

    def _on_ended(self, end: tuple[int, str]) -> None:
        """Called after the last event: both come through the same queue."""
        code, stderr = end
        if self.state is ServiceState.STOPPING:
            self.error = None
        elif self.error is None:
            self.error = SyncError(self._death, exit_code=code, said=stderr or "-")
        self._settle()

    def _on_not_started(self, error: SyncError) -> None:
        self.error = error
        self._settle()

    def _settle(self) -> None:
        self._child = None
        self._stop_timer.stop()
        self._set(ServiceState.STOPPED if self.error is None else ServiceState.FAILED)

    def _on_stop_timeout(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _set(self, state: ServiceState) -> None:
        self.state = state
        self.state_changed.emit()


def service_command(options: WindowOptions, *arguments: str) -> list[str]:
    """The command that starts a service with the window's own database and state folder.

    Args:
        options: of the window.
        arguments: that say what it does.
    """
    command = [*own_command(has_console=True), *arguments, "--json", "--stop-with-stdin"]
    command += ["--language", options.language.value]
    if options.home is not None:
        command += ["--home", str(options.home)]
    if options.is_demo:
        command.append("--demo")
    elif options.database_url is not None:
        command += ["--database-url", options.database_url]
    flags = {"--create-shop-tables": options.create_shop_tables, "--verbose": options.is_verbose}
    return command + [flag for flag, is_set in flags.items() if is_set]


class _Child:
    """The process; `run` is called on a thread of its own, the other methods on any thread."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._is_stopped = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def run(self, on_line: Callable[[str], None]) -> tuple[int, str]:
        """Start the process and pass on its lines until it ends; returns the exit code and the end of stderr."""
        with self._lock:
            if self._is_stopped:
                return 0, ""
            # Only this process holds the other end of the stdin pipe: it is closed when the window dies.
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
        process, stderr = self._process, list[str]()
        stderr_reader = threading.Thread(target=_keep_end, args=(process, stderr), daemon=True)
        stderr_reader.start()
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                on_line(line)
        code = process.wait()
        stderr_reader.join()
        self.stop()  # closes our end of stdin
        return code, "".join(stderr).strip()

    def stop(self) -> None:
        """Close its stdin, upon which it ends."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()

    def kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()


def _keep_end(process: subprocess.Popen[str], kept: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            kept.append(line[-STDERR_BYTES:])
            while sum(map(len, kept)) > STDERR_BYTES:
                del kept[0]
