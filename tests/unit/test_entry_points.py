"""What pip makes programs of."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import resolve_name

import pytest

from freesport_sync import __main__, __version__, window_main
from freesport_sync.cli.main import run_command_line
from freesport_sync.errors import ExitCode
from freesport_sync.os_support import program_name
from tests.platforms import linux_only
from tests.program import clean_environment

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_a_window_without_a_console_beside_it_is_a_program_of_its_own() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert resolve_name(project["scripts"]["freesport-sync"]) is __main__.main
    assert resolve_name(project["gui-scripts"]["freesport-sync-window"]) is window_main.main


@linux_only("the environment names the screen")
def test_the_window_says_that_there_is_no_screen() -> None:
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    done = subprocess.run(
        [sys.executable, "-m", "freesport_sync.window_main", "--language", "en"],
        env={name: value for name, value in clean_environment().items() if name not in screens},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "there is no screen here" in done.stderr
    assert done.stderr.endswith("freesport-sync --help\n")


@pytest.mark.parametrize("has_window", [True, False])
def test_a_bundle_without_a_window_says_so(
    has_window: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / program_name("freesport-sync")))
    if has_window:
        (tmp_path / program_name("freesport-sync-window")).touch()
    assert run_command_line(["--language", "en"]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert "--run" in shown.out
    assert ("This package has no window" in shown.err) is not has_window


def test_the_version_is_said_without_loading_the_command_line() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "freesport_sync", "--version"]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
    assert "import time" in done.stderr
    assert "freesport_sync.cli" not in done.stderr
