"""How much longer the frozen program takes to start than the unfrozen one: `python -m tests.bench.starting FOLDER`.

FOLDER is what PyInstaller has made. Both programs start in turn, so that the load of the computer hits them alike; what
counts is the ratio of the medians. The window is there before the engine is: its log says when that is loaded, and when
the database has answered. The first start, which makes the private server, is not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

PAIRS = 7
DEADLINE_S = 120.0
POLL_S = 0.002
MOMENTS = {"engine": "program_started", "database": "database_found"}
"""Moment -> the entry of the log."""


def measure(folder: Path) -> dict[str, float]:
    """The ratios frozen / unfrozen, and the medians of the frozen program in milliseconds.

    Args:
        folder: of the frozen program.
    """
    unfrozen = [sys.executable, "-m", "freesport_sync"]
    commands = [str(folder / "freesport-sync")], unfrozen
    windows = [str(folder / "freesport-sync-window")], unfrozen
    found: dict[str, float] = {}
    for name, values in {"version": _paired(commands, _say_version), **_windows(windows)}.items():
        frozen, ours = (median(column) for column in zip(*values, strict=True))
        found[f"{name}_ratio"] = round(frozen / ours, 2)
        found[f"{name}_frozen_ms"] = round(1000 * frozen)
    return found


def _paired(programs: tuple[list[str], list[str]], once: Callable[[list[str]], float]) -> list[tuple[float, float]]:
    return [(once(programs[0]), once(programs[1])) for _ in range(PAIRS)]


def _say_version(program: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([*program, "--version"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _windows(programs: tuple[list[str], list[str]]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in MOMENTS}
    with tempfile.TemporaryDirectory(prefix="freesport-starting-") as home:
        os.chmod(home, 0o755)  # PostgreSQL does not run as root
        _open_window(programs[1], Path(home))
        for _ in range(PAIRS):
            frozen, ours = (_open_window(program, Path(home)) for program in programs)
            for name in MOMENTS:
                found[name].append((frozen[name], ours[name]))
    return found


def _open_window(program: list[str], home: Path) -> dict[str, float]:
    """Open the window, wait for the moments and close it; returns the seconds until each."""
    log = home / "logs" / "freesport_sync.log"
    log.unlink(missing_ok=True)
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    found: dict[str, float] = {}
    began = time.perf_counter()
    with subprocess.Popen([*program, "--demo", "--home", str(home)], env=environment) as process:
        try:
            while len(found) < len(MOMENTS):
                passed = time.perf_counter() - began
                said = log.read_text("utf-8") if log.exists() else ""
                found |= {name: passed for name, entry in MOMENTS.items() if name not in found and entry in said}
                assert process.poll() is None
                assert passed < DEADLINE_S
                time.sleep(POLL_S)
        finally:
            process.terminate()
    return found


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]).resolve()), indent=1))
