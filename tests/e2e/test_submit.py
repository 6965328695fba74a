"""Tasks that are submitted on the command line and run by a worker; see `test_worker` for what may happen to it."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.errors import ExitCode
from tests.program import Installation
from tests.shop import Shop
from tests.workers import task_of, working


def test_a_worker_runs_what_was_submitted(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    with working(installed):
        outcome = installed.run("--submit", "prices", "--data-dir", dearer, "--wait", "--json")
    assert (outcome.code, outcome.stderr) == (ExitCode.DONE, "")
    submitted, *_, ended, run = outcome.lines
    assert (submitted["event"], submitted["has_worker"], submitted["text"]) == ("task_submitted", True, "")
    assert (ended["status"], ended["percent"], ended["run_id"]) == ("completed", 100, run["id"])
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200


def test_who_waits_can_stop_waiting(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    with installed.start("--submit", "prices", "--data-dir", dearer, "--wait", "--json") as program:
        number = program.event("task_submitted")["task_id"]
        program.event("task")
        program.interrupt()
        outcome = program.ended()
    assert (outcome.code, outcome.error["code"]) == (ExitCode.CANCELLED, "wait_cancelled")
    assert task_of(stocked_shop, number).status is TaskStatus.PENDING
