"""The wire format: events as JSON objects, the same for scripts, the window, other hosts and browsers.

An object holds the name of the message in `event` and the fields of its dataclass beside it. `--json` adds sentences
for people (`SENTENCES`), which readers ignore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeAlias

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
from freesport_sync.core.run import RunReport

if TYPE_CHECKING:
    from pydantic import TypeAdapter

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
}
"""Every message by its name."""
_NAMES = {message: name for name, message in TYPES.items()}


class WireError(ValueError):
    """A JSON object is not a message that this program knows; perhaps a newer program has sent it."""


def encode(message: Message) -> dict[str, Any]:
    """The message as a JSON object."""
    return {"event": _NAMES[type(message)], **to_json(message)}


def decode(values: Mapping[str, Any]) -> Message:
    """The message in a JSON object; fields with a default may be missing, sentences for people are ignored.

    Raises:
        WireError: the name or a field is unknown, a field is missing, or a value has the wrong type.
    """
    from pydantic import ValidationError

    name = str(values.get("event"))
    if name not in TYPES:
        raise WireError(f"unknown message {name}")
    known = {field.name for field in fields(TYPES[name])}
    carried = {key: value for key, value in values.items() if key in known or key not in {"event", *SENTENCES}}
    try:
        (decoded,) = _adapter(name).validate_python((carried,))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise WireError(f"{name}.{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}") from error
    return decoded


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
        case _:
            return message


def to_json(value: Any) -> Any:
    """A value as plain JSON: dataclasses become objects, datetimes ISO 8601, paths and the like text."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(to_json(key)): to_json(one) for key, one in value.items()}
        case tuple() | list():
            return [to_json(one) for one in value]
    return str(value)


@cache
def _adapter(name: str) -> TypeAdapter[tuple[Message]]:
    from pydantic import ConfigDict, TypeAdapter  # takes a tenth of a second, which only readers pay

    # Pydantic takes no configuration for a dataclass of ours, but one inside a tuple inherits that of the tuple.
    inside_tuple: Any = GenericAlias(tuple, (TYPES[name],))
    return TypeAdapter(inside_tuple, config=ConfigDict(extra="forbid"))
