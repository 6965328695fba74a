"""`--undo`: undo a run."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode


def undo(invocation: Invocation) -> int:
    """Undo what a run has written: an import by its backup, a repair by its own log."""
    application = invocation.open_application()
    invocation.run(application, application.undoing(invocation.options.undo))
    return ExitCode.DONE
