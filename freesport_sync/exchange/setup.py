"""What can be asked of the exchange whether it runs or not: its address, its password, its self-test."""

from __future__ import annotations

from collections.abc import Callable

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.exchange import address_for_1c
from freesport_sync.os_support import computer_name
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths

# The libraries for passwords and HTTP load slowly, so each method imports what it needs.


class ExchangeSetup:
    """The exchange as the settings describe it.

    Args:
        settings: those in force.
        paths: of this installation.
    """

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self._settings = settings
        self._paths = paths

    @property
    def address(self) -> str:
        """The URL to enter in 1C."""
        rules = self._settings.exchange
        return address_for_1c(rules.host, rules.port, rules.certificate is not None, computer_name())

    @property
    def user(self) -> str:
        """The name that 1C logs in with."""
        return self._settings.exchange.user

    @property
    def has_fixed_port(self) -> bool:
        """Whether the address is known before the exchange listens."""
        return self._settings.exchange.port != 0

    def has_password(self) -> bool:
        """Whether a password is set.

        Raises:
            OSError: its folder cannot be read.
        """
        return self._paths.exchange_password.exists()

    def set_password(self, password: str) -> None:
        """Set the password that 1C must give; a running exchange applies it at once.

        Raises:
            ConfigError: it is too short or too long, or cannot be written.
        """
        from freesport_sync.exchange.access.passwords import PasswordFile

        PasswordFile(self._paths.exchange_password).set(password)

    def self_test(
        self, password: str, address: str | None, cancel: CancelToken, report: Callable[[CheckItem], None]
    ) -> tuple[CheckItem, ...]:
        """Play a small exchange as 1C would; see `exchange.self_test.run`."""
        from freesport_sync.exchange.self_test.run import run_self_test

        return run_self_test(self._settings, self._paths, password, address, cancel, report)
