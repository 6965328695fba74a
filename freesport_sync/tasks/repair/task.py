"""The task `repair`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.shop import Stage, UpkeepKind
from freesport_sync.core.tasks import SHOP_LOCK, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.stages import planned

if TYPE_CHECKING:
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext

_STAGES = frozenset((Stage.RESOLVE, Stage.APPLY))


def _run(context: RunContext, request: RepairCreatedAt) -> RunReport:
    from freesport_sync.tasks.repair.repairing import run_repair

    return run_repair(context, request)


REPAIR = TaskType(
    name="repair",
    version=1,
    request_type=RepairCreatedAt,
    lock=SHOP_LOCK,
    roles=frozenset((Role.ADMINISTRATOR,)),
    kinds=(UpkeepKind.REPAIR.value, UpkeepKind.UNDO_REPAIR.value),
    stages=lambda _request, header, _settings: planned(header, _STAGES),
    run=_run,
)
