"""`--cancel`: stop a run that another program has started."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode


def cancel(invocation: Invocation) -> int:
    """Ask a run to stop; it may run on another computer."""
    application = invocation.open_application()
    invocation.output.cancel_requested(application.cancel(invocation.options.cancel, invocation.operator))
    return ExitCode.DONE
