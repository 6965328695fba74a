"""The task `backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.shop import Stage, UpkeepKind
from freesport_sync.core.tasks import SHOP_LOCK, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.stages import planned

if TYPE_CHECKING:
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext


def _run(context: RunContext, request: MakeBackup) -> RunReport:
    from freesport_sync.tasks.backup.making import run_backup

    return run_backup(context, request)


BACKUP = TaskType(
    name="backup",
    version=1,
    request_type=MakeBackup,
    lock=SHOP_LOCK,
    roles=frozenset((Role.OPERATOR, Role.ADMINISTRATOR)),
    kinds=(UpkeepKind.BACKUP.value,),
    stages=lambda _request, header, _settings: planned(header, frozenset((Stage.BACKUP,))),
    run=_run,
    submissions={"backup": MakeBackup()},
)
