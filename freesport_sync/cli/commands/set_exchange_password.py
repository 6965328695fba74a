"""`--set-exchange-password`: the password that 1C has to give."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.serve import new_password
from freesport_sync.errors import ExitCode


def set_exchange_password(invocation: Invocation) -> int:
    """Ask for a password and set it."""
    application = invocation.open_application()
    application.set_exchange_password(new_password(invocation.texts))
    invocation.output.exchange_password_set(application.settings.exchange.user)
    return ExitCode.DONE
