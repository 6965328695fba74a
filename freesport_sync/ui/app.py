"""Opens the window and closes it again, in an order that is safe for Qt."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType, TracebackType

from PySide6.QtCore import (
    QCoreApplication,
    QElapsedTimer,
    QEvent,
    QLibraryInfo,
    QLocale,
    QObject,
    QTimer,
    QTranslator,
)
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication

from freesport_sync.core.log_entries import log_entry
from freesport_sync.services.installation import state_folder
from freesport_sync.ui.backend import Backend
from freesport_sync.ui.icons import program_icon
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.single_instance import SingleInstance
from freesport_sync.ui.state import WindowState
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.theme import Theme
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.window import MainWindow

CLOSE_MS = 10_000
"""How long the threads may take to end; a cancelled import needs two seconds at most."""
SWITCH_S = 0.001
"""How long Python lets a thread run before the window's gets its turn; 5 ms, the default, makes the window jerky."""

SIGNALS_MS = 250
TRAY_WAIT_MS = 10_000
"""How long a desktop that has just been logged into may take to show its tray."""
TRAY_POLL_MS = 250

log = logging.getLogger(__name__)


class Desktop(QObject):
    """Owns all objects of Qt; lives until the interpreter ends.

    Args:
        options: of the command line.
        application: Qt's.
    """

    def __init__(self, options: WindowOptions, application: QApplication) -> None:
        super().__init__()
        self.application = application
        folder = state_folder(options.home)
        self.instance = SingleInstance(folder, self)
        self.is_first = self.instance.claim(shows_first=not options.is_in_tray)
        self.window: MainWindow | None = None
        if not self.is_first:
            return
        self._translator = _qt_translator(options)
        texts = UiTexts(options.language)
        QLocale.setDefault(texts.locale)
        theme = Theme(self.application)
        self.backend = Backend(options, self)
        self.tools = Tools(texts, theme, self.backend, WindowState(folder / "window.ini"))
        self.window = MainWindow(self.tools)
        self.instance.asked_to_show.connect(self._raise)
        self.window.closing.connect(self._leave)
        self.application.commitDataRequest.connect(self._on_session_ends)

    def run(self) -> int:
        """Show the window until it is closed; returns the exit code."""
        if self.window is None:
            self.shut_down()
            return 0
        if self.backend.options.is_in_tray:
            self._waiting_for_tray = QElapsedTimer()
            self._waiting_for_tray.start()
            self._show_unless_in_tray()
        else:
            self.window.show()
        QTimer.singleShot(0, self.backend.open)
        # Python handles signals only while it executes, so it gets something to execute now and then.
        self._listening = QTimer(self)
        self._listening.timeout.connect(self._listen)
        self._listening.start(SIGNALS_MS)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _asked_to_end)
        code = self.application.exec()
        self.shut_down()
        return code

    def shut_down(self) -> None:
        """Stop the threads, then delete Qt's objects one after another: in another order Qt may crash at exit."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if self.window is not None:
            if not self.backend.close(CLOSE_MS):
                # A thread hangs in a dead network. Nothing is half written: what was not committed dies with its
                # connection. But Qt would end the program with an error because a thread is still running.
                logging.shutdown()
                os._exit(0)
            self.window.hide()
            self.window.deleteLater()
            self.window = None
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self.instance.release()
        self.application.shutdown()

    def _show_unless_in_tray(self) -> None:
        """Started as an icon, show the window if there is no tray; at login the tray may come a little later."""
        if self.window is None or self.window.tray.is_available:
            return
        if self._waiting_for_tray.hasExpired(TRAY_WAIT_MS):
            self.window.show()
        else:
            QTimer.singleShot(TRAY_POLL_MS, self, self._show_unless_in_tray)

    def _listen(self) -> None:
        """Do nothing: the call itself lets Python handle signals."""

    def _on_session_ends(self, _: QSessionManager) -> None:
        if self.window is not None:
            self.window.close_with_session()

    def _leave(self) -> None:
        self.application.exit(0)

    def _raise(self) -> None:
        if self.window is not None:
            self.window.bring_to_front()


_desktop: Desktop | None = None
"""Not a local variable: it must outlive everything that still refers to it."""


def open_window(options: WindowOptions) -> int:
    """Show the window; returns the exit code when it is closed."""
    global _desktop
    sys.setswitchinterval(SWITCH_S)
    _desktop = Desktop(options, make_application())
    sys.excepthook = _report
    return _desktop.run()


def _asked_to_end(_: int, __: FrameType | None) -> None:
    """The computer shuts down: cancel an import without asking."""
    if _desktop is not None:
        _desktop.application.exit(0)  # `quit` would ask the window, and the window would ask the operator


def _report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Log and show an error in a slot; the window keeps running."""
    log_entry(log, logging.ERROR, "unexpected_error", cause=error.with_traceback(traceback))
    if _desktop is not None and _desktop.window is not None:
        _desktop.window.show_crash(error)


def make_application() -> QApplication:
    """Qt's application; created once."""
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication([sys.argv[0]])
    application.setApplicationName("freesport_sync")
    application.setApplicationDisplayName("")
    application.setDesktopFileName("freesport-sync")
    application.setWindowIcon(program_icon())
    application.setQuitOnLastWindowClosed(False)
    return application


def _qt_translator(options: WindowOptions) -> QTranslator:
    """Translates Qt's own texts, such as the buttons of its dialogs."""
    translator = QTranslator()
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(options.language.value), "qtbase", "_", folder):
        QCoreApplication.installTranslator(translator)
    return translator
