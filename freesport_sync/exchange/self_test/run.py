"""Runs the self-test with the settings in force, without the parts of the server."""

from __future__ import annotations

from collections.abc import Callable

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.exchange import address_for_1c
from freesport_sync.errors import ConfigError
from freesport_sync.exchange.self_test.client import SelfTestClient
from freesport_sync.exchange.self_test.steps import take_steps
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths


def run_self_test(
    settings: Settings,
    paths: Paths,
    password: str,
    address: str | None,
    cancel: CancelToken,
    report: Callable[[CheckItem], None],
) -> tuple[CheckItem, ...]:
    """Play a small exchange against a running server; see `steps`.

    Args:
        settings: in force.
        paths: of this installation.
        password: that 1C is to use.
        address: URL that 1C is to use; None: that of the exchange on this computer.
        cancel: aborts it.
        report: receives each step as it is done.

    Raises:
        Cancelled: it was cancelled.
    """
    rules = settings.exchange
    certificate = rules.certificate if address is None else None
    own = address_for_1c(rules.host, rules.port, rules.certificate is not None, "localhost")
    client = SelfTestClient(address or own, rules.user, password, cancel, certificate)
    return take_steps(client, _is_own_password(paths, password), cancel, report)


def _is_own_password(paths: Paths, password: str) -> bool | None:
    """Whether this is the password that is set on this computer; None: no password is set."""
    from freesport_sync.exchange.access.passwords import PasswordFile  # argon2 takes long to load

    file = PasswordFile(paths.exchange_password)
    try:
        return file.is_right(file.hash(), password)
    except ConfigError:
        return None
