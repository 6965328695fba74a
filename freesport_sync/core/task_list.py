"""Tasks as the database keeps them: what was wanted, what became of it, and who works on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from freesport_sync.core.run import Counts
from freesport_sync.core.tasks import Trigger
from freesport_sync.errors import SyncError


class TaskStatus(StrEnum):
    """What has become of a task."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will become of it."""
        return self not in (TaskStatus.PENDING, TaskStatus.RUNNING)


class Priority(IntEnum):
    """Who comes first among those that wait; any number in between is allowed."""

    SCHEDULE = 10
    PERSON = 20
    ONEC = 30

    @classmethod
    def of(cls, trigger: Trigger) -> Priority:
        """The usual priority of what a trigger starts."""
        return {Trigger.SCHEDULE: cls.SCHEDULE, Trigger.ONEC: cls.ONEC}.get(trigger, cls.PERSON)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a task; every write about it carries the token, so that nobody writes for another.

    Args:
        task_id: the task.
        token: of this try.
        attempt: number of this try, from 1.
        is_queued: a worker has taken it from the queue, where it can be sent back to.
    """

    task_id: int
    token: UUID
    attempt: int = 1
    is_queued: bool = False


@dataclass(frozen=True, slots=True)
class AwaitedHolder:
    """Whom a task waits for: the holder of its lock.

    Args:
        operator: who has started it.
        host: where it runs.
        run_id: its run; None: another program's.
    """

    operator: str
    host: str
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """What was wanted, and what has become of it.

    Args:
        id: for people.
        uid: for programs; never reused in any database.
        type: name of its `TaskType`.
        version: of the request.
        kind: what will be done, in the word that the history shows.
        is_dry_run: only find out what would change.
        request: as JSON; see `runs.requests`.
        status: what has become of it; a running one whose process died counts as failed until somebody mends it.
        priority: higher comes first.
        operator: who asked for it.
        trigger: a `core.tasks.Trigger`, or the value of a newer program.
        host: the only computer that can run it while it waits, later the one that runs it; empty: any.
        attempt: tries so far.
        crashes: of these, those whose process died.
        waiting_for: who holds its lock.
        has_worker: of a pending one: a living worker listens to its queue.
        is_silent: of a running one: nothing is heard of its process, which is not known to be dead.
        stage: the current one of its run.
        done: units of that stage.
        total: units of that stage in all; 0: unknown.
        percent: of the whole, 0 to 100; never goes back.
        run_after: not before this time.
        created_at: when it was submitted.
        started_at: of its first try.
        finished_at: when it ended.
        cancel_requested_by: who wants it stopped; None: nobody.
        counts: by entity, once it is completed.
        error_code: why it failed, or why its last try did.
        error_params: of that error.
        run_id: its latest run.
        schedule_id: the schedule that has submitted it.
    """

    id: int
    uid: UUID
    type: str
    version: int
    kind: str
    is_dry_run: bool
    request: Mapping[str, Any]
    status: TaskStatus
    priority: int
    operator: str
    trigger: str
    host: str
    attempt: int
    crashes: int
    waiting_for: AwaitedHolder | None
    has_worker: bool
    is_silent: bool
    stage: str
    done: int
    total: int
    percent: int
    run_after: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_by: str | None
    counts: Mapping[str, Counts] = field(default_factory=dict)
    error_code: str | None = None
    error_params: Mapping[str, Any] = field(default_factory=dict)
    run_id: int | None = None
    schedule_id: int | None = None

    @property
    def error(self) -> SyncError | None:
        """Why it failed, or why its last try did."""
        return None if self.error_code is None else SyncError(self.error_code, **self.error_params)

    @property
    def lacks_worker(self) -> bool:
        """Whether it waits although nobody is there who could run it."""
        return self.status is TaskStatus.PENDING and not self.has_worker

    def is_early(self, now: datetime) -> bool:
        """Whether it waits and may not run yet."""
        return self.status is TaskStatus.PENDING and self.run_after is not None and self.run_after > now


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks; the newest come first.

    Args:
        statuses: empty: all.
        types: names of task types; empty: all.
        text: in the number, operator, host, kind or error.
        schedule_id: submitted by this schedule.
    """

    statuses: frozenset[TaskStatus] = frozenset()
    types: frozenset[str] = frozenset()
    text: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task that waits.

    Args:
        id: of the task.
        is_new: False: an equal one was already waiting.
    """

    id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that runs queued tasks.

    Args:
        id: of this start.
        host: its computer.
        process_id: there.
        program_version: of the program.
        queues: those it listens to.
        jobs: tasks that it runs at once.
        started_at: when it started.
        heartbeat_at: its last sign of life.
        is_alive: its process holds its lock, or was heard a moment ago.
        is_stopping: it takes no more tasks.
        is_silent: it is alive as far as the server knows, but was not heard for some time.
        task_ids: those it runs.
    """

    id: int
    host: str
    process_id: int
    program_version: str
    queues: tuple[str, ...]
    jobs: int
    started_at: datetime
    heartbeat_at: datetime
    is_alive: bool
    is_stopping: bool
    is_silent: bool = False
    task_ids: tuple[int, ...] = ()
