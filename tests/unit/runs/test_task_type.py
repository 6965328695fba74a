"""Names of queues (RUN-13)."""

from __future__ import annotations

from freesport_sync.runs.task_type import LONGEST_QUEUE, queue_name

CHANNEL = "procrastinate_queue_v1#"
"""Before the name of a queue in that of its NOTIFY channel, as procrastinate_3_10_0.sql has it."""


def test_a_queue_of_a_computer_has_its_name() -> None:
    assert queue_name("shop_import", 2, "") == "shop_import/2"
    assert queue_name("shop_import", 2, "pc-7") == "shop_import/2@pc-7"


def test_long_names_of_computers_fit_into_a_channel() -> None:
    one, other = (queue_name("close_stale_sessions", 1, f"{'склад' * 9}-{number}") for number in (1, 2))
    assert one != other
    assert one.startswith("close_stale_sessions/1@")
    assert all(len(f"{CHANNEL}{name}".encode()) <= 63 for name in (one, other))
    assert len(one.encode()) <= LONGEST_QUEUE
