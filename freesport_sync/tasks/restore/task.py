"""The task `restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.shop import Stage, UpkeepKind
from freesport_sync.core.tasks import SHOP_LOCK, Role
from freesport_sync.runs.task import Task
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.stages import planned

if TYPE_CHECKING:
    from freesport_sync.core.run import RunReport
    from freesport_sync.runs.context import RunContext

_STAGES = frozenset((Stage.STAGE, Stage.RESOLVE, Stage.APPLY))


@dataclass(frozen=True, slots=True)
class RestoreBackup:
    """Revert what imports have written since a backup.

    Args:
        backup_id: its name.
        undone_id: the import to undo; 0: the operator named the backup instead.
    """

    kind: ClassVar[str] = UpkeepKind.RESTORE
    backup_id: str
    undone_id: int = 0


def _run(context: RunContext, request: RestoreBackup) -> RunReport:
    from freesport_sync.tasks.restore.restoring import run_restore

    return run_restore(context, request)


RESTORE = Task(
    name="restore",
    version=1,
    request_type=RestoreBackup,
    lock=SHOP_LOCK,
    roles=frozenset((Role.ADMINISTRATOR,)),
    kinds=(UpkeepKind.RESTORE.value,),
    stages=lambda _request, header, _settings: planned(header, _STAGES),
    run=_run,
)
