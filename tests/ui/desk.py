"""The window, driven by a test as by its user."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from freesport_sync.i18n.texts import Language
from freesport_sync.tasks.registry import TASKS, Registry
from freesport_sync.ui.backend import Backend
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.state import WindowState
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.theme import Theme
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.window import SIZE, MainWindow
from tests.program import address

LIMIT_S = 30.0
CLOSE_MS = 10_000

T = TypeVar("T", bound=QWidget)


def process_events() -> None:
    """Let Qt work once.

    Not `QApplication.processEvents`: in PySide6 6.12 each call of it (and of other static functions that return
    nothing) takes a reference to None too many away, and some thousands of them end the process.
    """
    QEventLoop().processEvents()


class Desk:
    """The window with its backend; shown until `close`.

    Args:
        options: of the command line.
        theme: of the application.
        state_file: what the window remembers; None: nothing.
        tasks: what can be run.
    """

    def __init__(
        self, options: WindowOptions, theme: Theme, state_file: Path | None = None, tasks: Registry = TASKS
    ) -> None:
        self.backend = Backend(options, tasks=tasks)
        self.tools = Tools(UiTexts(options.language), theme, self.backend, WindowState(state_file))
        self.window = MainWindow(self.tools)
        self.ends: list[RunEnd] = []
        self.backend.run_ended.connect(self.ends.append)
        if state_file is None or not state_file.exists():
            self.window.resize(SIZE)  # the screen of the tests is smaller than any that people have
        self.window.show()
        self._is_closed = False
        self.backend.open()

    @property
    def texts(self) -> UiTexts:
        return self.tools.texts

    def ready(self) -> None:
        """Wait until an import can be started."""
        self.until(lambda: self.backend.database_status is not None and self.window.import_page.recent.is_loaded)

    def until(self, condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
        """Let Qt work until the condition is true."""
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            process_events()
            time.sleep(0.002)

    def choose_source(self, folder: Path) -> None:
        """Choose a folder as if it were typed, and wait until it is found."""
        form = self.window.import_page.form
        form.set_source(str(folder))
        self.until(form.start.isEnabled)

    def end_of_run(self) -> RunEnd:
        """Wait for the end of the next import."""
        count = len(self.ends)
        self.until(lambda: len(self.ends) > count)
        return self.ends[-1]

    def click(self, button: QPushButton) -> None:
        """Click with the mouse, which only a visible and enabled button allows."""
        assert button.isVisible(), button.text()
        assert button.isEnabled(), button.text()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def close(self) -> None:
        """Close everything as the program does at its end; may be repeated."""
        if self._is_closed:
            return
        self._is_closed = True
        assert self.backend.close(CLOSE_MS)
        self.window.close()
        self.window.deleteLater()
        self.backend.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def texts_in(widget: QWidget) -> str:
    """All visible texts of a widget, line by line."""
    found = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return "\n".join(text for text in found if text)


def options_for(home: Path, url: sa.URL | None, **more: Any) -> WindowOptions:
    """The command line for a database of the tests; None: the private server."""
    language = more.pop("language", Language.RUSSIAN)
    return WindowOptions(language, home, None if url is None else address(url), **more)
