"""The import page, «Обмен»: start an import, watch it, see the result of the last one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus, LockHolder
from freesport_sync.core.history import HistoryEntry, HistoryQuery, Page
from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import HostKeyUnknown, SyncError
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.dialogs.guard import GUARDS, GuardDialog, overruled
from freesport_sync.ui.dialogs.host_key import CHANGED, HostKeyQuestion
from freesport_sync.ui.dialogs.submit import SubmitDialog
from freesport_sync.ui.models.history import entries_model, entry_columns
from freesport_sync.ui.pages.import_form import ImportForm
from freesport_sync.ui.pages.import_run import RunCard, Waiting
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.widgets.latest import LatestResult
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    Card,
    Tools,
    label,
    row,
)
from freesport_sync.ui.widgets.table import Table

if TYPE_CHECKING:
    from freesport_sync.application import Application

SHOWN_ENTRIES = 10
NAME_LENGTH = 40
"""Of a connection, in characters."""


class ImportPage(QWidget):
    """The start page.

    Args:
        tools: of the window.
    """

    entry_opened = Signal(object)
    """`EntryKey`."""
    repeat_wanted = Signal(object)
    """`EntryKey` of the import to start once more."""
    queued = Signal(object)
    """`Submitted`: an import was put into the queue."""
    ssh_host_wanted = Signal()
    """The operator wants to set up the SSH host that 1C exports to."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._waiting: Submission[Any] | None = None
        self._end: RunEnd | None = None
        self.form = ImportForm(tools)
        self.form.submitted.connect(self.run)
        self.form.postponed.connect(self._on_postponed)
        self.form.source.setup_wanted.connect(self.ssh_host_wanted)
        self.host_key = HostKeyQuestion(tools, self)
        self.host_key.accepted.connect(self._on_key_accepted)
        self.host_key.refused.connect(self._on_key_refused)
        self.progress = RunCard(tools)
        self.progress.cancelled.connect(self.cancel)
        self.progress.closed.connect(self.show_form)
        self.progress.repeated.connect(self.run)
        self.progress.opened.connect(self.entry_opened)
        self.holder = Notice(tools)
        self.holder.hide()
        self.wait = Waiting(tools)
        self.wait.given_up.connect(self._on_waiting_given_up)
        self.wait.hide()
        self.progress.hide()
        self._is_demo_wanted = self._is_check_wanted = False
        self.form.source.changed.connect(self._check_when_ready)
        self.latest = LatestResult(tools)
        self.latest.opened.connect(self.entry_opened)
        self.latest.repeat_wanted.connect(self.repeat_wanted)
        self._lay_out()
        backend = tools.backend
        backend.opened.connect(self._on_opened)
        backend.failed.connect(self._on_open_failed)
        backend.database_status_changed.connect(self._on_database_status)
        backend.lost.connect(self._on_lost)
        backend.run_started.connect(self._on_run_started)
        backend.run_changed.connect(self.progress.show_snapshot)
        backend.run_ended.connect(self._on_run_ended)

    def run(self, submission: Submission[Any]) -> None:
        """Start an import."""
        self._tools.backend.start_run(submission)

    def cancel(self) -> None:
        """Stop the import, and show so at once."""
        self._tools.backend.cancel_run()
        self.progress.show_cancelling()

    def show_form(self) -> None:
        """Return to the form."""
        self._show_part(self.form)
        self.form.start.setFocus()

    def show_connection(self, name: str) -> None:
        """Show the database that an import writes to."""
        is_demo = self._tools.backend.options.is_demo
        self.badge.setVisible(is_demo)
        self.connection.setVisible(not is_demo)
        self.connection.setText(name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…")
        self.connection.setToolTip(self._tools.texts("import_page.connection_tip", name=name))

    def check_first(self) -> None:
        """Start a dry run against a newly chosen database once it is connected, or ask what to import."""
        self.show_form()
        self.form.source.setFocus()
        self._is_check_wanted = True
        self._check_when_ready()

    def _check_when_ready(self) -> None:
        source = self.form.source
        if self._is_check_wanted and self.form.dry_run.isEnabled():
            self._is_check_wanted = False
            self.form.dry_run.click()
        elif source.found is not None and not source.is_ready:  # nothing may start by itself once it is typed
            self._is_check_wanted = False

    def refresh(self) -> None:
        """Reload the newest entries."""
        self.recent.refresh()
        self._tools.backend.ask(
            lambda history: history.entries(HistoryQuery(), 0, 1), self._on_newest, self.latest.show_error
        )

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _lay_out(self) -> None:
        texts = self._tools.texts
        columns = [one for one in entry_columns(texts) if one.name in _RECENT]
        self.recent = entries_model(self._tools, self, columns, SHOWN_ENTRIES)
        self.recent.grows_at_top = False
        self.table = Table(
            self._tools, "recent", texts("import_page.recent"), self.recent, "result", ("operator", "issues")
        )
        self.table.set_delegates(status="badge", result="bar")
        self.table.setMinimumHeight(150)
        self.table.is_openable = True
        self.table.row_opened.connect(self._on_row_opened)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self.latest)
        right.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(GAP)
        left = QVBoxLayout()  # not a stack, which is as high as its highest page
        left.addWidget(self.form)
        left.addWidget(self.progress)
        left.addStretch(1)
        upper.addLayout(left, 5)
        upper.addLayout(right, 3)
        recent = Card(texts("import_page.recent"))
        self.table.setObjectName("inner")
        recent.content.addWidget(self.table, 1)
        inner = QWidget()
        inner.setObjectName("scrolled")
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(GAP)
        self.connection = label("", "muted")
        self.badge = label(texts("import_page.demo_badge"), "badge")
        self.badge.setToolTip(texts("import_page.demo_badge_tip"))
        self.badge.hide()
        layout.addLayout(row(label(texts("import_page.title"), "title"), None, self.connection, self.badge))
        layout.addWidget(self.holder)
        layout.addWidget(self.wait)
        layout.addLayout(upper)
        layout.addWidget(recent, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._scroll = scroll

    def _show_part(self, part: QWidget) -> None:
        for one in (self.form, self.progress):
            one.setVisible(one is part)
        self.latest.show_result(part is not self.progress)  # which shows it already
        self._scroll.ensureVisible(0, 0)

    def _on_opened(self) -> None:
        self.form.prepare()
        self.form.set_enabled(True)
        self.holder.hide()
        self.recent.reload()
        self.refresh()
        if not self._tools.backend.is_running:
            self._show_part(self.form)

    def show_demo(self) -> None:
        """Show what an import of the demo data would change."""
        self._is_demo_wanted = True
        self._tools.backend.reopen(replace(self._tools.backend.options, is_demo=True))

    def _on_open_failed(self, error: SyncError) -> None:
        text = self._tools.texts.error(error)
        self.form.set_enabled(False, text.what)
        self.holder.say_error(error)
        self.holder.show()

    def _on_lost(self, error: SyncError) -> None:
        self._is_check_wanted = False
        if not self._tools.backend.is_running:
            self.form.set_enabled(False, self._tools.texts("import_page.no_database"))

    def _on_database_status(self, status: DatabaseStatus) -> None:
        backend = self._tools.backend
        self.form.set_enabled(not backend.is_running)
        is_foreign = status.holder is not None and not backend.is_running and not backend.is_own(status.holder)
        self.holder.setVisible(is_foreign and self._waiting is None)
        if is_foreign and status.holder is not None:
            self.holder.say("busy", *self._holder_texts(status.holder))
        self._check_when_ready()
        if self._is_demo_wanted and backend.options.is_demo:
            self._is_demo_wanted = False
            self.form.set_kind(ImportKind.ALL)
            self.run(self.form.submission(is_dry_run=True))
        if status.holder is None and self._waiting is not None and not backend.is_running:
            submission, self._waiting = self._waiting, None
            self.wait.hide()
            self.run(submission)
        self.refresh()

    def _holder_texts(self, holder: LockHolder) -> tuple[str, str]:
        texts = self._tools.texts
        since = texts.moment(holder.since) if holder.since else ""
        if holder.run_id is None:
            return texts("import_page.held_by_unknown"), texts(
                "import_page.held_from", host=holder.host, since=since
            ).strip()
        stage = texts.word("stage", holder.stage)
        return (
            texts("import_page.held", operator=holder.operator, run_id=texts.number(holder.run_id)),
            texts("import_page.held_details", host=holder.host, stage=stage, since=since),
        )

    def _on_run_started(self, submission: Submission[Any]) -> None:
        self._end = None
        self._is_check_wanted = False
        self.holder.hide()
        self.form.set_enabled(False, self._tools.texts("import_page.is_running"))
        self.progress.begin(submission)
        self._show_part(self.progress)

    def _on_run_ended(self, end: RunEnd) -> None:
        self._end = end
        self.form.set_enabled(True)
        self.progress.show_end(end)
        self.refresh()
        if end.error is None:
            return
        if end.error.code in GUARDS:
            self._ask_about_guard(end, end.error)
        elif isinstance(end.error, HostKeyUnknown) or end.error.code == CHANGED:
            self.host_key.ask(end.error, _pin)
        elif end.error.code in ("lock_held", "lock_held_unknown", "lock_held_unknown_run", "foreign_import_running"):
            self.progress.offer_waiting()
            self.progress.waited.connect(self._on_wait_chosen, Qt.ConnectionType.UniqueConnection)

    def _ask_about_guard(self, end: RunEnd, error: SyncError) -> None:
        self.guard = GuardDialog(self._tools, error, end.submission.header.is_dry_run, self.window())
        self.guard.accepted.connect(self._on_guard_overruled)
        self.guard.open()

    def _on_guard_overruled(self) -> None:
        if self._end is not None and self._end.error is not None:
            self.run(overruled(self._end.submission, self._end.error.code))

    def _on_postponed(self, submission: Submission[ShopImport]) -> None:
        self.submit_dialog = SubmitDialog(self._tools, self.window(), submission)
        self.submit_dialog.submitted.connect(self.queued)
        self.submit_dialog.open()

    def _on_key_accepted(self) -> None:
        if self._end is not None:
            self.run(self._end.submission)

    def _on_key_refused(self, error: SyncError) -> None:
        self.progress.notice.say_error(error)

    def _on_wait_chosen(self) -> None:
        if self._end is not None:
            self._waiting = self._end.submission
            self.show_form()
            self.wait.show()

    def _on_waiting_given_up(self) -> None:
        self._waiting = None
        self.wait.hide()

    def _on_row_opened(self, entry: HistoryEntry) -> None:
        self.entry_opened.emit(entry.key)

    def _on_newest(self, page: Page[HistoryEntry]) -> None:
        self.latest.show_entry(next(iter(page.rows), None))


_RECENT = ("status", "kind", "started", "duration", "result", "issues", "operator")


def _pin(application: Application, fingerprint: str, replaces: bool) -> object:
    return application.remote_export.pin_host_key(fingerprint, replaces=replaces)
