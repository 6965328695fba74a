"""`--restore`: restore a backup."""

from __future__ import annotations

from dataclasses import replace

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.run import RunKind, RunRequest, storable
from freesport_sync.errors import ExitCode


def restore(invocation: Invocation) -> int:
    """Restore the backup with the given name."""
    application, options = invocation.open_application(), invocation.options
    request = RunRequest(kind=RunKind.RESTORE, backup_id=storable(options.restore))
    request = replace(request, operator=invocation.operator, is_dry_run=options.dry_run)
    with invocation.output as output:
        application.restore(request, invocation.shop_texts, output.event, invocation.cancel)
    return ExitCode.DONE
