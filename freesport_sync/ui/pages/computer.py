"""«Этот компьютер»: the daily import, the worker, the start with the session, and what closing the window does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QTimeEdit, QVBoxLayout, QWidget

from freesport_sync.errors import SyncError
from freesport_sync.services.import_schedule import SYSTEMD_TIMER
from freesport_sync.ui.pages.computer_notifications import NotificationsCard
from freesport_sync.ui.pages.computer_worker import WorkerCard
from freesport_sync.ui.tray import Tray
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    UNDER_BOX,
    Card,
    Tools,
    allow,
    button,
    check_box,
    label,
    rename,
    row,
    selectable,
    set_role,
    title_of,
)

if TYPE_CHECKING:
    from freesport_sync.application import Application

USUAL_START = QTime(3, 30)


class ComputerPage(QWidget):
    """What the program does on this computer by itself.

    Args:
        tools: of the window.
        tray: of the window.
    """

    def __init__(self, tools: Tools, tray: Tray, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self.schedule = ScheduleCard(tools)
        self.worker = WorkerCard(tools)
        self.notifications = NotificationsCard(tools)
        self.program = ProgramCard(tools, tray)
        inner = QWidget()
        cards = QVBoxLayout(inner)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(GAP)
        for card in (self.schedule, self.worker, self.notifications, self.program):
            cards.addWidget(card)
        cards.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(tools.texts("computer.title"))
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(label(tools.texts("computer.title"), "title"))
        layout.addWidget(scroll, 1)
        tools.backend.opened.connect(self.refresh)

    def refresh(self) -> None:
        """Ask the system again."""
        self.schedule.look()
        self.worker.look()
        self.notifications.look()
        self.program.look()

    def save_state(self) -> None:
        """Nothing to remember; switches take effect at once."""


class ScheduleCard(Card):
    """The daily import: Windows Task Scheduler, or where it is switched elsewhere.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools.texts("computer.schedule"))
        self._tools = tools
        texts = tools.texts
        self.at: time | None = None
        self._has_source = False
        self.state_text = label("", "big")
        self.about = label(texts("computer.schedule_about"), "muted", is_wrapped=True)
        self.source = label("", is_wrapped=True)
        self.start = QTimeEdit(USUAL_START)
        self.start.setDisplayFormat("HH:mm")
        title = title_of(self.start, texts("computer.start_at"))
        self.save = button(texts("computer.schedule_switch_on"), self._on_save, tools, "check", "primary")
        self.remove = button(texts("computer.schedule_switch_off"), self._on_remove, tools, "stop")
        self.controls = QWidget()
        self.controls.setLayout(row(title, self.start, self.save, self.remove, None))
        self.elsewhere = selectable(f"sudo systemctl enable --now {SYSTEMD_TIMER}", "code")
        self.notice = Notice(tools)
        for widget in (self.state_text, self.about, self.source, self.controls, self.elsewhere, self.notice):
            self.content.addWidget(widget)
            widget.hide()

    def look(self) -> None:
        """Ask whether it is on."""
        application = self._tools.backend.application
        if application is None:
            return
        texts = self._tools.texts
        self.about.show()
        if not application.import_schedule.is_available:
            self.about.setText(texts("computer.schedule_elsewhere"))
            self.elsewhere.show()
            return
        folders, folder = application.remote_export.folders, application.installation.data_dir
        self._has_source = folders is not None or folder.is_absolute()  # a task has no folder to start from
        if folders is not None:
            self.source.setText(texts("computer.from_ssh_host", host=folders.login))
        else:
            key = "computer.from_folder" if self._has_source else "computer.from_nowhere"
            self.source.setText(texts(key, folder=folder))
        set_role(self.source, "role", "" if self._has_source else "warn")
        self._ask(lambda one: one.import_schedule.read())

    def _ask(self, work: Callable[[Application], time | None]) -> None:
        self.save.setEnabled(False)
        self.remove.setEnabled(False)
        self._tools.backend.do(work, self._show, self._show_failed)

    def _on_save(self) -> None:
        chosen = self.start.time()
        at = time(chosen.hour(), chosen.minute())

        def switch(application: Application) -> time | None:
            application.import_schedule.switch_on(at)
            return at

        self._ask(switch)

    def _on_remove(self) -> None:
        def switch(application: Application) -> time | None:
            application.import_schedule.switch_off()
            return None

        self._ask(switch)

    def _show(self, at: time | None) -> None:
        texts, options = self._tools.texts, self._tools.backend.options
        self.at = at
        self.notice.hide()
        for widget in (self.state_text, self.source, self.controls):
            widget.show()
        if at is None:
            self.state_text.setText(texts("computer.schedule_off"))
        else:
            self.state_text.setText(texts("computer.schedule_on", at=f"{at:%H:%M}"))
            self.start.setTime(QTime(at.hour, at.minute))
        rename(self.save, texts("computer.schedule_switch_on" if at is None else "computer.schedule_change"))
        # The task works on what the settings say, whatever this window was opened with.
        refused = (
            "computer.other_database" if options.is_other_database else "" if self._has_source else "computer.no_source"
        )
        allow(self.save, texts(refused) if refused else "")
        self.remove.setEnabled(True)
        self.remove.setVisible(at is not None)

    def _show_failed(self, error: SyncError) -> None:
        self._show(self.at)
        self.notice.say_error(error)
        self.notice.show()


