"""The setup of the program itself: from a bare Windows to an import and its window, and back to a bare Windows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from windows_setup import make_setup

from freesport_sync import __version__
from tests.packaging.setup.machine import ENVIRONMENT, UNINSTALL, Machine
from tests.packaging.windows.windows import LIMIT_S, Windows, found_window, screen
from tests.watching import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

LARGEST_MB = 55
RUNNING = 3
WINDOW = "freesport-sync-window.exe"


@pytest.fixture(scope="module")
def setup(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compressing takes five minutes."""
    program = lab / "dist" / "freesport-sync"
    assert program.exists(), "build it first: python packaging/windows freeze"
    return make_setup(program, tmp_path_factory.mktemp("setup"), __version__)


@pytest.fixture
def bare(lab: Path, tmp_path: Path, setup: Path) -> Iterator[Machine]:
    """A new Windows."""
    windows = Windows(lab, tmp_path)
    yield Machine(windows, {__version__: setup})
    windows.end()


def test_from_bare_to_bare(bare: Machine, setup: Path) -> None:
    assert setup.stat().st_size < LARGEST_MB * 1_000_000
    windows, console = bare.windows, rf"{bare.app}\freesport-sync.exe"
    assert bare.install(__version__) == 0
    assert windows.run(console, "--version").stdout.strip() == __version__
    done = windows.run(console, "--run", "all", "--demo", "--json")
    assert done.returncode == 0, done.stdout[-2000:]
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "completed"
    with (
        screen(windows) as display,
        windows.start(display, rf"{bare.app}\{WINDOW}", "--demo") as window,
    ):
        wait_until(lambda: found_window(windows, display), LIMIT_S)
        assert bare.install(__version__) == RUNNING
        assert windows.run("taskkill", "/IM", WINDOW).returncode == 0, "closes it as its user does"
        assert window.wait(LIMIT_S) == 0
    wait_until(lambda: not windows.processes("postgres.exe"))
    assert bare.install(__version__) == 0
    history = windows.run(console, "--history", "--demo", "--json")
    assert json.loads(history.stdout.splitlines()[0])["event"] == "run"
    wait_until(lambda: not windows.processes("postgres.exe"))
    assert bare.uninstall() == 0
    assert bare.registry(UNINSTALL) == {}
    assert "Path" not in bare.registry(ENVIRONMENT)
    left = [path for path in bare.user.rglob("*reesport*") if not path.is_relative_to(bare.data)]
    assert left == []
    assert (bare.data / "postgres").is_dir()


def test_the_programs_show_icon_and_version(lab: Path) -> None:
    """What Explorer and Task Manager show; read from the resources."""
    program = lab / "dist" / "freesport-sync"
    icon = (Path(__file__).parents[3] / "resources" / "icons" / "program.ico").read_bytes()[-1000:]
    for file in program.glob("*.exe"):
        content = file.read_bytes()
        assert icon in content, file.name
        assert "FREESPORT Sync".encode("utf-16-le") in content, file.name
        assert __version__.encode("utf-16-le") in content, file.name
