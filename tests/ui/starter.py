"""Opens the program's window and closes it at a chosen moment: `python -m tests.ui.starter WHEN ARGUMENTS`.

early     before anything is loaded
shown     when there is a window to see
ready     when an import could be started
mid-run   while one runs
finished  after one has completed
failed    after one has failed
offline   while the database cannot be reached
away      when it was lost; `usable` is printed when it may go, `lost` when it may come back
back      when it was found again; likewise
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QObject, QTimer

from freesport_sync.__main__ import main
from freesport_sync.ui import app
from freesport_sync.ui.app import Desktop

POLL_MS = 10
SHORT_MS = 300
"""To wait for a tray that never comes."""


class Quitter(QObject):
    """Closes the window at the chosen moment.

    Args:
        desktop: of the program.
        when: see above.
    """

    def __init__(self, desktop: Desktop, when: str) -> None:
        super().__init__(desktop)
        self._desktop = desktop
        self._when = when
        self._has_begun = False
        self._began = time.perf_counter()
        desktop.backend.run_ended.connect(self._ended)
        desktop.backend.lost.connect(self._lost)
        desktop.backend.database_status_changed.connect(self._found)
        self._was_lost = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(50 if when == "early" else POLL_MS)

    def _look(self) -> None:
        window, backend = self._desktop.window, self._desktop.backend
        if window is None:
            return
        if self._when == "early" or (self._when == "shown" and window.isVisible()):
            self._quit()
        elif self._has_begun:
            if self._when == "mid-run" and backend.snapshot is not None and backend.snapshot.run_id is not None:
                self._quit()
        elif window.import_page.form.start.isEnabled():
            print(f"usable after {time.perf_counter() - self._began:.2f} s", flush=True)
            if self._when == "ready":
                self._quit()
            elif self._when in ("away", "back"):
                self._timer.stop()
            else:
                self._has_begun = True
                window.import_page.run(window.import_page.form.submission(is_dry_run=False))

    def _ended(self, _: object) -> None:
        self._quit()

    def _lost(self, _: object) -> None:
        if self._when in ("offline", "away"):
            self._quit()
        elif not self._was_lost:
            print("lost", flush=True)
        self._was_lost = True

    def _found(self, _: object) -> None:
        if self._was_lost and self._when == "back":
            self._quit()

    def _quit(self) -> None:
        self._timer.stop()
        self._desktop.application.exit(0)


def start(when: str) -> int:
    """Run the program with the remaining arguments."""
    run = Desktop.run

    def run_and_quit(desktop: Desktop) -> int:
        if desktop.window is not None:
            Quitter(desktop, when)
        return run(desktop)

    app.Desktop.run = run_and_quit  # type: ignore[method-assign, assignment]
    app.TRAY_WAIT_MS = SHORT_MS
    return main()


if __name__ == "__main__":
    sys.exit(start(sys.argv.pop(1)))
