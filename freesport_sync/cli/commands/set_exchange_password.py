"""`--set-exchange-password`: the password that 1C must give."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import ExchangePasswordSet
from freesport_sync.cli.stdin import ask_new_password
from freesport_sync.errors import ExitCode


def set_exchange_password(invocation: Invocation) -> int:
    """Ask for a password and set it."""
    exchange = invocation.open_application().exchange
    exchange.set_password(ask_new_password(invocation.texts))
    invocation.output.show(ExchangePasswordSet(exchange.user))
    return ExitCode.DONE
