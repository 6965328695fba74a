"""`--freshness`: how old the data of the shop is."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import FreshnessShown
from freesport_sync.errors import ExitCode


def freshness(invocation: Invocation) -> int:
    """Show the age of each kind of data; the exit code says whether one is too old."""
    with invocation.open_application().history() as history:
        found = history.freshness()
    invocation.output.show(FreshnessShown(found))
    return ExitCode.ROW_ERRORS if found.overdue(found.read_at) else ExitCode.DONE
