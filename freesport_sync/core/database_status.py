"""What is going on in the database right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from freesport_sync.core.permissions import Rights


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds the import lock; of another program only the address is known."""

    run_id: int | None
    operator: str
    host: str
    stage: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What is going on in the database.

    Args:
        database: its name for people.
        holder: who holds the import lock; None if nobody does.
        newest: changes whenever the history, a task or a worker changes.
        rights: what the login may not do there.
    """

    database: str
    holder: LockHolder | None
    newest: tuple[object, ...]
    rights: Rights = field(default_factory=Rights)
