"""The main window: sidebar, pages, status bar."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.history import EntryKey
from freesport_sync.core.task_list import Submitted
from freesport_sync.core.tasks import Submission
from freesport_sync.ui.dialogs.about import AboutDialog
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.dialogs.crash import CrashDialog
from freesport_sync.ui.dialogs.crash_notice import CrashNotice
from freesport_sync.ui.dialogs.help import HelpDialog
from freesport_sync.ui.icons import program_icon
from freesport_sync.ui.pages.computer import ComputerPage
from freesport_sync.ui.pages.connections import ConnectionsPage
from freesport_sync.ui.pages.entry import EntryPage
from freesport_sync.ui.pages.exchange import ExchangePage
from freesport_sync.ui.pages.history import HistoryPage
from freesport_sync.ui.pages.import_page import ImportPage
from freesport_sync.ui.pages.log import LogPage
from freesport_sync.ui.pages.tasks import TasksPage
from freesport_sync.ui.tray import Tray
from freesport_sync.ui.widgets.banner import Banner
from freesport_sync.ui.widgets.parts import Tools, name_inner_parts, redraw_icons
from freesport_sync.ui.widgets.sidebar import Sidebar
from freesport_sync.ui.widgets.status_bar import StatusBar
from freesport_sync.ui.wizard.entry import SetupEntry

SIZE = QSize(1240, 860)
SMALLEST = QSize(1000, 640)
FRAME = QSize(16, 48)
"""Rough size of what the system draws around a window."""
_SHOWN_PAGE = "window/page"
_FORMER_PAGES = {"exchange": "import", "session": "entry"}
"""Names of pages in the state that a former version has written."""


class MainWindow(QMainWindow):
    """Everything that the operator sees.

    Args:
        tools: what the pages are given.
    """

    closing = Signal()
    """The window closes and the program with it."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        texts = tools.texts
        self.setWindowTitle(texts("window.title"))
        self.setWindowIcon(program_icon())
        self.setLocale(texts.locale)
        self.import_page = ImportPage(tools)
        self.tasks_page = TasksPage(tools)
        self.history_page = HistoryPage(tools)
        self.entry_page = EntryPage(tools)
        self.exchange_page = ExchangePage(tools)
        self.log_page = LogPage(tools)
        self.connections_page = ConnectionsPage(tools)
        self.tray = Tray(tools, self)
        self.computer_page = ComputerPage(tools, self.tray)
        self._pages: dict[str, QWidget] = {
            "import": self.import_page,
            "tasks": self.tasks_page,
            "history": self.history_page,
            "entry": self.entry_page,
            "onec": self.exchange_page,
            "log": self.log_page,
            "connections": self.connections_page,
            "computer": self.computer_page,
        }
        self._is_quitting = False
        self.setup = SetupEntry(tools, self)
        self._is_leaving = False
        self._must_close = False
        self.crash: CrashDialog | None = None
        self.crash_notice = CrashNotice(tools, self)
        self.help_dialog: HelpDialog | None = None
        self._build()
        self.status_bar = StatusBar(tools)
        self.setStatusBar(self.status_bar)
        name_inner_parts(self, texts("window.clear"))
        self._restore()
        for page in (self.import_page, self.tasks_page, self.history_page, self.exchange_page):
            page.entry_opened.connect(self.open_entry)
        self.entry_page.repeated.connect(self._repeat)
        self.import_page.repeat_wanted.connect(self._repeat_entry)
        self.entry_page.task_opened.connect(self.open_task)
        self.import_page.queued.connect(self._show_submitted)
        self.connections_page.connected.connect(self._check_first)
        self.connections_page.named.connect(self._name_connection)
        self.connections_page.run_wanted.connect(self._repeat)
        self.connections_page.wizard_wanted.connect(self.setup.open)
        self.setup.check_wanted.connect(self._check_first)
        self.import_page.ssh_host_wanted.connect(self._go_to_ssh_host)
        backend = tools.backend
        backend.database_status_changed.connect(self.banner.hide)
        backend.lost.connect(self.banner.say_error)
        backend.became_idle.connect(self._leave_when_quiet)
        backend.crashed.connect(self.show_crash)
        backend.exchange_process.state_changed.connect(self._leave_when_quiet)
        backend.worker_process.state_changed.connect(self._leave_when_quiet)
        tools.theme.changed.connect(self._on_theme_changed)
        self.tray.open_wanted.connect(self.bring_to_front)
        self.tray.import_wanted.connect(self._start_import)
        self.tray.exchange_wanted.connect(self._switch_exchange)
        self.tray.quit_wanted.connect(self.quit)

    def show_page(self, name: str) -> None:
        """Go to a page."""
        self.sidebar.choose(name)

    def open_entry(self, key: EntryKey) -> None:
        """Show one entry."""
        self.entry_page.open(key)
        self.show_page("entry")

    def open_task(self, task_id: int) -> None:
        """Show one task."""
        self.tasks_page.show_task(task_id)
        self.show_page("tasks")

    def refresh(self) -> None:
        """Reload what the page shows."""
        self._pages[self.sidebar.page].refresh()  # type: ignore[attr-defined]

    def help(self) -> None:
        """Open the guide at the chapter of the page."""
        if self.help_dialog is None:
            self.help_dialog = HelpDialog(self._tools, self)
        self.help_dialog.show_page(self.sidebar.page)

    def about(self) -> None:
        """Show the version and the licences."""
        self.about_dialog = AboutDialog(self._tools, self)
        self.about_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.about_dialog.open()

    def _check_first(self) -> None:
        self.show_page("import")
        self.import_page.check_first()

    def _go_to_ssh_host(self) -> None:
        self.show_page("connections")
        self.connections_page.show_ssh_host()

    def _show_submitted(self, submitted: Submitted) -> None:
        self.tasks_page.show_submitted(submitted)
        self.show_page("tasks")

    def _repeat(self, submission: Submission[Any]) -> None:
        self.show_page("import")
        self.import_page.run(submission)

    def _repeat_entry(self, key: EntryKey) -> None:
        self.entry_page.open_and_repeat(key)
        self.show_page("entry")

    def save_state(self) -> None:
        """Remember geometry, page and column widths."""
        state = self._tools.state
        state.keep("window/geometry", self.saveGeometry())
        state.keep(_SHOWN_PAGE, self.sidebar.page)
        for page in self._pages.values():
            page.save_state()  # type: ignore[attr-defined]
        if self.help_dialog is not None:
            self.help_dialog.save_state()
        state.save()

    def bring_to_front(self) -> None:
        """Show the window, as large as it was before it was closed or minimised, in front of others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def quit(self) -> None:
        """Close the window and end the program, even if closing would leave it in the tray; asks if something runs."""
        self._is_quitting = True
        self.close()

    def close_with_session(self) -> None:
        """The user logs out: the next close neither asks nor leaves the program in the tray."""
        self._must_close = True

    def closeEvent(self, event: QCloseEvent) -> None:
        backend = self._tools.backend
        is_closing = self._is_leaving or self._must_close
        if self.tray.keeps_program and not (self._is_quitting or is_closing):
            event.ignore()
            self.save_state()
            self.hide()
            self.tray.tell_once()
            return
        if is_closing or not (backend.is_busy or backend.exchange_process.is_on or backend.worker_process.task_ids):
            self.save_state()
            event.accept()
            self.closing.emit()
            return
        event.ignore()
        self._ask_before_closing()

    def _build(self) -> None:
        texts = self._tools.texts
        self.banner = Banner(self._tools)
        self.sidebar = Sidebar(self._tools, tuple(self._pages))
        self.stack = QStackedWidget()
        for page in self._pages.values():
            self.stack.addWidget(page)
        self.sidebar.page_chosen.connect(self.stack.setCurrentIndex)
        self.sidebar.help_wanted.connect(self.help)
        self.sidebar.about_wanted.connect(self.about)
        for key, act in (
            (QKeySequence.StandardKey.Refresh, self.refresh),
            (QKeySequence.StandardKey.HelpContents, self.help),
        ):
            shortcut = QAction(self)
            shortcut.setShortcut(QKeySequence(key))
            shortcut.triggered.connect(act)
            self.addAction(shortcut)
        quit_action = QAction(texts("window.quit"), self)
        quit_action.setShortcut(QKeySequence(QKeySequence.StandardKey.Quit))
        quit_action.triggered.connect(self.quit)
        self.addAction(quit_action)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.banner)
        right.addWidget(self.stack, 1)
        centre = QWidget()
        layout = QHBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sidebar)
        layout.addLayout(right, 1)
        self.setCentralWidget(centre)

    def _restore(self) -> None:
        state = self._tools.state
        room = self.screen().availableGeometry()
        self.setMinimumSize(SMALLEST.boundedTo(room.size()))
        if not self.restoreGeometry(state.bytes("window/geometry")):
            self.resize(first_size(room.size()))
            self.move(room.center() - self.rect().center())
        page = state.text(_SHOWN_PAGE)
        page = _FORMER_PAGES.get(page, page)
        self.show_page(page if page in self._pages else "import")

    def _name_connection(self, name: str) -> None:
        """Show the operator's own name of the database."""
        self.import_page.show_connection(name)
        self.status_bar.name_connection(name)

    def _start_import(self) -> None:
        """From the tray: what is imported from where is to be seen before it starts."""
        self.show_page("import")
        self.bring_to_front()

    def _switch_exchange(self) -> None:
        """From the tray: what cannot be switched on there needs the page, which says why."""
        if not self.exchange_page.switch.toggle():
            self.show_page("onec")
            self.bring_to_front()

    def _leave_when_quiet(self) -> None:
        backend = self._tools.backend
        is_quiet = not (backend.is_busy or backend.exchange_process.is_on or backend.worker_process.is_on)
        if self._is_leaving and is_quiet:
            QTimer.singleShot(0, self.close)

    def _ask_before_closing(self) -> None:
        texts, backend = self._tools.texts, self._tools.backend
        if backend.is_busy:
            also = texts("window.close_also_server") if backend.exchange_process.is_on else ""
            text = f"{texts('window.close_text')} {also}".rstrip()
            words = [texts(f"window.close_{name}") for name in ("title", "yes", "no")]
        else:
            service = "worker" if backend.worker_process.task_ids else "server"
            also = texts("window.close_also_server") if service == "worker" and backend.exchange_process.is_on else ""
            text = f"{texts(f'window.close_{service}_text')} {also}".rstrip()
            words = [texts(f"window.close_{service}_{name}") for name in ("title", "yes", "no")]
        title, yes, no = words
        if not self.isVisible():  # asked from the tray
            self.bring_to_front()
        self.question = question(self, title, text, yes, no)
        self.question.finished.connect(self._on_close_answered)
        self.question.open()

    def _on_close_answered(self, _: int) -> None:
        if not answered_yes(self.question):
            self._is_quitting = False
            return
        self._is_leaving = True
        backend = self._tools.backend
        backend.exchange_process.stop()
        backend.worker_process.end()
        if backend.is_running:
            self.import_page.cancel()
        backend.cancel_all()
        self._leave_when_quiet()

    def show_crash(self, error: BaseException) -> None:
        """Show an unexpected error; one dialog at a time."""
        if self.crash is None or not self.crash.isVisible():
            self.crash = CrashDialog(self._tools, error, self)
            self.crash.open()

    def _on_theme_changed(self) -> None:
        redraw_icons(self, self._tools.theme)


def first_size(room: QSize) -> QSize:
    """The size of a window that was never resized.

    Args:
        room: of the screen, without the system's own bars.
    """
    return SIZE.boundedTo(room - FRAME)
