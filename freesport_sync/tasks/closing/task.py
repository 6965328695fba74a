"""The task `close_stale_sessions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.tasks import SHOP_LOCK, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.closing.request import CloseStaleSessions

if TYPE_CHECKING:
    from freesport_sync.core.run import Done
    from freesport_sync.runs.context import RunContext


def _run(context: RunContext, _request: CloseStaleSessions) -> Done:
    from freesport_sync.tasks.closing.closing import close_stale

    return close_stale(context)


CLOSE_STALE_SESSIONS = TaskType(
    name="close_stale_sessions",
    version=1,
    request_type=CloseStaleSessions,
    lock=SHOP_LOCK,
    roles=frozenset((Role.OPERATOR, Role.ADMINISTRATOR)),
    kinds=(CloseStaleSessions.kind,),
    stages=lambda _request, _header, _settings: (),
    run=_run,
    makes_runs=False,
    submissions={"close_stale_sessions": CloseStaleSessions()},
)
