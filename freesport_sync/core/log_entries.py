"""Log entries: a code and its parameters, so that the window can show them in the operator's language."""

from __future__ import annotations

import json
import logging
import re
from typing import Any, NamedTuple

from freesport_sync.errors import SyncError

_ENTRY = re.compile(r"([a-z]+(?:_[a-z]+)+) (\{.*\})")


class LogEntry(NamedTuple):
    """What a line of the log says.

    Args:
        code: a key of the section `logged` of the window's texts.
        params: values for the text.
        error: the cause, if it is a `SyncError`.
    """

    code: str
    params: dict[str, Any]
    error: SyncError | None


def log_entry(
    log: logging.Logger, level: int, code: str, *, cause: BaseException | None = None, **params: object
) -> None:
    """Log what happened, on one line.

    Args:
        log: the logger of the module.
        level: a level of `logging`.
        code: see `LogEntry`.
        cause: a `SyncError` is logged as code and parameters, any other with its traceback.
        params: plain values.
    """
    if isinstance(cause, SyncError):
        params |= {"error": {"code": cause.code, "params": cause.params}}
        cause = None
    log.log(level, "%s", entry_text(code, **params), exc_info=cause)


def entry_text(code: str, **params: object) -> str:
    """What `log_entry` writes and `parse_log_entry` reads."""
    return f"{code} {json.dumps(params, ensure_ascii=False, default=str)}"


def parse_log_entry(message: str) -> LogEntry | None:
    """The entry that `log_entry` has written; None: a message of another kind."""
    found = _ENTRY.fullmatch(message)
    if found is None:
        return None
    try:
        params = json.loads(found[2])
    except ValueError:
        return None
    error = params.pop("error", None)
    if not isinstance(error, dict):
        return LogEntry(found[1], params, None)
    return LogEntry(found[1], params, SyncError(str(error.get("code")), **error.get("params", {})))
