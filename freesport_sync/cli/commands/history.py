"""`--history`: the latest runs."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import RunList
from freesport_sync.errors import ExitCode


def history(invocation: Invocation) -> int:
    """List the latest runs, newest first."""
    invocation.output.show(RunList(invocation.open_application().history(invocation.options.history)))
    return ExitCode.DONE
