"""The tasks of this program; add new ones here (see docs/adding-a-task.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from freesport_sync.core.tasks import Request
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.backup.task import BACKUP
from freesport_sync.tasks.closing.task import CLOSE_STALE_SESSIONS
from freesport_sync.tasks.notify.task import NOTIFY
from freesport_sync.tasks.repair.task import REPAIR
from freesport_sync.tasks.restore.task import RESTORE
from freesport_sync.tasks.shop_import.task import SHOP_IMPORT


class Registry:
    """The tasks that this program can run.

    Args:
        tasks: in the order in which the history offers their kinds.
    """

    def __init__(self, tasks: Iterable[TaskType[Any]]) -> None:
        self._tasks = tuple(tasks)

    def __iter__(self) -> Iterator[TaskType[Any]]:
        return iter(self._tasks)

    def of(self, request: Request) -> TaskType[Any]:
        """The task that a request is for."""
        return next(task for task in self._tasks if task.request_type is type(request))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of all tasks, each once."""
        return tuple(dict.fromkeys(kind for task in self._tasks for kind in task.kinds))

    @property
    def submissions(self) -> dict[str, Request]:
        """Word after `--submit` -> the request it stands for."""
        return self.commands | {word: request for task in self._tasks for word, request in task.submissions.items()}

    @property
    def kinds_of_runs(self) -> tuple[str, ...]:
        """The kinds that the history can have."""
        return tuple(dict.fromkeys(kind for task in self._tasks if task.makes_runs for kind in task.kinds))

    @property
    def commands(self) -> dict[str, Request]:
        """Word after `--run` -> the request it stands for."""
        return {word: request for task in self._tasks for word, request in task.commands.items()}


TASKS = Registry((SHOP_IMPORT, BACKUP, RESTORE, REPAIR, CLOSE_STALE_SESSIONS, NOTIFY))
