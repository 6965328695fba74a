"""The probe of the exchange, put together from the settings; without what the server itself is made of."""

from __future__ import annotations

from collections.abc import Callable

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.exchange import address_for_1c
from freesport_sync.core.history import CheckItem
from freesport_sync.errors import ConfigError
from freesport_sync.exchange.self_test.client import SelfTestClient
from freesport_sync.exchange.self_test.steps import run_self_test
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths


def self_test_exchange(
    settings: Settings,
    paths: Paths,
    password: str,
    address: str | None,
    cancel: CancelToken,
    report: Callable[[CheckItem], None],
) -> tuple[CheckItem, ...]:
    """Play a small exchange against a running server; see `exchange.self_test`.

    Args:
        settings: those in force.
        paths: of this installation.
        password: that 1C is to use.
        address: that 1C is to use; None: of the server on this computer.
        cancel: ends it.
        report: gets each step as it is done.

    Raises:
        Cancelled: it was cancelled.
    """
    rules = settings.exchange
    certificate = rules.certificate if address is None else None
    own = address_for_1c(rules.host, rules.port, rules.certificate is not None, "localhost")
    client = SelfTestClient(address or own, rules.user, password, cancel, certificate)
    return run_self_test(client, _knows(paths, password), cancel, report)


def _knows(paths: Paths, password: str) -> bool | None:
    """Whether it is the password that is set on this computer; None: none is."""
    from freesport_sync.exchange.access.passwords import PasswordFile  # argon2 is needed by nobody else here

    file = PasswordFile(paths.exchange_password)
    try:
        return file.is_right(file.hash(), password)
    except ConfigError:
        return None
