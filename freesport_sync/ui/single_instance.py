"""One window for each place of state: a second start shows the first one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from freesport_sync.os_support import make_private

CONNECT_MS = 1000


class SingleInstance(QObject):
    """Holds the place of the first window.

    Args:
        folder: of the program's state; made.
        parent: keeps it.
    """

    asked_to_show = Signal()
    """Somebody has started the program again."""

    def __init__(self, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        make_private(folder)
        # A name of the user's own: on Windows pipes are common to all.
        self._name = f"freesport_sync-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
        self._lock = QLockFile(str(folder / "window.lock"))
        self._lock.setStaleLockTime(0)  # a lock whose process is gone is taken over, however young
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connected)

    def claim(self) -> bool:
        """Whether we are the first; if not, the first one is asked to show itself."""
        if not self._lock.tryLock(0):
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            socket.waitForConnected(CONNECT_MS)
            socket.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)
        return True

    def release(self) -> None:
        """Make room for the next one."""
        self._server.close()
        self._lock.unlock()

    def _on_connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.close()
            socket.deleteLater()
        self.asked_to_show.emit()
