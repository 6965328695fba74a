"""A worker and the exchange in one process."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.errors import ExitCode
from tests.e2e.serving import serving
from tests.program import Installation
from tests.shop import Shop
from tests.toy import CountSheep
from tests.watching import wait_until
from tests.workers import TOY_PROGRAM, submit, wait_for


def living_workers(shop: Shop) -> int:
    has_table = shop.value("SELECT to_regclass('freesport_sync.workers') IS NOT NULL")
    return int(shop.value("SELECT count(*) FROM freesport_sync.workers")) if has_table else 0


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_one_process_serves_and_works_and_stops_as_one(stocked_shop: Shop, tmp_path: Path) -> None:
    with serving(stocked_shop.url, tmp_path, "--work", program=TOY_PROGRAM) as server:
        wait_until(lambda: living_workers(stocked_shop) == 1)
        wait_for(stocked_shop, submit(stocked_shop, CountSheep()), TaskStatus.COMPLETED)
        assert is_listening(server.port)
        server.program.interrupt(signal.SIGTERM)
        assert server.program.ended().code == ExitCode.DONE
    assert living_workers(stocked_shop) == 0
    assert not is_listening(server.port)


def test_a_service_that_fails_does_not_leave_the_other_alone(stocked_shop: Shop, installed: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        variables = {"FREESPORT_SYNC_EXCHANGE__PORT": str(taken.getsockname()[1])}
        ended = installed.run("--serve", "--work", "--json", environment=variables)
    assert ended.code == ended.error["exit_code"] != ExitCode.DONE
    assert living_workers(stocked_shop) == 0
