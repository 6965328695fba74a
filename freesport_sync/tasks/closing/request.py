"""The request of the task `close_stale_sessions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CloseStaleSessions:
    """Close runs and import sessions whose program has died."""

    kind: ClassVar[str] = "close_stale_sessions"
    undone_id: ClassVar[int] = 0
