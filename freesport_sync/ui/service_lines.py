"""Reads the JSON lines of a child process of the window."""

from __future__ import annotations

import json
import logging

from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.wire import Message, decode

log = logging.getLogger(__name__)


def message_of(line: str) -> Message | None:
    """The message of a line; None, and it is logged: it is none, or one of another version."""
    try:
        return decode(json.loads(line))
    except (ValueError, AttributeError, RecursionError) as error:  # JSON, but no object; or too deep for one
        log_entry(log, logging.WARNING, "server_line_unknown", problem=str(error), line=line[:200])
        return None
