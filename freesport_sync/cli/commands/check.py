"""`--check`: whether an import could run."""

from __future__ import annotations

from collections.abc import Sequence

from freesport_sync.cli.invocation import Invocation
from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import ExitCode


def check(invocation: Invocation) -> int:
    """Check the database, the picture folder and the SSH host; nothing is written."""
    application = invocation.open_application(is_diagnosis=True)
    items = application.installation.bootstrap_items() + application.checks.everything(invocation.options.media_root)
    for item in items:
        invocation.output.show(item)
    return exit_code_of(items)


def exit_code_of(items: Sequence[CheckItem]) -> int:
    """The exit code of a check: that of its failures if they agree, else 2."""
    failed = [item for item in items if not item.is_ok]
    if not failed:
        return ExitCode.DONE
    if all(item.is_unreachable for item in failed):
        return ExitCode.UNREACHABLE
    return ExitCode.BUSY if all(item.is_busy for item in failed) else ExitCode.USAGE
