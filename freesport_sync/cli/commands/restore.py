"""`--restore`: restore a backup."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.restore.request import RestoreBackup


def restore(invocation: Invocation) -> int:
    """Restore the backup with the given name."""
    application = invocation.open_application()
    request = RestoreBackup(replace_surrogates(invocation.options.restore))
    with invocation.output as output:
        application.run(request, invocation.header, output.event, invocation.cancel)
    return ExitCode.DONE
