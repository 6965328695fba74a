"""A task that is not the shop's: nothing but this module and a registry with it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import ClassVar

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts, FieldChange, RunReport
from freesport_sync.core.tasks import Lock, PlannedStage, Role
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.life import LockedRun, RunResult, run_locked
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.registry import TASKS, Registry

TOY_LOCK = Lock("toy", 77)


@dataclass(frozen=True, slots=True)
class CountSheep:
    """Count sheep.

    Args:
        sheep: so many; 0: until somebody is asleep.
    """

    kind: ClassVar[str] = "count_sheep"
    undone_id: ClassVar[int] = 0
    sheep: int = 3


def _run(context: RunContext, request: CountSheep) -> RunReport:
    def work(run: LockedRun) -> RunResult:
        meter = StageMeter(run.report, "gather", 1, time.monotonic)
        meter.finish()
        return run.write(lambda: _counted(run, request))

    return run_locked(context, request, work)


def _counted(run: LockedRun, request: CountSheep) -> RunResult:
    meter = StageMeter(run.report, "count", request.sheep, time.monotonic)
    meter.advance(1)
    while not request.sheep:
        run.context.cancel.check()
        threading.Event().wait(0.01)
    meter.finish()
    run.report(IssuesFound((RowIssue(Severity.NOTE, "sheep_black", onec_id="7"),)))
    changes = (FieldChange("sheep", "7", "Dolly", "wool", "white", "black"),) if run.is_dry_run else ()
    return RunResult({"sheep": Counts(created=request.sheep)}, changes)


COUNT_SHEEP = TaskType(
    name="toy",
    version=1,
    request_type=CountSheep,
    lock=TOY_LOCK,
    roles=frozenset((Role.OPERATOR,)),
    kinds=("count_sheep",),
    stages=lambda _request, _header, _settings: (PlannedStage("gather", 1), PlannedStage("count", 9)),
    run=_run,
    commands={"count_sheep": CountSheep(), "count_all_sheep": CountSheep(sheep=0)},
)
WITH_TOY = Registry((*TASKS, COUNT_SHEEP))
