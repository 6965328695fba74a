"""The progress of a stage, as events that a person can follow."""

from __future__ import annotations

from collections.abc import Callable

from freesport_sync.core.events import Progress, Reporter


class StageMeter:
    """Reports a stage with at most ten progress events a second; the first and the last are always sent.

    Args:
        report: receives the events.
        stage: its name.
        total: number of units; 0 if it is not known yet.
        clock: monotonic seconds.
    """

    MIN_INTERVAL_S = 0.1

    def __init__(self, report: Reporter, stage: str, total: int, clock: Callable[[], float]) -> None:
        self._report = report
        self._stage = stage
        self._total = total
        self._clock = clock
        self._started = clock()
        self._sent = self._started
        self._done = 0
        self._entity: str | None = None
        self._send()

    def expect(self, total: int) -> None:
        """Set the number of units, once it is known."""
        self._total = total

    def advance(self, done: int, entity: str | None = None) -> None:
        """Set how many units are done; send an event if the last one is old enough."""
        self._done, self._entity = done, entity
        if self._clock() - self._sent >= self.MIN_INTERVAL_S:
            self._send()

    def finish(self) -> None:
        """Send the last event of the stage."""
        self._done = self._total = max(self._total, self._done, 1)
        self._send()

    def _send(self) -> None:
        self._sent = self._clock()
        elapsed = self._sent - self._started
        rate = self._done / elapsed if elapsed > 0 else 0.0
        eta_s = (self._total - self._done) / rate if rate > 0 and self._total else None
        self._report(Progress(self._stage, self._done, self._total, rate, eta_s, self._entity))
