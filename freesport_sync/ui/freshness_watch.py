"""Knows how old the shop's data is: asks now and then, and lets the ages grow in between (FRESH-2)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.freshness import DataKind, Freshness
from freesport_sync.errors import SyncError

if TYPE_CHECKING:
    from freesport_sync.ui.backend import Backend

TICK_MS = 10_000
"""How often ages are shown anew."""
ASK_S = 60.0
"""How often the database is asked while nothing seems to end: it may have to look through all runs."""
OBSERVE_S = 600.0
"""How often people are told by mail or messenger, if they were not lately; a worker does it too where there is one."""


class FreshnessWatch(QObject):
    """The freshness of each kind of data, by the server's clock.

    Args:
        backend: answers; owns it.
    """

    changed = Signal()
    """Ages have grown, or something was imported."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._backend = backend
        self._read: Freshness | None = None
        self._read_s = 0.0
        self._asked_s = float("-inf")
        self._observed_s = float("-inf")
        self._is_held = False
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self._tick)
        backend.opened.connect(self._on_opened)
        backend.database_status_changed.connect(self._on_database_status)

    @property
    def freshness(self) -> Freshness | None:
        """What was read last; None: nothing yet."""
        return self._read

    @property
    def now(self) -> datetime:
        """The server's clock, as far as known."""
        assert self._read is not None
        return self._read.read_at + timedelta(seconds=_seconds() - self._read_s)

    @property
    def overdue(self) -> Mapping[DataKind, SyncError]:
        """What is too old, and why."""
        return {} if self._read is None else self._read.overdue(self.now)

    def _on_opened(self) -> None:
        """Forget the ages, because another database has others."""
        self._read, self._asked_s, self._observed_s = None, float("-inf"), float("-inf")
        self.changed.emit()
        self._clock.start()

    def _on_database_status(self, status: DatabaseStatus) -> None:
        was_held, self._is_held = self._is_held, status.holder is not None
        self._ask_if_due(has_ended=was_held and not self._is_held)

    def _tick(self) -> None:
        self._ask_if_due()
        if self._read is not None:
            self.changed.emit()

    def _ask_if_due(self, *, has_ended: bool = False) -> None:
        if has_ended or _seconds() - self._asked_s >= ASK_S:
            self._asked_s = _seconds()
            self._backend.ask(lambda history: history.freshness(), self._on_read, self._on_failed)

    def _on_read(self, freshness: Freshness) -> None:
        self._read, self._read_s = freshness, _seconds()
        self.changed.emit()
        if self.overdue and _seconds() - self._observed_s >= OBSERVE_S:
            self._observed_s = _seconds()
            self._backend.do(lambda application: application.observe(), _ignore, _ignore)

    def _on_failed(self, _: SyncError) -> None:
        """The window says elsewhere that the database is away; it is asked again with the next tick."""
        self._asked_s = _seconds() - ASK_S + TICK_MS / 1000


def _ignore(_: object) -> None:
    """Mail is extra: the window has said it."""


def _seconds() -> float:
    return time.monotonic()
