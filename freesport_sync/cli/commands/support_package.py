"""`--support-package`: one zip for support, whose contents are shown before it is saved."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.cli.arguments import PROGRAM
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import SupportPackageSaved, SupportPackageShown
from freesport_sync.cli.stdin import is_agreed
from freesport_sync.errors import ConfigError, ExitCode
from freesport_sync.services.support import Support, SupportRequest, save_package, support_without_program


def support_package(invocation: Invocation) -> int:
    """Collect the package, show what is in it, and save it; where nobody can be asked, at once."""
    options, output = invocation.options, invocation.output
    entry = None if options.support_package is PROGRAM else options.support_package
    request = SupportRequest(entry, options.with_files, invocation.operator)
    package = _support(invocation).collect(request, invocation.texts, invocation.cancel)
    output.show(SupportPackageShown(package))
    if not (options.yes or options.json or is_agreed(invocation.texts("cli.support_question"))):
        output.show(SupportPackageSaved(None, 0))
        return ExitCode.DONE
    file = options.output or Path(package.name).absolute()
    output.show(SupportPackageSaved(file, save_package(package, file)))
    return ExitCode.DONE


def _support(invocation: Invocation) -> Support:
    try:
        return invocation.open_application(is_diagnosis=True).support
    except ConfigError as error:  # wrong settings are what support may be asked about
        return support_without_program(invocation.options.home, error)
