"""One window for each state folder: starting the program again shows the first window."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from freesport_sync.os_support import make_private

CONNECT_MS = 1000


class SingleInstance(QObject):
    """Makes sure that a state folder has one window.

    Args:
        folder: of the program's state; created if missing.
        parent: owns it.
    """

    asked_to_show = Signal()
    """The program was started again."""

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        make_private(folder)
        # Unique for the user: on Windows all users share the names of pipes.
        self._name = f"freesport_sync-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
        self._lock = QLockFile(str(folder / "window.lock"))
        self._lock.setStaleLockTime(0)  # a lock whose process is gone is taken over, however young
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connected)

    def claim(self, *, shows_first: bool = True) -> bool:
        """Whether this window is the first.

        Args:
            shows_first: if it is not, ask the first one to show itself.
        """
        if not self._lock.tryLock(0):
            if not shows_first:
                return False
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            socket.waitForConnected(CONNECT_MS)
            socket.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def release(self) -> None:
        """Let another window be the first."""
        self._server.close()
        self._lock.unlock()

    def _on_connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.close()
            socket.deleteLater()
        self.asked_to_show.emit()
