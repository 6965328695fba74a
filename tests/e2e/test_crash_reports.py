"""Programs that a library brings down leave a report among the logs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from freesport_sync.crash_reports import crash_reports
from tests.platforms import posix_only
from tests.program import Installation
from tests.shop import Shop
from tests.watching import VARIANT, holding, wait_until, waiting_importers

CRASH = signal.SIGSEGV
"""What an error in a library of C ends in."""


@posix_only("no way to send another process the signal of a crash")
def test_a_program_and_its_worker_are_named_in_reports_of_their_own(
    stocked_shop: Shop, installed: Installation, dearer: Path, tmp_path: Path
) -> None:
    with (
        holding(stocked_shop.url, VARIANT),
        installed.start("--run", "--json", "--data-dir", dearer, folder=tmp_path) as program,
    ):
        program.event("run_started")
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        (worker,) = program.workers()
        os.kill(worker.pid, CRASH)
        wait_until(lambda: worker.status() == psutil.STATUS_ZOMBIE)
        os.kill(program.pid, CRASH)
        assert program.ended().code == -CRASH
    reports = crash_reports(installed.home / "logs")
    assert sorted(one.process_kind for one in reports) == ["command-line", "worker"]
    for report in reports:
        assert "Segmentation fault" in report.path.read_text("utf-8")
        assert "most recent call first" in report.path.read_text("utf-8")
