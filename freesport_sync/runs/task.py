"""The description of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from freesport_sync.core.tasks import Header, Lock, PlannedStage, Request, Role

if TYPE_CHECKING:  # the code of a task takes a second to load, its description must not
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
        lock: held while the task runs.
        roles: who may start it.
        kinds: the possible values of `Request.kind`.
        stages: those of a run, in order, for showing its progress.
        run: does the work; raises `SyncError` if it was refused, failed or was cancelled.
        commands: word after `--run` -> the request it stands for; empty if the task has an option of its own.
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
