"""`--unlock-stale`: close the rows of importers that have died."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.errors import ExitCode


def unlock_stale(invocation: Invocation) -> int:
    """Close runs and import sessions whose process is gone."""
    invocation.output.unlocked(invocation.open_application().unlock_stale(invocation.shop_texts))
    return ExitCode.DONE
