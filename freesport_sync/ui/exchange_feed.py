"""Reads the JSON lines of the exchange process and turns them into what the window shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from freesport_sync.core.events import Event, Failure, RunStarted
from freesport_sync.core.exchange import ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.shop import ImportKind, is_import
from freesport_sync.core.tasks import Header, PlannedStage
from freesport_sync.core.wire import Message, event_of
from freesport_sync.errors import SyncError
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.task import import_stages
from freesport_sync.ui.run_feed import RunFeed, RunSnapshot, first_snapshot
from freesport_sync.ui.service_lines import message_of


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request of 1C and when it was answered, by the clock of this computer."""

    at: datetime
    request: RequestHandled

    @property
    def is_failure(self) -> bool:
        """Whether the exchange refused the request."""
        return self.request.answer == "failure" or self.request.status != 200

    @property
    def badge(self) -> tuple[str, str]:
        """Tone and icon of the answer."""
        if self.is_failure:
            return "bad", "failed"
        return ("busy", "running") if self.request.answer == "progress" else ("good", "completed")


ExchangeUpdate = ExchangeStarted | LoggedRequest | ImportNotRequested | RunSnapshot | SyncError
"""What the window shows; a `SyncError` is why the exchange has ended."""


class ExchangeFeed:
    """Reads the lines, on the thread that receives them.

    Args:
        emit: receives updates, at most ten a second about a run.
    """

    def __init__(self, emit: Callable[[ExchangeUpdate], None]) -> None:
        self._emit = emit
        self._run: RunFeed | None = None

    def __call__(self, line: str) -> None:
        """Read a line; see `service_lines.message_of`."""
        message = message_of(line)
        if message is not None:
            self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case RequestHandled():
                self._emit(LoggedRequest(datetime.now(), message))
            case ExchangeStarted() | ImportNotRequested():
                self._emit(message)
            case Failure():
                self._emit(message.error)
            case _:
                event = event_of(message)
                if event is not None:
                    self._feed(event)

    def _feed(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._run = RunFeed(self._emit, first_snapshot(event.kind, event.is_dry_run, _stages_of(event)))
        if self._run is not None:
            self._run(event)


def _stages_of(started: RunStarted) -> tuple[PlannedStage, ...]:
    """Those of an import; a run of another kind shows none."""
    if not is_import(started.kind):
        return ()
    request, header = ShopImport(kind=ImportKind(started.kind)), Header(is_dry_run=started.is_dry_run)
    return import_stages(request, header, has_pictures=True)