class ProgramCard(Card):
    """How the window starts and ends.

    Args:
        tools: of the page.
        tray: of the window.
    """

    def __init__(self, tools: Tools, tray: Tray) -> None:
        super().__init__(tools.texts("computer.program"))
        self._tools = tools
        self._tray = tray
        texts = tools.texts
        self.autostart = check_box(texts("computer.autostart"))
        self.autostart.setEnabled(False)
        self.autostart.clicked.connect(self._on_autostart)
        self.to_tray = check_box(texts("computer.to_tray"), is_checked=tray.is_chosen)
        self.to_tray.clicked.connect(self._on_to_tray)
        self.notice = Notice(tools)
        self.notice.hide()
        self.content.setSpacing(SPACE - 4)
        for box, about in ((self.autostart, "autostart_about"), (self.to_tray, "to_tray_about")):
            explanation = QHBoxLayout()
            explanation.setContentsMargins(UNDER_BOX, 0, 0, SPACE)
            explanation.addWidget(label(texts(f"computer.{about}"), "muted", is_wrapped=True))
            self.content.addWidget(box)
            self.content.addLayout(explanation)
        self.content.addWidget(self.notice)

    def look(self) -> None:
        """Ask the system whether it starts the window, and whether it has a tray."""
        self.to_tray.setEnabled(self._tray.is_available)
        self.to_tray.setToolTip("" if self._tray.is_available else self._tools.texts("computer.no_tray"))
        application = self._tools.backend.application
        if application is not None and application.autostart.is_available:
            self._tools.backend.do(lambda one: one.autostart.is_on(), self._show, self._show_failed)

    def _on_autostart(self, is_on: bool) -> None:
        self.autostart.setEnabled(False)

        def switch(application: Application) -> bool:
            application.autostart.switch(is_on)
            return application.autostart.is_on()

        self._tools.backend.do(switch, self._show, self._show_failed)

    def _on_to_tray(self, is_on: bool) -> None:
        self._tray.choose(is_on)

    def _show(self, is_on: bool) -> None:
        self.notice.hide()
        self.autostart.setChecked(is_on)
        # A window for demo data or another database is not the one to begin the day with.
        is_other = self._tools.backend.options.is_other_database
        self.autostart.setEnabled(not is_other or is_on)
        self.autostart.setToolTip(self._tools.texts("computer.other_database") if is_other else "")

    def _show_failed(self, error: SyncError) -> None:
        self._show(not self.autostart.isChecked())
        self.notice.say_error(error)
        self.notice.show()
