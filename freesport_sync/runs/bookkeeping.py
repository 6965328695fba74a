"""What a task keeps in tables of its own about a run, beside the rows of the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from freesport_sync.core.events import Event
from freesport_sync.core.run import RunOutcome
from freesport_sync.database.server.engine import Connection
from freesport_sync.runs.context import Target

Milestone = tuple[Event, int]
"""An event that a report of the run mentions, and the percentage of its stage."""


class Bookkeeping(Protocol):
    """Opened and closed in the same transactions as the run's own row, so that they never disagree."""

    def verify(self, connection: Connection, target: Target) -> None:
        """Look whether the task's tables are there; the lock is held, nothing is written yet.

        Raises:
            SchemaMismatch: they are not.
        """

    def clear(self, connection: Connection) -> None:
        """Close what dead programs have left open, and give way to those that do not know our locks.

        Args:
            connection: the lock's, in autocommit; the history has its tables.

        Raises:
            LockHeld: another program is at work.
        """

    def open(self, connection: Connection, run_id: int) -> None:
        """Make the rows; in the transaction that has just inserted the run's row.

        Raises:
            LockHeld: another program was faster.
        """

    def add_milestones(self, connection: Connection, milestones: Sequence[Milestone]) -> None:
        """Say what the run has reached; on the side connection, in autocommit."""

    def show_progress(self, connection: Connection, done: int, total: int) -> None:
        """Say how far the current stage is, once a second; likewise."""

    def name_issues(self, connection: Connection, run_id: int) -> None:
        """Give the stored row issues the names of what they are about; all of them are stored."""

    def close(self, connection: Connection, outcome: RunOutcome) -> None:
        """Write the outcome; in the transaction that has just closed the run's row."""


class NoBookkeeping(Bookkeeping):
    """Of a task that has nothing but the history."""

    def verify(self, connection: Connection, target: Target) -> None: ...
    def clear(self, connection: Connection) -> None: ...
    def open(self, connection: Connection, run_id: int) -> None: ...
    def add_milestones(self, connection: Connection, milestones: Sequence[Milestone]) -> None: ...
    def show_progress(self, connection: Connection, done: int, total: int) -> None: ...
    def name_issues(self, connection: Connection, run_id: int) -> None: ...
    def close(self, connection: Connection, outcome: RunOutcome) -> None: ...
