"""`--backup`: back up what imports write to."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.backup.request import MakeBackup


def backup(invocation: Invocation) -> int:
    """Make a backup."""
    invocation.run(invocation.open_application(), MakeBackup())
    return ExitCode.DONE
