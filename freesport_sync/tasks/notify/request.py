"""The request of the task `notify`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

KIND = "notify"


@dataclass(frozen=True, slots=True)
class SendNotifications:
    """Send what waits in the outbox of the computer that has put it there.

    Args:
        due_at: ISO time of what waits for its time, so that tasks for different times are not equal; empty: at once.
    """

    kind: ClassVar[str] = KIND
    undone_id: ClassVar[int] = 0
    due_at: str = ""
