"""`--undo`: take a run back."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode


def undo(invocation: Invocation) -> int:
    """Take back what a run has written: an import by its backup, a repair by its own log."""
    application = invocation.open_application()
    with invocation.output as output:
        request = application.undoing(invocation.options.undo)
        application.run(request, invocation.header, output.event, invocation.cancel)
    return ExitCode.DONE
