"""How much an import in the window delays the window: `python -m tests.ui.lag [PRODUCTS]`.

A timer of 5 ms tells how late Qt comes to it: in the window that imports, and in a loop with nothing to do beside
the same import in a process of its own. What is quoted is the difference.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, Qt, QTimer

from freesport_sync.ui.app import SWITCH_S, make_application
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.theme import LIGHT, Theme
from tests.bench.generator import generate
from tests.ui.desk import Desk, process_events

INTERVAL_MS = 5


class Lateness(QObject):
    """Notes how late a timer is, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._again()

    def result(self) -> dict[str, float]:
        """The median, the 99th percentile and the worst."""
        late = sorted(self.late_ms)
        return {
            "p50_ms": round(late[len(late) // 2], 1),
            "p99_ms": round(late[int(len(late) * 0.99)], 1),
            "worst_ms": round(late[-1], 1),
            "ticks": len(late),
        }

    def _again(self) -> None:
        self._due = time.perf_counter() + INTERVAL_MS / 1000
        self._timer.start(INTERVAL_MS)

    def _tick(self) -> None:
        self.late_ms.append(1000 * max(time.perf_counter() - self._due, 0.0))
        self._again()


def main(products: int) -> None:
    """Measure and print."""
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(50_000)  # as the program does
    application = make_application()
    theme = Theme(application, LIGHT)
    with tempfile.TemporaryDirectory(prefix="freesport-lag-") as temporary:
        os.chmod(temporary, 0o755)  # PostgreSQL does not run as root
        folder = Path(temporary)
        generate(folder / "export", products)
        print(json.dumps({"beside": _beside(folder), "window": _in_window(theme, folder)}, indent=2))


def _beside(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "freesport_sync", "--run", "catalog", "--data-dir", str(folder / "export")]
    lateness = Lateness()
    with subprocess.Popen([*command, "--home", str(folder / "a")], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            process_events()
            time.sleep(0.0005)
    return lateness.result()


def _in_window(theme: Theme, folder: Path) -> dict[str, float]:
    desk = Desk(WindowOptions(home=folder / "b", data_dir=folder / "export"), theme)
    desk.ready()
    desk.choose_source(folder / "export")
    lateness = Lateness()
    ends = len(desk.ends)
    desk.window.exchange.run(desk.window.exchange.form.request(is_dry_run=False))
    while len(desk.ends) == ends:
        process_events()
        time.sleep(0.0005)
    assert desk.ends[-1].error is None
    desk.close()
    return lateness.result()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
