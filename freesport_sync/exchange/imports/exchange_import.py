"""One import that the exchange has queued, from the request until its end."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Progress
from freesport_sync.core.run import RunReport
from freesport_sync.errors import SyncError


class ExchangeImport:
    """An import that 1C polls until it has ended.

    The thread of the imports sets the attributes; requests read them.

    Args:
        name: of the file, for people.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.cancel = CancelToken()
        self.asked_at = time.monotonic()
        self.result: Future[RunReport | SyncError | None] = Future()
        """None: there was nothing to do."""
        self.is_running = False
        """It holds the lock of the database; before that it waits for other imports."""
        self.holder: SyncError | None = None
        """The error that names the holder of the lock, while it waits."""
        self.progress: Progress | None = None
        self.run_id: int | None = None

    @property
    def waited_s(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.asked_at

    @property
    def has_failed(self) -> bool:
        return self.result.done() and isinstance(self.result.result(), SyncError)

    async def wait(self, timeout_s: float) -> bool:
        """Wait for the end; returns whether it has come."""
        done, _ = await asyncio.wait([asyncio.wrap_future(self.result)], timeout=timeout_s)
        return bool(done)
