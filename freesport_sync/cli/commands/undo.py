"""`--undo`: take a run back."""

from __future__ import annotations

from dataclasses import replace

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.errors import ExitCode


def undo(invocation: Invocation) -> int:
    """Take back what a run has written: an import by its backup, a repair by its own log."""
    application, options = invocation.open_application(), invocation.options
    with invocation.output as output:
        request = application.undoing(options.undo)
        request = replace(request, operator=invocation.operator, is_dry_run=options.dry_run)
        work = application.restore if request.kind is UpkeepKind.RESTORE else application.repair
        work(request, invocation.shop_texts, output.event, invocation.cancel)
    return ExitCode.DONE
