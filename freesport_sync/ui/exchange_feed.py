"""What the exchange server says of itself, line by line, turned back into what the window shows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freesport_sync.core.events import (
    Event,
    IssuesFound,
    MergeRepeated,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.exchange import ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.logged import note
from freesport_sync.core.run import (
    Entity,
    RunKind,
    RunReport,
    RunRequest,
    RunStatus,
    Stage,
)
from freesport_sync.errors import SyncError
from freesport_sync.ui.run_feed import RunFeed, RunSnapshot, first_snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request, and when it was answered."""

    at: datetime
    request: RequestHandled

    @property
    def is_failure(self) -> bool:
        """Whether 1C was refused something."""
        return self.request.answer == "failure" or self.request.status != 200

    @property
    def badge(self) -> tuple[str, str]:
        """Tone and icon of what 1C was told."""
        if self.is_failure:
            return "bad", "failed"
        return ("busy", "running") if self.request.answer == "progress" else ("good", "completed")


ExchangeUpdate = ExchangeStarted | LoggedRequest | ImportNotRequested | RunSnapshot | SyncError
"""What the window is told: a `SyncError` is why the server has ended."""


class ExchangeFeed:
    """Reads the lines; called on the thread that hears the server.

    Args:
        tell: receives news; of a run at most ten a second.
    """

    def __init__(self, tell: Callable[[ExchangeUpdate], None]) -> None:
        self._tell = tell
        self._run: RunFeed | None = None

    def __call__(self, line: str) -> None:
        """Take in a line; one that cannot be understood, of another version say, is only logged."""
        try:
            values: dict[str, Any] = json.loads(line)
            name = str(values.pop("event"))
            self._take(name, values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            note(log, logging.WARNING, "server_line_unknown", problem=str(error), line=str(line)[:200])

    def _take(self, name: str, values: dict[str, Any]) -> None:
        match name:
            case "server_started":
                self._tell(ExchangeStarted(**values))
            case "request":
                self._tell(LoggedRequest(datetime.now(), RequestHandled(**values)))
            case "not_asked_for":
                self._tell(ImportNotRequested(**values | {"files": tuple(values["files"])}))
            case "error":
                self._tell(SyncError(values["code"], **values["params"]))
            case _:
                event = _run_event(name, values)
                if event is not None:
                    self._feed(event)

    def _feed(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            request = RunRequest(kind=event.kind, is_dry_run=event.is_dry_run)
            self._run = RunFeed(self._tell, first_snapshot(request, has_pictures=True))
        if self._run is not None:
            self._run(event)


def _run_event(name: str, values: dict[str, Any]) -> Event | None:
    """The event of a run; None: one that the window does not show."""
    match name:
        case "run_started":
            return RunStarted(**values | {"kind": RunKind(values["kind"])})
        case "progress":
            entity = values["entity"]
            stage, entity = Stage(values["stage"]), None if entity is None else Entity(entity)
            return Progress(**values | {"stage": stage, "entity": entity})
        case "issue":
            return IssuesFound((RowIssue(Severity(values["severity"]), values["code"]),))
        case "merge_repeated":
            return MergeRepeated(**values)
        case "result":
            return RunFinished(
                RunReport(
                    run_id=values["run_id"],
                    kind=RunKind(values["kind"]),
                    status=RunStatus(values["status"]),
                    is_dry_run=values["is_dry_run"],
                    started_at=datetime.fromisoformat(values["started_at"]),
                    duration_s=values["duration_s"],
                )
            )
    return None
