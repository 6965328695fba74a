"""What the log says happened: a code and its parameters, which the window reads to the operator in his language."""

from __future__ import annotations

import json
import logging
import re
from typing import Any, NamedTuple

from freesport_sync.errors import SyncError

_LOGGED = re.compile(r"([a-z]+(?:_[a-z]+)+) (\{.*\})")


class Logged(NamedTuple):
    """Something that happened.

    Args:
        code: a key of the section `logged` of the window's texts.
        params: what the text names.
        error: the reason, where it is one that a text knows.
    """

    code: str
    params: dict[str, Any]
    error: SyncError | None


def note(log: logging.Logger, level: int, code: str, *, cause: BaseException | None = None, **params: object) -> None:
    """Write down what happened, on one line.

    Args:
        log: of the module.
        level: of `logging`.
        code: see `Logged`.
        cause: an error of ours becomes a code of its own, of any other the traceback is logged.
        params: plain values.
    """
    if isinstance(cause, SyncError):
        params |= {"error": {"code": cause.code, "params": cause.params}}
        cause = None
    words = json.dumps(params, ensure_ascii=False, default=str)
    log.log(level, "%s %s", code, words, exc_info=cause)


def read_logged(message: str) -> Logged | None:
    """What a line of the log says; None for words that nobody has a text for."""
    found = _LOGGED.fullmatch(message)
    if found is None:
        return None
    try:
        params = json.loads(found[2])
    except ValueError:
        return None
    error = params.pop("error", None)
    if not isinstance(error, dict):
        return Logged(found[1], params, None)
    return Logged(found[1], params, SyncError(str(error.get("code")), **error.get("params", {})))
