"""`--restore`: restore a backup."""

from __future__ import annotations

from dataclasses import replace

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.shop_import.request import ShopImport


def restore(invocation: Invocation) -> int:
    """Restore the backup with the given name."""
    application, options = invocation.open_application(), invocation.options
    request = ShopImport(kind=UpkeepKind.RESTORE, backup_id=replace_surrogates(options.restore))
    request = replace(request, operator=invocation.operator, is_dry_run=options.dry_run)
    with invocation.output as output:
        application.restore(request, invocation.shop_texts, output.event, invocation.cancel)
    return ExitCode.DONE
