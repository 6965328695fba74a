"""`--restore`: restore a backup."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.restore.request import RestoreBackup


def restore(invocation: Invocation) -> int:
    """Restore the backup with the given name."""
    backup_id = replace_surrogates(invocation.options.restore)
    invocation.run(invocation.open_application(), RestoreBackup(backup_id))
    return ExitCode.DONE
