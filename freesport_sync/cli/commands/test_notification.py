"""`--test-notification`: send a message to everybody who is told."""

from __future__ import annotations

from freesport_sync.cli.commands.check import exit_code_of
from freesport_sync.cli.invocation import Invocation


def test_notification(invocation: Invocation) -> int:
    """Send a message to each target and show what became of it."""
    return exit_code_of(invocation.open_application().notifications.test(invocation.output.show))
