"""Events of a worker, a process that runs queued tasks."""

from __future__ import annotations

from dataclasses import dataclass

from freesport_sync.core.events import Failure
from freesport_sync.core.task_list import TaskStatus


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker takes tasks; said again when it has got its connections back.

    Args:
        worker_id: of this start.
        queues: those it listens to.
        jobs: tasks that it runs at once.
    """

    worker_id: int
    queues: tuple[str, ...]
    jobs: int


@dataclass(frozen=True, slots=True)
class TaskTaken:
    """A try of a task begins.

    Args:
        task_id: the task.
        kind: what is done.
        operator: who asked for it.
        attempt: number of the try, from 1.
    """

    task_id: int
    kind: str
    operator: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskLeft:
    """A try of a task has ended.

    Args:
        task_id: the task.
        kind: what was done.
        status: of the task now; pending: it waits for its next try.
        failure: why; None: it went well.
    """

    task_id: int
    kind: str
    status: TaskStatus
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class WorkerInTrouble:
    """The worker cannot work now, and tries again.

    Args:
        failure: why.
        retry_s: seconds until it tries again.
    """

    failure: Failure
    retry_s: float


@dataclass(frozen=True, slots=True)
class WorkerStopping:
    """The worker takes no more tasks, and ends when those that it runs have ended.

    Args:
        running: how many these are.
        drain_s: seconds after which they are sent back.
    """

    running: int
    drain_s: float


WorkerEvent = WorkerReady | TaskTaken | TaskLeft | WorkerInTrouble | WorkerStopping
