"""The progress of a stage, as events that a person can follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from freesport_sync.core.events import Progress, Reporter
from freesport_sync.core.tasks import PlannedStage


def overall_percent(stages: Iterable[PlannedStage], stage: str, done: int, total: int) -> int:
    """How far a whole run is, by the usual length of its stages; 0 to 99, for only its end is 100.

    Args:
        stages: all of the run, in order.
        stage: the current one; the ones before it are behind.
        done: its units done.
        total: its units in all; 0: not known yet.
    """
    weights = {one.name: one.weight for one in stages}
    if stage not in weights:
        return 0
    names = list(weights)
    behind = sum(weights[name] for name in names[: names.index(stage)])
    current = weights[stage] * min(done / total, 1) if total else 0
    return min(int(100 * (behind + current) / sum(weights.values())), 99)


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
