"""`--repair-created-at`: give products that were created at one moment different times."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.repair.request import RepairCreatedAt


def repair_created_at(invocation: Invocation) -> int:
    """Repair equal times of creation."""
    invocation.run(invocation.open_application(), RepairCreatedAt())
    return ExitCode.DONE
