"""The card of «Этот компьютер» about the worker: tasks that run here by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout

from freesport_sync.errors import SyncError
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import SPACE, UNDER_BOX, Card, Tools, check_box, label, selectable

if TYPE_CHECKING:
    from freesport_sync.application import Application

CHOSEN = "worker/while_open"
SYSTEMD_UNIT = "freesport-sync-worker"
"""Comes with the packages for Linux."""


class WorkerCard(Card):
    """Whether tasks run on this computer: while the window is open, or, where Windows does it, always.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools.texts("computer.worker"))
        self._tools = tools
        self._process = tools.backend.worker_process
        texts = tools.texts
        self.state_text = label("", "big")
        self.about = label(texts("computer.worker_about"), "muted", is_wrapped=True)
        self.while_open = check_box(texts("computer.worker_while_open"), is_checked=bool(tools.state.text(CHOSEN)))
        self.while_open.clicked.connect(self._on_while_open)
        self.always = check_box(texts("computer.worker_always"))
        self.always.clicked.connect(self._on_always)
        self.always.setEnabled(False)
        self.elsewhere_about = label(texts("computer.worker_elsewhere"), "muted", is_wrapped=True)
        self.elsewhere = selectable(f"sudo systemctl enable --now {SYSTEMD_UNIT}", "code")
        self.notice = Notice(tools)
        self.refusal = Notice(tools)
        always_about = QHBoxLayout()
        self._always_about = label(texts("computer.worker_always_about"), "muted", is_wrapped=True)
        always_about.setContentsMargins(UNDER_BOX, 0, 0, SPACE)
        always_about.addWidget(self._always_about)
        for one in (self.state_text, self.about, self.while_open, self.always):
            self.content.addWidget(one)
        self.content.addLayout(always_about)
        for hidden in (self.elsewhere_about, self.elsewhere, self.refusal, self.notice):
            self.content.addWidget(hidden)
            hidden.hide()
        self.always.hide()
        self._always_about.hide()
        self._process.state_changed.connect(self._show)
        tools.backend.opened.connect(self._on_opened)
        self._show()

    def look(self) -> None:
        """Ask the system whether it keeps a worker."""
        application = self._tools.backend.application
        if application is None:
            return
        is_windows = application.worker_task.is_available
        for widget in (self.always, self._always_about):
            widget.setVisible(is_windows)
        for widget in (self.elsewhere_about, self.elsewhere):
            widget.setVisible(not is_windows)
        if is_windows:
            self._tools.backend.do(lambda one: one.worker_task.is_on(), self._show_always, self._show_refused)

    def _on_opened(self) -> None:
        if self.while_open.isChecked():
            self._process.keep(self._tools.backend.options)

    def _on_while_open(self, is_on: bool) -> None:
        self._tools.state.keep(CHOSEN, "yes" if is_on else "")
        self._tools.state.save()
        if not is_on:
            self._process.end()
        elif self._tools.backend.application is not None:
            self._process.keep(self._tools.backend.options)

    def _on_always(self, is_on: bool) -> None:
        self.always.setEnabled(False)

        def switch(application: Application) -> bool:
            application.worker_task.switch(is_on)
            return application.worker_task.is_on()

        self._tools.backend.do(switch, self._show_always, self._show_refused)

    def _show_always(self, is_on: bool) -> None:
        self.refusal.hide()
        self.always.setChecked(is_on)
        # Windows starts it for the database of the settings, whatever this window was opened with.
        is_other = self._tools.backend.options.is_other_database
        self.always.setEnabled(not is_other or is_on)
        self.always.setToolTip(self._tools.texts("computer.other_database") if is_other else "")

    def _show_refused(self, error: SyncError) -> None:
        self._show_always(not self.always.isChecked())
        self.refusal.say_error(error)
        self.refusal.show()

    def _show(self) -> None:
        texts, process = self._tools.texts, self._process
        key = "waiting" if process.trouble is not None else process.state.value
        if process.task_ids and process.state is ServiceState.RUNNING:
            self.state_text.setText(texts("computer.worker_busy", count=len(process.task_ids)))
        else:
            self.state_text.setText(texts(f"computer.worker_{key}"))
        error = process.trouble or process.error
        if error is not None:
            self.notice.say_error(error)
        self.notice.setVisible(error is not None)
