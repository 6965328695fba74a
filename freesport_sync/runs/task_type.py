"""The description of what can be run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from freesport_sync.core.tasks import Header, Lock, PlannedStage, Request, Role

if TYPE_CHECKING:  # the code of a task takes a second to load, its description must not
    from freesport_sync.core.run import Done, RunReport
    from freesport_sync.runs.context import RunContext
    from freesport_sync.settings.model import Settings

R = TypeVar("R", bound=Request)
LONGEST_QUEUE = 40
"""Bytes of a queue's name: the queue makes it a part of the name of a NOTIFY channel, which is not longer than 63."""


@dataclass(frozen=True, slots=True)
class TaskType(Generic[R]):
    """Something that can be run.

    Args:
        name: in stored requests and in the history; never changed once it is released.
        version: of `request_type`; raised whenever its fields change.
        request_type: frozen dataclass of plain values, paths and string enums.
        lock: held while the task runs.
        roles: who may start it.
        kinds: the possible values of `Request.kind`.
        stages: those of a run, in order, for showing its progress.
        run: does the work; raises `SyncError` if it was refused, failed or was cancelled. `Done` instead of a report:
            it needs no run in the history.
        is_local: only this computer can do it, because it reads a file or a folder here.
        refuse_here: raises `SyncError` for a request that cannot work, as far as this computer can see at once.
        makes_runs: it is in the history; False: `run` returns `Done`.
        commands: word after `--run` and `--submit` -> the request it stands for; empty if it has an option of its own.
        submissions: more words after `--submit`.
    """

    name: str
    version: int
    request_type: type[R]
    lock: Lock
    roles: frozenset[Role]
    kinds: tuple[str, ...]
    stages: Callable[[R, Header, Settings], tuple[PlannedStage, ...]]
    run: Callable[[RunContext, R], RunReport | Done]
    is_local: Callable[[R], bool] = lambda _: False
    refuse_here: Callable[[R], None] = lambda _: None
    makes_runs: bool = True
    commands: Mapping[str, R] = field(default_factory=dict)
    submissions: Mapping[str, R] = field(default_factory=dict)

    def queue(self, request: R, host: str) -> str:
        """The queue where a request waits: only workers that know its version listen to it, or only this host's.

        Args:
            request: of this task.
            host: this computer.
        """
        return queue_name(self.name, self.version, host if self.is_local(request) else "")

    def queues(self, host: str) -> tuple[str, ...]:
        """The queues that a worker on a host can listen to: of this version and all before."""
        versions = range(1, self.version + 1)
        return tuple(queue_name(self.name, version, where) for version in versions for where in ("", host))


def queue_name(task: str, version: int, host: str) -> str:
    """The name of a queue.

    Args:
        task: name of a task type.
        version: of its request.
        host: the only one that listens to it; empty: any does.
    """
    name = f"{task}/{version}"
    if not host:
        return name
    own = f"{name}@{host}"
    if len(own.encode()) <= LONGEST_QUEUE:
        return own
    return f"{name}@{hashlib.sha256(host.encode()).hexdigest()}"[:LONGEST_QUEUE]
