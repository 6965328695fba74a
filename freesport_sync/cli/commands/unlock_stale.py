"""`--unlock-stale`: close the rows of importers that have died."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import StaleClosed
from freesport_sync.errors import ExitCode


def unlock_stale(invocation: Invocation) -> int:
    """Close runs and import sessions whose process is gone."""
    closed = invocation.open_application().remote_control.unlock_stale(invocation.shop_texts)
    invocation.output.show(StaleClosed(closed))
    return ExitCode.DONE
