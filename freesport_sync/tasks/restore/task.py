"""The task `restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.shop import Stage, UpkeepKind
from freesport_sync.core.tasks import SHOP_LOCK, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.stages import planned

if TYPE_CHECKING:
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext

_STAGES = frozenset((Stage.STAGE, Stage.RESOLVE, Stage.APPLY))


def _run(context: RunContext, request: RestoreBackup) -> RunReport:
    from freesport_sync.tasks.restore.restoring import run_restore

    return run_restore(context, request)


RESTORE = TaskType(
    name="restore",
    version=1,
    request_type=RestoreBackup,
    lock=SHOP_LOCK,
    roles=frozenset((Role.ADMINISTRATOR,)),
    kinds=(UpkeepKind.RESTORE.value,),
    stages=lambda _request, header, _settings: planned(header, _STAGES),
    run=_run,
    is_local=lambda _: True,
)
