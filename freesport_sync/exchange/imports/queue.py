"""The queue of the imports that 1C asks for: one at a time, on a thread of its own (EXCHANGE-27)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.printable import printable
from freesport_sync.core.run import RunReport
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.exchange.imports.exchange_import import ExchangeImport

log = logging.getLogger(__name__)

Work = Callable[[ExchangeImport], RunReport | None]


class ImportQueue:
    """Runs imports in the order in which they were asked for."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "import")
        self._stop = threading.Event()
        self._open: list[ExchangeImport] = []

    @property
    def current(self) -> ExchangeImport | None:
        """The import that is running, or waiting for the lock of the database."""
        return self._open[0] if self._open else None

    def submit(self, one: ExchangeImport, work: Work) -> None:
        """Queue an import.

        Args:
            one: gets the result.
            work: does it, on the thread of the imports.

        Raises:
            Cancelled: the server is stopping.
        """
        if self._stop.is_set():
            raise Cancelled("cancelled")
        self._open.append(one)
        self._executor.submit(self._do, one, work)

    def give_up(self, one: ExchangeImport) -> bool:
        """Cancel an import that is still waiting for others; returns False if it is running already."""
        if one.is_running:
            return False
        one.cancel.cancel()
        return True

    def pause(self, one: ExchangeImport, seconds: float) -> None:
        """Wait on the thread of the imports; ends early when the server stops.

        Raises:
            Cancelled: the import was cancelled.
        """
        self._stop.wait(seconds)
        one.cancel.check()

    def stop(self) -> None:
        """Cancel all imports and wait until they have ended, also those that had not begun: 1C gets its answers."""
        self._stop.set()
        for one in tuple(self._open):
            one.cancel.cancel()
        self._executor.shutdown(wait=True)

    def _do(self, one: ExchangeImport, work: Work) -> None:
        result: RunReport | SyncError | None
        try:
            result = work(one)
        except SyncError as error:
            # 1C may never ask for the result.
            log_entry(log, logging.WARNING, "import_of_onec_failed", cause=error, file=printable(one.name, 200))
            result = error
        except Exception as error:
            log_entry(log, logging.ERROR, "unexpected_error", cause=error)
            result = SyncError("internal_error", reason=type(error).__name__)
        self._open.remove(one)
        one.result.set_result(result)
