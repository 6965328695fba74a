"""The pipes to the workers: every wait can be stopped."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import SyncError
from freesport_sync.sources.commerceml.discovery import discover
from freesport_sync.sources.commerceml.parse_messages import Block, ParseTask
from freesport_sync.sources.commerceml.workers import WorkerPool
from tests.builders import ExportBuilder, product
from tests.platforms import posix_only
from tests.unit.sources.commerceml.support import CONTEXT
from tests.watching import background, wait_until


@posix_only("a process that waits looks like one that works")
def test_a_worker_that_stands_still_in_the_middle_of_a_message_can_be_given_up(tmp_path: Path) -> None:
    export = ExportBuilder(tmp_path)
    export.goods(*(product(f"p{number}", description="ш" * 50_000) for number in range(60)))
    (file,) = discover(tmp_path, CONTEXT.wanted).files
    cancel = CancelToken()
    with WorkerPool() as pool:
        messages = pool.read([ParseTask(file, CONTEXT)], cancel)
        assert isinstance(next(messages), Block)
        (worker,) = (child for child in psutil.Process().children() if "--multiprocessing-fork" in child.cmdline())
        wait_until(lambda: worker.status() == psutil.STATUS_SLEEPING)  # the next block is larger than the pipe
        worker.suspend()
        with background(lambda: list(messages)) as rest:
            cancel.cancel()
            with pytest.raises(SyncError):
                rest.result(timeout=10)
