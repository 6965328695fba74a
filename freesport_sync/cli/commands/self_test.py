"""`--probe-exchange`: play a small exchange as 1C would."""

from __future__ import annotations

from freesport_sync.cli.arguments import THIS_COMPUTER
from freesport_sync.cli.commands.check import exit_code_of
from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.stdin import ask_password


def self_test(invocation: Invocation) -> int:
    """Test the exchange of this computer or at the given address."""
    application, options = invocation.open_application(), invocation.options
    address = None if options.probe_exchange == THIS_COMPUTER else options.probe_exchange
    password = ask_password(invocation.texts)
    items = application.exchange.self_test(password, address, invocation.cancel, invocation.output.show)
    return exit_code_of(items)
