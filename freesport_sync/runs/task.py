"""What a task is, and the list of those that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from freesport_sync.core.tasks import Header, Lock, PlannedStage, Request, Role
from freesport_sync.errors import ConfigError

if TYPE_CHECKING:  # what runs a task takes a second to load; its description has to be there at once
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext
    from freesport_sync.settings.model import Settings

R = TypeVar("R", bound=Request)


@dataclass(frozen=True, slots=True)
class Task(Generic[R]):
    """Something that can be run.

    Args:
        name: in stored requests and in the history; never changed once it is released.
        version: of `request_type`; raised whenever its fields change.
        request_type: frozen dataclass of plain values, paths and string enums.
        lock: held while it runs.
        roles: who may start it.
        kinds: the words for what its runs do, for the history.
        stages: those that a run will have, in order, for whoever shows its progress.
        run: does it; raises `SyncError` where it was refused, failed or was cancelled.
        commands: word after `--run` -> the request it stands for; none where it has an option of its own.
    """

    name: str
    version: int
    request_type: type[R]
    lock: Lock
    roles: frozenset[Role]
    kinds: tuple[str, ...]
    stages: Callable[[R, Header, Settings], tuple[PlannedStage, ...]]
    run: Callable[[RunContext, R], RunReport]
    commands: Mapping[str, R] = field(default_factory=dict)


class Registry:
    """The tasks that this program can run.

    Args:
        tasks: in the order in which the history offers their kinds.
    """

    def __init__(self, tasks: Iterable[Task[Any]]) -> None:
        self._tasks = tuple(tasks)

    def __iter__(self) -> Iterator[Task[Any]]:
        return iter(self._tasks)

    def named(self, name: str) -> Task[Any]:
        """The task of that name.

        Raises:
            ConfigError: this program has none.
        """
        for task in self._tasks:
            if task.name == name:
                return task
        raise ConfigError("task_unknown", task=name)

    def of(self, request: Request) -> Task[Any]:
        """The task that a request is for."""
        return next(task for task in self._tasks if task.request_type is type(request))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The words for what can be run, each once."""
        return tuple(dict.fromkeys(kind for task in self._tasks for kind in task.kinds))

    @property
    def commands(self) -> dict[str, Request]:
        """Word after `--run` -> the request it stands for."""
        return {word: request for task in self._tasks for word, request in task.commands.items()}
