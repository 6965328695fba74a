"""How soon the window is there: `python -m tests.ui.starting`.

From the start of the process until the window is painted and the next event is handled, until the engine is loaded, and
until the database has answered; warm: the first start, which makes the private server, is not counted. Nothing is
imported here that the program would not import itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

TIMES = 10


def measure() -> dict[str, list[float]]:
    """Start the program again and again."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="freesport-starting-") as temporary:
        os.chmod(temporary, 0o755)  # PostgreSQL does not run as root
        for number in range(TIMES + 1):
            command = [sys.executable, "-m", "tests.ui.starting", repr(time.time()), "--demo", "--home", temporary]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
            if number:
                for name, value in json.loads(done.stdout.splitlines()[-1]).items():
                    found.setdefault(name, []).append(value)
    return found


def print_figures(found: dict[str, list[float]]) -> None:
    """The median, the worst, and all of them."""
    for name, values in found.items():
        print(f"{name:24} median {sorted(values)[len(values) // 2]:7.1f}  worst {max(values):7.1f}  {values}")


def start(began: float) -> int:
    """Start as the program does, note the moments, and end."""
    from freesport_sync.__main__ import main

    found: dict[str, int] = {}

    def note(name: str) -> None:
        found.setdefault(name, round(1000 * (time.time() - began)))

    note("python_ms")
    from freesport_sync.ui import start as opener

    open_window = opener.open_window

    def open_watched(options: object, language: object) -> int:
        note("arguments_ms")
        from PySide6.QtCore import QEvent, QObject, QTimer

        from freesport_sync.ui.app import Desktop

        note("imported_ms")

        class Watcher(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() is QEvent.Type.UpdateRequest:
                    QTimer.singleShot(0, self._painted)
                return False

            def _painted(self) -> None:
                note("usable_ms")

            def opened(self) -> None:
                note("engine_ms")

            def found(self, _: object) -> None:
                note("database_ms")
                print(json.dumps(found), flush=True)
                desktops[0].application.exit(0)

        desktops: list[Desktop] = []
        run = Desktop.run

        def run_watched(desktop: Desktop) -> int:
            note("made_ms")
            desktops.append(desktop)
            watcher = Watcher(desktop)
            assert desktop.window is not None
            desktop.window.installEventFilter(watcher)
            desktop.backend.opened.connect(watcher.opened)
            desktop.backend.database_status_changed.connect(watcher.found)
            return run(desktop)

        Desktop.run = run_watched  # type: ignore[method-assign, assignment]
        return open_window(options, language)  # type: ignore[arg-type]

    opener.open_window = open_watched
    return main()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(start(float(sys.argv.pop(1))))
    print_figures(measure())
