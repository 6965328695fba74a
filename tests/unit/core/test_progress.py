"""Progress is throttled at the source; the first and the last event are always sent."""

from __future__ import annotations

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.shop import Entity, Stage


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def meter(total: int) -> tuple[StageMeter, Clock, list[Progress]]:
    clock, events = Clock(), list[Progress]()

    def report(event: Event) -> None:
        assert isinstance(event, Progress)
        events.append(event)

    return StageMeter(report, Stage.STAGE, total, clock), clock, events


def test_at_most_ten_events_a_second() -> None:
    counting, clock, events = meter(1000)
    for done in range(1000):
        clock.now += 0.001
        counting.advance(done)
    assert 10 <= len(events) <= 11


def test_the_last_event_is_complete() -> None:
    counting, _, events = meter(50)
    counting.advance(7)
    counting.finish()
    assert [(event.done, event.total) for event in events] == [(0, 50), (50, 50)]


def test_a_stage_without_work_ends_complete_too() -> None:
    counting, _, events = meter(0)
    counting.finish()
    assert events[-1].done == events[-1].total == 1


def test_rate_and_time_to_go() -> None:
    counting, clock, events = meter(100)
    clock.now += 2
    counting.advance(20, Entity.PRODUCT)
    assert (events[-1].rate, events[-1].eta_s, events[-1].entity) == (10, 8, Entity.PRODUCT)
