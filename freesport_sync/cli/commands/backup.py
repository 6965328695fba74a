"""`--backup`: back up what imports write to."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.backup.request import MakeBackup


def backup(invocation: Invocation) -> int:
    """Make a backup."""
    application = invocation.open_application()
    with invocation.output as output:
        application.run(MakeBackup(), invocation.header, output.event, invocation.cancel)
    return ExitCode.DONE
