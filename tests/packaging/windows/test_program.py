"""The program on Windows: as wheels in a Windows Python, and as PyInstaller builds it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from freesport_sync.errors import ExitCode
from tests.exchange_client import PASSWORD, StandardClient
from tests.packaging.windows.windows import LIMIT_S, Installed, found_window, screen
from tests.watching import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

DEMO = ("--run", "all", "--demo")


def test_imports_the_demo_data_into_its_own_server(program: Installed) -> None:
    done = program.run(*DEMO, "--json")
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["event"], result["status"]) == ("result", "completed")
    program.leaves_nothing_running()
    history = program.run("--history", "--demo")
    assert (history.returncode, history.stderr) == (ExitCode.DONE, "")
    assert "№" in history.stdout  # in the code page of a Russian Windows
    assert list(program.home.glob("logs/*.log"))


def test_serves_1c_on_another_computer_until_its_stdin_is_closed(program: Installed) -> None:
    done = program.run("--set-exchange-password", text=f"{PASSWORD}\n")
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
    serve = (*program.console, "--serve", "--demo", "--json", "--stop-with-stdin", *program.home_words)
    with program.windows.start("FREESPORT_SYNC_EXCHANGE__PORT=0", *serve) as server:
        port = urlsplit(event(server, "server_started")["address"]).port
        assert port is not None
        with StandardClient(port) as client, StandardClient(port, password="wrong") as stranger:
            assert client.ask("checkauth").word == "success"
            assert stranger.ask("checkauth").status == 401
        # Another process at the same private server.
        check = program.run("--check", "--demo")
        assert (check.returncode, check.stderr) == (ExitCode.DONE, "")
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(LIMIT_S) == ExitCode.DONE
    program.leaves_nothing_running()


def event(process: subprocess.Popen[str], name: str) -> dict[str, Any]:
    """Wait for an event of that name; what comes after it is read and forgotten."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def follow() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=follow, daemon=True).start()
    while line := lines.get(timeout=LIMIT_S):
        found: dict[str, Any] = json.loads(line)
        if found["event"] == name:
            return found
    raise AssertionError(f"it ended without {name}")


def test_ctrl_c_ends_an_import(program: Installed) -> None:
    command = (*program.console, *DEMO, *program.home_words)
    code, written = program.windows.interrupt(*command, after="Чтение файлов".encode())
    assert code == ExitCode.CANCELLED, written
    # It may live for three seconds more; a busy computer needs longer to stop the server, which the next start does.
    assert program.run("--history", "--demo").returncode == ExitCode.DONE
    program.leaves_nothing_running()


def test_ctrl_c_ends_the_server(program: Installed) -> None:
    assert program.run("--set-exchange-password", text=f"{PASSWORD}\n").returncode == ExitCode.DONE
    serve = ("FREESPORT_SYNC_EXCHANGE__PORT=0", *program.console, "--serve", "--demo", *program.home_words)
    code, written = program.windows.interrupt(*serve, after=b"Ctrl-C")
    assert code == ExitCode.DONE, written
    program.leaves_nothing_running()


def test_the_window_opens_and_closes(program: Installed, tmp_path: Path) -> None:
    windows = program.windows
    with screen(windows) as display:
        started = windows.start(display, *program.window, "--demo", *program.home_words)
        with started:
            wait_until(lambda: found_window(windows, display), LIMIT_S)
            wait_until(lambda: "database_found" in program.log(), LIMIT_S)  # it leaves at once what is half started
            picture = tmp_path / "window.png"
            windows.run("--unix", display, "scrot", "--overwrite", f"/host{picture}")
            assert picture.stat().st_size > 10_000, "an empty screen"
            windows.run("taskkill", "/IM", program.window[0].rpartition("\\")[2])  # asks it to close, as a click does
            assert started.wait(LIMIT_S) == 0
    program.leaves_nothing_running()
