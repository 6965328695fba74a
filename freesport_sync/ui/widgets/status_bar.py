"""The status bar: the database, its lock, and what this program is doing."""

from __future__ import annotations

from PySide6.QtWidgets import QStatusBar

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.shop import undoes
from freesport_sync.errors import SyncError
from freesport_sync.ui.run_feed import RunSnapshot
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.widgets.status_item import StatusItem


class StatusBar(QStatusBar):
    """What is to be seen on every page.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._connection = ""
        self.setSizeGripEnabled(False)
        self.database = StatusItem(tools, "database", tools.texts("window.connecting"))
        self.lock = StatusItem(tools, "unlock", "")
        self.freshness = StatusItem(tools, "remarks", "")
        self.worker = StatusItem(tools, "running", "")
        self.exchange = StatusItem(tools, "onec", "")
        self.run = StatusItem(tools, "running", "")
        for item in (self.database, self.lock, self.freshness):
            self.addWidget(item)
        for item in (self.worker, self.exchange, self.run):
            self.addPermanentWidget(item)
        for item in (self.lock, self.freshness, self.worker, self.exchange, self.run):
            item.hide()
        backend = tools.backend
        backend.database_status_changed.connect(self._on_database_status)
        backend.lost.connect(self._on_lost)
        backend.freshness.changed.connect(self._on_freshness_changed)
        backend.run_changed.connect(self._on_run_changed)
        backend.run_ended.connect(self._on_run_ended)
        backend.exchange_process.state_changed.connect(self._on_exchange_changed)
        backend.worker_process.state_changed.connect(self._on_worker_changed)

    def name_connection(self, name: str) -> None:
        """Show the operator's own name of the database."""
        self._connection = name
        if self._tools.backend.database_status is not None:
            self._show_database(self._tools.backend.database_status.database)

    def _on_database_status(self, status: DatabaseStatus) -> None:
        texts = self._tools.texts
        self._show_database(status.database)
        self.lock.show()
        holder = status.holder
        if holder is None:
            self.lock.say("unlock", texts("window.free"))
        elif self._tools.backend.is_own(holder):
            self.lock.say("lock", texts("import_page.held_by_this"), "busy")
        elif holder.run_id is None:
            self.lock.say("lock", texts("window.held_by_unknown", host=holder.host), "warn")
        else:
            self.lock.say("lock", texts("window.held", operator=holder.operator, run_id=holder.run_id), "busy")

    def _show_database(self, database: str) -> None:
        self.database.say("database", self._tools.texts("window.database", name=self._connection or database))
        self.database.setToolTip(database)

    def _on_lost(self, _: SyncError) -> None:
        self.database.say("offline", self._tools.texts("window.offline"), "warn")
        self.lock.hide()

    def _on_freshness_changed(self) -> None:
        texts, overdue = self._tools.texts, self._tools.backend.freshness.overdue
        self.freshness.setVisible(bool(overdue))
        if overdue:
            self.freshness.say("remarks", texts.overdue(overdue), "warn")
            self.freshness.setToolTip("\n".join(texts.error(one).what for one in overdue.values()))

    def _on_run_changed(self, snapshot: RunSnapshot) -> None:
        texts = self._tools.texts
        forth = "window.undoing" if undoes(snapshot.kind) else "window.importing"
        key = "window.checking" if snapshot.is_dry_run else forth
        self.run.say("running", texts(key, percent=int(100 * snapshot.fraction)), "busy")
        self.run.setVisible(self._tools.backend.is_running)

    def _on_run_ended(self, end: RunEnd) -> None:
        self.run.hide()

    def _on_exchange_changed(self) -> None:
        texts, process = self._tools.texts, self._tools.backend.exchange_process
        is_failed = process.state is ServiceState.FAILED
        self.exchange.setVisible(process.is_on or is_failed)
        tone = {ServiceState.RUNNING: "good", ServiceState.FAILED: "bad"}.get(process.state, "busy")
        self.exchange.say("onec", texts(f"window.server_{process.state.value}"), tone)

    def _on_worker_changed(self) -> None:
        texts, process = self._tools.texts, self._tools.backend.worker_process
        is_hindered = process.state is ServiceState.FAILED or process.trouble is not None
        self.worker.setVisible(process.is_on or is_hindered)
        if is_hindered:
            self.worker.say("failed", texts("window.worker_hindered"), "bad")
        elif process.task_ids:
            self.worker.say("running", texts("window.worker_busy", count=len(process.task_ids)), "busy")
        else:
            self.worker.say("completed", texts("window.worker_idle"))
