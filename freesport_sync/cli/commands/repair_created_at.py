"""`--repair-created-at`: give products that were created at one moment different times."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.shop import UpkeepKind
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.shop_import.request import ShopImport


def repair_created_at(invocation: Invocation) -> int:
    """Repair equal times of creation."""
    application, options = invocation.open_application(), invocation.options
    request = ShopImport(kind=UpkeepKind.REPAIR, operator=invocation.operator, is_dry_run=options.dry_run)
    with invocation.output as output:
        application.repair(request, invocation.shop_texts, output.event, invocation.cancel)
    return ExitCode.DONE
