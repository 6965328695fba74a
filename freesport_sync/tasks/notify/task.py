"""The task `notify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.tasks import Lock, Role
from freesport_sync.runs.task_type import TaskType
from freesport_sync.tasks.notify.request import KIND, SendNotifications

if TYPE_CHECKING:
    from freesport_sync.core.run import Done
    from freesport_sync.runs.context import RunContext

NOTIFY_LOCK = Lock("notifications", 5)
"""Only orders the queue: who sends to a target holds a lock of the target's."""


def _run(context: RunContext, _request: SendNotifications) -> Done:
    from freesport_sync.tasks.notify.sending import run_notify

    return run_notify(context)


NOTIFY = TaskType(
    name=KIND,
    version=1,
    request_type=SendNotifications,
    lock=NOTIFY_LOCK,
    roles=frozenset((Role.ADMINISTRATOR,)),
    kinds=(KIND,),
    stages=lambda _request, _header, _settings: (),
    run=_run,
    makes_runs=False,
    is_local=lambda _request: True,  # another computer may have other settings and no password
)
