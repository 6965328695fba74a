"""`--pin-host-key`: trust the key of the SSH host."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import HostKeyPinned
from freesport_sync.errors import ExitCode


def pin_host_key(invocation: Invocation) -> int:
    """Record the host's key if it has the given fingerprint."""
    application = invocation.open_application()
    key = application.remote_export.pin_host_key(invocation.options.pin_host_key)
    invocation.output.show(HostKeyPinned(key))
    return ExitCode.DONE
