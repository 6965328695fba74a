"""What a task records about a run in tables of its own, besides the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from freesport_sync.core.events import Event
from freesport_sync.core.run import RunOutcome
from freesport_sync.database.server.engine import Connection
from freesport_sync.runs.context import Target

Milestone = tuple[Event, int]
"""An event worth a line in the run's report, and the percentage of its stage."""


class Bookkeeping(Protocol):
    """Opened and closed in the same transactions as the run's own row, so that they never disagree."""

    def verify(self, connection: Connection, target: Target) -> None:
        """Check that the task's tables exist; called with the lock held, before anything is written.

        Raises:
            SchemaMismatch: they do not.
        """

    def clear(self, connection: Connection) -> None:
        """Close records that crashed programs left open, and give way to programs that ignore our locks.

        Args:
            connection: the lock's, in autocommit; the tables of the history exist.

        Raises:
            LockHeld: another program is running.
        """

    def open(self, connection: Connection, run_id: int) -> None:
        """Insert the rows, in the transaction that has just inserted the run's row.

        Raises:
            LockHeld: another program was faster.
        """

    def add_milestones(self, connection: Connection, milestones: Sequence[Milestone]) -> None:
        """Record milestones of the run; on the side connection, in autocommit."""

    def show_progress(self, connection: Connection, done: int, total: int) -> None:
        """Record the progress of the current stage, once a second; on the side connection too."""

    def name_issues(self, connection: Connection, run_id: int) -> None:
        """Add the names of the affected objects to the row issues, once all of these are stored."""

    def close(self, connection: Connection, outcome: RunOutcome) -> None:
        """Write the outcome; in the transaction that has just closed the run's row."""


class NoBookkeeping(Bookkeeping):
    """For a task that records nothing besides the history."""

    def verify(self, connection: Connection, target: Target) -> None: ...
    def clear(self, connection: Connection) -> None: ...
    def open(self, connection: Connection, run_id: int) -> None: ...
    def add_milestones(self, connection: Connection, milestones: Sequence[Milestone]) -> None: ...
    def show_progress(self, connection: Connection, done: int, total: int) -> None: ...
    def name_issues(self, connection: Connection, run_id: int) -> None: ...
    def close(self, connection: Connection, outcome: RunOutcome) -> None: ...
