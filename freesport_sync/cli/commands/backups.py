"""`--backups`: list the backups."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import BackupList
from freesport_sync.errors import ExitCode


def backups(invocation: Invocation) -> int:
    """List the backups of the database, newest first."""
    invocation.output.show(BackupList(invocation.open_application().backups.list()))
    return ExitCode.DONE
