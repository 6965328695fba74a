"""`--pull`: fetch the export from the SSH host and import nothing."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode


def pull(invocation: Invocation) -> int:
    """Fetch what is new or has changed."""
    application = invocation.open_application()
    with invocation.output as output:
        application.remote_export.pull(output.event, invocation.cancel)
    return ExitCode.DONE
