"""Runs the exchange as a child process."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from freesport_sync.core.exchange import ExchangeStarted
from freesport_sync.ui.exchange_feed import ExchangeFeed
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.service_process import ServiceProcess, service_command


class ExchangeProcess(ServiceProcess):
    """Starts and stops the exchange and passes its events on.

    Args:
        parent: an object of the window's thread.
    """

    updated = Signal(object)
    """`ExchangeUpdate`, except those that change the state."""

    def __init__(self, parent: QObject) -> None:
        super().__init__("exchange_server_died", parent)
        self.started: ExchangeStarted | None = None

    def start(self, options: WindowOptions, is_dry_run: bool) -> None:
        """Start the process; ignored while there is one."""
        if not self.is_on:
            self.started = None
            self._launch(exchange_command(options, is_dry_run), ExchangeFeed)

    def _take(self, update: object) -> None:
        if isinstance(update, ExchangeStarted):
            self.started = update
            self._on_started()
        else:
            self.updated.emit(update)


def exchange_command(options: WindowOptions, is_dry_run: bool) -> list[str]:
    """The command that starts the exchange with the window's own database and state folder."""
    return service_command(options, "--serve", *(["--dry-run"] if is_dry_run else []))
