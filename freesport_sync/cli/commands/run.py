"""`--run`: run a task, an import most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.requests import as_asked
from freesport_sync.core.tasks import Request
from freesport_sync.errors import ExitCode
from freesport_sync.tasks.shop_import.request import ShopImport

if TYPE_CHECKING:
    from freesport_sync.application import Application


def run(invocation: Invocation) -> int:
    """Run a task; exit code 1 if single records could not be imported."""
    request = invocation.tasks.commands[invocation.options.run]
    if isinstance(request, ShopImport):
        return _import(invocation, request)
    return _run(invocation, invocation.open_application(), request)


def _import(invocation: Invocation, request: ShopImport) -> int:
    from freesport_sync.sources.commerceml.workers import WorkerPool

    with WorkerPool() as pool:  # a worker starts while the rest of the program is loaded
        application = invocation.open_application(pool)
        return _run(invocation, application, as_asked(request, invocation.options, application))


def _run(invocation: Invocation, application: Application, request: Request) -> int:
    report = invocation.run(application, request)
    return ExitCode.ROW_ERRORS if report.has_row_errors else ExitCode.DONE
