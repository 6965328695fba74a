"""How much an import in the window delays the window: `python -m tests.ui.lag [PRODUCTS]`.

A timer of 5 ms tells how late Qt comes to it: in the window that imports, and in a loop with nothing to do beside
the same import in a process of its own. What is quoted is the difference. Then imports are cancelled at different
moments: from the click until the page is painted anew, and until the run has ended.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from freesport_sync.core.shop import Stage
from freesport_sync.core.tasks import Submission
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.app import SWITCH_S, make_application
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.run_feed import StageState
from freesport_sync.ui.theme import LIGHT, Theme
from tests.bench.generator import generate
from tests.ui.desk import Desk, process_events

INTERVAL_MS = 5
CANCELLED_IN = (Stage.PLAN, Stage.STAGE, Stage.BACKUP, Stage.RESOLVE)


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
    desk.window.import_page.run(desk.window.import_page.form.submission(is_dry_run=False))
    while len(desk.ends) == ends:
        process_events()
        time.sleep(0.0005)
    assert desk.ends[-1].error is None
    result = lateness.result()
    result["cancel_painted_ms"], result["cancel_ended_ms"] = (
        max(times) for times in zip(*_cancelled(desk), strict=True)
    )
    desk.close()
    return result


def _of_all(submission: Submission[ShopImport]) -> Submission[ShopImport]:
    return replace(submission, request=replace(submission.request, is_full=True))


def _cancelled(desk: Desk) -> Iterator[tuple[float, float]]:
    """Cancel a full import when it has come so far; milliseconds until that is seen, and until it has ended."""
    page = desk.window.import_page
    for stage in CANCELLED_IN:
        page.show_form()
        ends = len(desk.ends)
        page.run(_of_all(page.form.submission(is_dry_run=False)))
        desk.until(lambda stage=stage: _has_begun(desk, stage))  # type: ignore[misc]
        painted = Painting(page.progress.cancel)
        clicked = time.perf_counter()
        desk.click(page.progress.cancel)
        desk.until(lambda ends=ends: len(desk.ends) > ends)  # type: ignore[misc]
        ended = time.perf_counter()
        error = desk.ends[-1].error
        assert error is not None
        assert error.code == "cancelled"
        yield 1000 * (painted.at - clicked), 1000 * (ended - clicked)


def _has_begun(desk: Desk, stage: Stage) -> bool:
    snapshot = desk.backend.snapshot
    assert snapshot is not None
    return any(line.stage is stage and line.state is not StageState.WAITING for line in snapshot.stages)


class Painting(QObject):
    """Notes when a widget is painted next."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.at = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_new = isinstance(watched, QPushButton) and not watched.isEnabled()
        if event.type() is QEvent.Type.Paint and is_new and not self.at:
            self.at = time.perf_counter()
        return False


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
