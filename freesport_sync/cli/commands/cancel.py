"""`--cancel`: stop a run that another program has started."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import CancelRequested
from freesport_sync.errors import ExitCode


def cancel(invocation: Invocation) -> int:
    """Ask a run to stop; it may run on another computer."""
    application = invocation.open_application()
    request = application.remote_control.cancel(invocation.options.cancel, invocation.operator)
    invocation.output.show(CancelRequested(request))
    return ExitCode.DONE
