"""Requests to run a task, whatever it does; tasks themselves are in `runs.task_type`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

FIRST_STAGE = "plan"
"""The stage of every run until it reports one of its own."""
LAST_STAGE = "report"
"""The stage of every completed run."""
R = TypeVar("R", bound="Request", covariant=True)


class Request(Protocol):
    """What is asked of a task: a frozen dataclass of plain values, paths and string enums."""

    @property
    def kind(self) -> str:
        """What will be done, in the word that the history shows."""

    @property
    def undone_id(self) -> int:
        """The run that will be undone; 0: none."""


class Trigger(StrEnum):
    """What has started a run."""

    WINDOW = "window"
    COMMAND_LINE = "command_line"
    SCHEDULE = "schedule"
    """The system's scheduler."""
    ONEC = "onec"
    """1C itself, through the exchange server."""
    SHOP = "shop"
    """The shop's own importer, which is not ours."""


class Role(StrEnum):
    """Who may start a task."""

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Lock:
    """The name of an advisory lock: tasks with the same one exclude each other in a database.

    Args:
        name: for people and the history.
        key: the second key of the lock in PostgreSQL; 1 or more, never reused.
    """

    name: str
    key: int


SHOP_LOCK = Lock("shop", 1)
"""Of everything that writes the shop's goods and customers; other programs may take it too."""


class TaskIdentity(Protocol):
    """What a run's row says of its task."""

    @property
    def name(self) -> str:
        """As in stored requests."""

    @property
    def version(self) -> int:
        """Of the request."""

    @property
    def lock(self) -> Lock:
        """Held while it runs."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who asks for a run, and how; the same for every task.

    Args:
        operator: who asks; shown in the history and to those who have to wait.
        trigger: what has started it.
        is_dry_run: only find out what would change; write nothing but the history.
    """

    operator: str = ""
    trigger: Trigger = Trigger.COMMAND_LINE
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Submission(Generic[R]):
    """What is to be run, and who asks for it.

    Args:
        request: a task's own.
        header: who asks, and how.
    """

    request: R
    header: Header

    def as_dry_run(self, is_dry_run: bool) -> Submission[R]:
        """The same request, as a dry run or a real one."""
        return replace(self, header=replace(self.header, is_dry_run=is_dry_run))

    def by(self, operator: str) -> Submission[R]:
        """The same request, asked for by somebody else."""
        return replace(self, header=replace(self.header, operator=operator))


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage that a run will have.

    Args:
        name: the task's word for it.
        weight: share of a usual run's time; any unit.
        is_optional: it may turn out that there is nothing to do.
    """

    name: str
    weight: int
    is_optional: bool = False
