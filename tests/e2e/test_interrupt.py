"""Ctrl-C: within a second, exit code 130, rows closed, no process left, no traceback on the terminal."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.test_crash import run_arguments, servers_in
from tests.integration.support import shop_rows
from tests.platforms import posix_only
from tests.program import ROOT, Installation, Outcome, Program, clean_environment
from tests.proxy import Proxy
from tests.shop import Shop
from tests.watching import DEADLINE_S, SLOW_UPDATE, VARIANT, holding, lock_is_free, wait_until, waiting_importers

LIMIT_S = 1.0
BUSY_S = 4.0
"""Other tests run beside this one, so everything takes longer than on a computer of one's own."""
SIGNALS = pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGHUP"])
pytestmark = posix_only("it has no signals; Ctrl-C of its console is tried with the installed program")


def interrupted(program: Program, signal_name: str = "SIGINT") -> Outcome:
    """Ctrl-C; what must be true of every answer to it."""
    asked_at = time.monotonic()
    program.interrupt(signal.Signals[signal_name])
    code = program.code(DEADLINE_S)
    took_s = time.monotonic() - asked_at
    outcome = program.ended()
    assert code == 130
    assert took_s < LIMIT_S + BUSY_S
    assert outcome.stderr == ""
    return outcome


def assert_rows_closed(shop: Shop) -> None:
    assert shop.row("SELECT status, finished_at IS NOT NULL FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == (
        "cancelled",
        True,
    )
    assert shop.row("SELECT status, error_message FROM import_sessions ORDER BY id DESC LIMIT 1") == (
        "failed",
        "Импорт отменён. [cancelled]",
    )
    wait_until(lambda: lock_is_free(shop.connection), LIMIT_S + BUSY_S)


@SIGNALS
def test_while_reading(shop: Shop, large: Path, tmp_path: Path, signal_name: str) -> None:
    before = shop_rows(shop)
    with Installation(tmp_path / "home", shop.url).start(*run_arguments(large)) as program:
        program.event("progress", stage="stage")
        program.stop_workers()  # so that it cannot finish
        outcome = interrupted(program, signal_name)
    assert [line["event"] for line in outcome.lines][-2:] == ["error", "result"]
    assert outcome.error["code"] == "cancelled"
    assert outcome.lines[-1]["status"] == "cancelled"
    assert shop_rows(shop) == before
    assert_rows_closed(shop)


@SIGNALS
def test_in_a_long_statement_of_the_merge(
    stocked_shop: Shop, installed: Installation, dearer: Path, signal_name: str
) -> None:
    stocked_shop.execute(SLOW_UPDATE)
    before = shop_rows(stocked_shop)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with installed.start(*run_arguments(dearer)) as program:
        wait_until(lambda: stocked_shop.value(sleeping))
        outcome = interrupted(program, signal_name)
    assert outcome.lines[-1]["status"] == "cancelled"
    assert shop_rows(stocked_shop) == before
    assert_rows_closed(stocked_shop)


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("what", ["--run", "--check"])
def test_while_connecting_to_an_address_that_does_not_answer(dearer: Path, tmp_path: Path, what: str) -> None:
    with silent_server() as port:
        url = f"postgresql://u@127.0.0.1:{port}/shop"
        arguments = (what, "--json", "--data-dir", dearer, "--home", tmp_path / "home", "--database-url", url)
        with Installation(tmp_path / "home").start(*arguments) as program:
            connected = psutil.Process(program.pid).net_connections
            wait_until(lambda: [line for line in connected() if line.raddr and line.raddr.port == port])
            outcome = interrupted(program)
    assert [line["code"] for line in outcome.lines] == ["cancelled"]


@contextmanager
def waiting_for_a_row(shop: Shop, proxy: Proxy, export: Path, folder: Path, **options: Any) -> Iterator[Program]:
    """A program on the other side of a network, in the middle of its merge."""
    installation = Installation(folder / "home", proxy.url)
    with holding(shop.url, VARIANT), installation.start(*run_arguments(export), **options) as program:
        wait_until(lambda: waiting_importers(shop.connection))
        yield program


def test_when_the_network_hangs(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    """Neither the cancel nor the closing of the rows gets through; the next run closes them."""
    before = shop_rows(stocked_shop)
    with Proxy(stocked_shop.url) as proxy, waiting_for_a_row(stocked_shop, proxy, dearer, tmp_path) as program:
        proxy.hangs.set()
        interrupted(program)
    wait_until(lambda: lock_is_free(stocked_shop.connection))
    assert shop_rows(stocked_shop) == before
    stocked_shop.run(dearer)
    statuses = stocked_shop.rows("SELECT status FROM freesport_sync.runs ORDER BY id")
    assert statuses == [("completed",), ("interrupted",), ("completed",)]


PATIENT = """
import sys
from freesport_sync.cli import terminal
from freesport_sync.__main__ import main
terminal.PATIENCE_S = terminal.WINDING_UP_S = 600
sys.exit(main())
"""


def test_second_time_ends_the_program_at_once(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    """It does not wait for the first one's time to pass."""
    with (
        Proxy(stocked_shop.url) as proxy,
        waiting_for_a_row(stocked_shop, proxy, dearer, tmp_path, program=("-c", PATIENT)) as program,
    ):
        proxy.hangs.set()
        program.interrupt()
        wait_until(lambda: not program.has_pending(signal.SIGINT))
        program.interrupt()
        assert program.code(DEADLINE_S) == 130
        assert program.ended().stderr == ""


def knows_signal(process: psutil.Process, number: int) -> bool:
    """Whether Python has started so far that it would answer to a signal, or a mask keeps the signal from it."""
    with suppress(psutil.NoSuchProcess, OSError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigCgt", "SigBlk"))]
        return any(mask & 1 << (number - 1) for mask in masks)
    return False


@SIGNALS
def test_while_the_workers_start(installed: Installation, dearer: Path, signal_name: str) -> None:
    with installed.start(*run_arguments(dearer)) as program:
        wait_until(lambda: any(knows_signal(child, signal.Signals[signal_name]) for child in program.workers()))
        interrupted(program, signal_name)


def test_with_the_private_server(used_private: Installation, dearer: Path, large: Path) -> None:
    with used_private.start(*run_arguments(large)) as program:
        program.event("progress", stage="stage")
        program.stop_workers()
        interrupted(program)
    outcome = used_private.run(*run_arguments(dearer))
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.events("run_started")[0]["run_id"] == 2
    assert servers_in(used_private.home) == []


def test_on_a_terminal_the_cursor_comes_back(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    import pty  # not on Windows

    master, slave = pty.openpty()
    arguments = ("--run", "--data-dir", dearer, *installed.arguments)
    with holding(stocked_shop.url, VARIANT):
        process = subprocess.Popen(
            [sys.executable, "-m", "freesport_sync", *map(str, arguments)],
            env=clean_environment() | installed.environment | {"TERM": "xterm"},
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(5) == 130
    shown = b""
    try:
        while data := os.read(master, 65536):
            shown += data
    except OSError:  # the other side is closed
        pass
    os.close(master)
    text = shown.decode()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l") >= 0
    assert "Импорт отменён." in text
    assert "Traceback" not in text
