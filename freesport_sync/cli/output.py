"""Where the command line shows what it does."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from freesport_sync.cli.results import Result

if TYPE_CHECKING:
    from freesport_sync.core.events import Event
    from freesport_sync.core.exchange import ExchangeEvent
    from freesport_sync.core.worker_events import WorkerEvent
    from freesport_sync.errors import SyncError


class Output(Protocol):
    """Shows events, results and errors; entered while something runs."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
    def event(self, event: Event | ExchangeEvent | WorkerEvent) -> None: ...
    def show(self, result: Result) -> None: ...
    def error(self, error: SyncError) -> None: ...
