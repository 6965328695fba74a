"""The wire format: events as JSON objects, the same for scripts, the window, other hosts and browsers.

An object holds the name of the message in `event` and the fields of its dataclass beside it. `--json` adds sentences
for people (`SENTENCES`), which readers ignore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.events import (
    BackupFound,
    BackupMade,
    Event,
    ExportFound,
    Failure,
    FilesArchived,
    FilesPulled,
    IssuesFound,
    MergeRepeated,
    Progress,
    RunFinished,
    RunStarted,
)
from freesport_sync.core.exchange import ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.issues import RowIssue
from freesport_sync.core.json_values import JsonError, from_json, to_json
from freesport_sync.core.run import RunReport
from freesport_sync.core.worker_events import TaskLeft, TaskTaken, WorkerInTrouble, WorkerReady, WorkerStopping

SENTENCES = frozenset({"text", "what", "affected", "hint", "said", "meaning"})
"""Fields that may be added for people."""

Message: TypeAlias = (
    RunStarted
    | FilesPulled
    | FilesArchived
    | ExportFound
    | Progress
    | RowIssue
    | MergeRepeated
    | BackupFound
    | BackupMade
    | RunReport
    | CheckItem
    | Failure
    | ExchangeStarted
    | RequestHandled
    | ImportNotRequested
    | WorkerReady
    | TaskTaken
    | TaskLeft
    | WorkerInTrouble
    | WorkerStopping
)
"""What one JSON object can carry."""


TYPES: Mapping[str, type[Message]] = {
    "run_started": RunStarted,
    "files_pulled": FilesPulled,
    "files_archived": FilesArchived,
    "export_found": ExportFound,
    "progress": Progress,
    "issue": RowIssue,
    "merge_repeated": MergeRepeated,
    "backup_found": BackupFound,
    "backup_made": BackupMade,
    "result": RunReport,
    "check": CheckItem,
    "error": Failure,
    "server_started": ExchangeStarted,
    "request": RequestHandled,
    "not_asked_for": ImportNotRequested,
    "worker_ready": WorkerReady,
    "task_taken": TaskTaken,
    "task_left": TaskLeft,
    "worker_in_trouble": WorkerInTrouble,
    "worker_stopping": WorkerStopping,
}
"""Every message by its name."""
_NAMES = {message: name for name, message in TYPES.items()}


class WireError(ValueError):
    """A JSON object is no message that this program knows; a newer program may have sent it."""


def encode(message: Message) -> dict[str, Any]:
    """The message as a JSON object."""
    return {"event": _NAMES[type(message)], **to_json(message)}


def decode(values: Mapping[str, Any]) -> Message:
    """The message in a JSON object; fields with a default may be missing, sentences for people are ignored.

    Raises:
        WireError: the name or a field is unknown, a field is missing, or a value has the wrong type.
    """
    name = str(values.get("event"))
    if name not in TYPES:
        raise WireError(f"unknown message {name}")
    known = {field.name for field in fields(TYPES[name])}
    carried = {key: value for key, value in values.items() if key in known or key not in {"event", *SENTENCES}}
    try:
        return from_json(TYPES[name], carried)
    except JsonError as error:
        raise WireError(f"{name}.{error}") from error


def messages_of(event: Event) -> Iterator[Message]:
    """An event of a run as messages: row issues travel one by one."""
    match event:
        case IssuesFound():
            yield from event.issues
        case RunFinished():
            yield event.report
        case _:
            yield event


def event_of(message: Message) -> Event | None:
    """The event of a run in a message; None: the message is no event of a run."""
    match message:
        case RowIssue():
            return IssuesFound((message,))
        case RunReport():
            return RunFinished(message)
        case CheckItem() | Failure() | ExchangeStarted() | RequestHandled() | ImportNotRequested():
            return None
        case WorkerReady() | TaskTaken() | TaskLeft() | WorkerInTrouble() | WorkerStopping():
            return None
        case _:
            return message
