"""«Сеанс»: everything about one run, or about one import session of the shop's own importer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.history import EntryKey, EntrySource, EntryStatus, HistoryDetails
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.shop import UpkeepKind, is_import
from freesport_sync.core.task_list import Task
from freesport_sync.core.tasks import Header, Request, Submission
from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.tasks.repair.request import RepairCreatedAt
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.diagnostics import entry_diagnostics
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.dialogs.support import SupportDialog
from freesport_sync.ui.dialogs.undo import UndoDialog
from freesport_sync.ui.pages.entry_changes import ChangesTab
from freesport_sync.ui.pages.entry_files import FilesTab
from freesport_sync.ui.pages.entry_issues import IssuesTab
from freesport_sync.ui.pages.entry_log import LogTab
from freesport_sync.ui.pages.entry_totals import TotalsTab
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.empty import Placeholder
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    Wrapping,
    allow,
    button,
    label,
    rename,
    row,
    show_tab,
)
from freesport_sync.ui.widgets.summary import real_run_label, summary_of

_OPEN = (EntryStatus.RUNNING, EntryStatus.STUCK)


class EntryPage(QWidget):
    """One entry; follows it while it runs.

    Args:
        tools: of the window.
    """

    repeated = Signal(object)
    """`Submission` to be started."""
    task_opened = Signal(int)
    """The task that the run was a try of."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._key: EntryKey | None = None
        self._details: HistoryDetails | None = None
        self._repeated: Submission[ShopImport] = Submission(ShopImport(), Header())
        self._undoing: Request = RepairCreatedAt()
        self._stopping: EntryKey | None = None
        self._is_held = False
        self._is_repeat_wanted = False
        texts = tools.texts
        self.empty = Placeholder(tools)
        self.empty.say("entry", texts("entry.none"), texts("entry.none_more"))
        self.title = label("", "title")
        self.facts = label("", "muted", is_wrapped=True)
        self.task = button("", self._open_task, tools, "tasks", "link", tooltip=texts("entry.task_tip"))
        self.summary = Notice(tools)
        self.refused = label("", "warn", is_wrapped=True)
        self.trouble = Notice(tools)
        self.trouble.hide()
        self.repeat = button(texts("entry.repeat"), self._repeat, tools, "repeat")
        self.real = button(texts("import_page.now_for_real"), self._run_for_real, tools, "play")
        self.undo = button(texts("entry.undo"), self._ask_undo, tools, "back", tooltip=texts("entry.undo_tip"))
        self.stop = button(texts("entry.stop"), self._ask_stop, tools, "stop", "danger")
        self.copy = button(texts("entry.copy"), self._copy, tools, "copy", tooltip=texts("entry.copy_tip"))
        self.support = button(
            texts("entry.support"), self._open_support, tools, "archive", tooltip=texts("support_dialog.tip")
        )
        self.tabs = QTabWidget()
        self.tabs.tabBar().setAccessibleName(texts("entry.tabs"))
        self.tabs.setAccessibleName(texts("entry.tabs"))
        self.totals = TotalsTab(tools)
        self.issues = IssuesTab(tools)
        self.changes = ChangesTab(tools)
        self.files = FilesTab(tools)
        self.log = LogTab(tools)
        self._tabs: dict[str, QWidget] = {
            "totals": self.totals,
            "issues": self.issues,
            "changes": self.changes,
            "files": self.files,
            "log": self.log,
        }
        for name, tab in self._tabs.items():
            self.tabs.addTab(tab, texts(f"entry.tab_{name}"))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        actions = row(self.stop, self.real, self.repeat, self.undo, self.copy, None)
        layout.addWidget(Wrapping(row(self.title, None), actions))
        about = row(self.facts, self.task, self.support)
        about.setStretch(0, 1)
        layout.addLayout(about)
        layout.addWidget(self.refused)
        layout.addWidget(self.summary)
        layout.addWidget(self.trouble)
        layout.addWidget(self.tabs, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        tools.backend.opened.connect(self._on_opened)
        tools.backend.database_status_changed.connect(self._on_database_status)
        tools.backend.run_ended.connect(self._on_run_ended)

    def open(self, key: EntryKey) -> None:
        """Show an entry."""
        self._is_repeat_wanted = False
        if key != self._key:
            self._key, self._details = key, None
            self.empty.say("entry", self._tools.texts("entry.opening"))
            self.stack.setCurrentIndex(0)
            self.tabs.setCurrentIndex(0)
            self.trouble.hide()
            rename(self.copy, self._tools.texts("entry.copy"))
        self._ask()

    def open_and_repeat(self, key: EntryKey) -> None:
        """Show an entry, and start what it did once more, if that is allowed."""
        self.open(key)
        self._is_repeat_wanted = True
        if self._details is not None:
            self._repeat_if_wanted()

    def _repeat_if_wanted(self) -> None:
        is_wanted, self._is_repeat_wanted = self._is_repeat_wanted, False
        if is_wanted and not self.repeat.isHidden() and self.repeat.isEnabled():
            self._repeat()

    def refresh(self) -> None:
        """Read the entry again."""
        self._ask()

    def save_state(self) -> None:
        """Remember widths."""
        for tab in (self.totals, self.issues, self.changes, self.files):
            tab.save_state()

    def _on_opened(self) -> None:
        """Forget the entry, because another database has other entries."""
        self._key = self._details = None
        self.empty.say("entry", self._tools.texts("entry.none"), self._tools.texts("entry.none_more"))
        self.stack.setCurrentIndex(0)

    def _ask(self) -> None:
        key = self._key
        if key is not None:
            self._tools.backend.ask(lambda history: history.details(key), self._on_details, self._on_failed)

    def _on_database_status(self, status: DatabaseStatus) -> None:
        details, was_held, self._is_held = self._details, self._is_held, status.holder is not None
        if details is not None:
            self._show_actions(details)
        is_open = details is None or details.entry.status in _OPEN or _is_open(details.task)
        # A run that has just ended may have undone this one.
        if is_open or (was_held and not self._is_held):
            self._ask()

    def _on_run_ended(self, _: object) -> None:
        self._ask()

    def _on_failed(self, error: SyncError) -> None:
        if self._details is None:
            self.empty.say_error(error)
            self.stack.setCurrentIndex(0)

    def _on_details(self, details: HistoryDetails) -> None:
        if details.entry.key != self._key or details == self._details:
            return
        self._details = details
        texts, entry = self._tools.texts, details.entry
        self.title.setText(texts.entry_title(entry))
        who = " · ".join(
            word
            for word in (
                texts.moment(entry.started_at, has_seconds=True),
                entry.operator,
                entry.host,
                texts.word("trigger", entry.trigger),
            )
            if word
        )
        self.facts.setText(who)
        tone = "neutral" if entry.undone_by is not None else tone_of(entry.status)
        self.summary.say(tone, *summary_of(texts, details))
        self._show_task(details.task)
        self.totals.show_entry(details)
        self.issues.show_entry(details)
        self.changes.show_entry(details)
        self.files.show_entry(details)
        self.log.show_entry(details)
        counts = {
            "issues": entry.errors + entry.warnings,  # notes do not count, as everywhere
            "changes": details.changes,
            "files": len(details.files),
        }
        for number, name in enumerate(self._tabs):
            count = counts.get(name, 0)
            text = texts(f"entry.tab_{name}")
            self.tabs.setTabText(number, f"{text} {texts.number(count)}" if count else text)
        is_ours = entry.key.source is EntrySource.RUN
        show_tab(self.tabs, self.changes, entry.is_dry_run or details.changes > 0)
        show_tab(self.tabs, self.issues, is_ours)
        has_files = is_import(entry.kind)
        show_tab(self.tabs, self.files, is_ours and has_files)
        self._show_actions(details)
        self.stack.setCurrentIndex(1)
        self._repeat_if_wanted()

    def _show_task(self, task: Task | None) -> None:
        """The task of the run, and how the queue sees it now: it may try again."""
        texts = self._tools.texts
        self.task.setVisible(task is not None)
        if task is not None:
            status = texts(f"task_status.{task.status.value}")
            key = "entry.task_again" if task.attempt > 1 else "entry.task"
            attempt = texts.number(task.attempt)
            rename(self.task, texts(key, id=texts.number(task.id), status=status, attempt=attempt))

    def _open_task(self) -> None:
        if self._details is not None and self._details.task is not None:
            self.task_opened.emit(self._details.task.id)

    def _show_actions(self, details: HistoryDetails) -> None:
        entry, rights, texts = details.entry, self._tools.backend.rights, self._tools.texts
        is_ours = entry.key.source is EntrySource.RUN
        is_over = entry.status not in _OPEN
        is_stopping = self._stopping == entry.key
        self.stop.setVisible(is_ours and entry.status is EntryStatus.RUNNING)
        rename(self.stop, texts("import_page.cancelling" if is_stopping else "entry.stop"))
        self.repeat.setVisible(is_ours and is_import(entry.kind) and is_over)
        is_done = entry.status in (EntryStatus.COMPLETED, EntryStatus.REMARKS)
        request = self._request_of(details)
        is_repair = request is not None and request.kind == UpkeepKind.REPAIR and not entry.is_dry_run
        has_backup = isinstance(request, ShopImport) and request.is_undoable and not request.skip_backup
        self.undo.setVisible(is_done and (is_repair or (has_backup and not entry.is_dry_run)))
        rename(self.undo, texts("entry.undo_repair" if is_repair else "entry.undo"))
        self.real.setVisible(is_done and entry.is_dry_run and request is not None)
        if request is not None:
            rename(self.real, real_run_label(texts, request))
        of_kind = None if request is None else rights.of_kind(request.kind)
        reasons = set()
        refusals = ((self.stop, rights.runs), (self.real, of_kind), (self.repeat, of_kind), (self.undo, of_kind))
        for action, refusal in refusals:
            reason = "" if refusal is None else texts.error(refusal.error).what
            allow(action, reason)
            if reason and not action.isHidden():
                reasons.add(texts("entry.refused", reason=" ".join(reason.split())))
        undone_key = "undo.already_repair" if is_repair or entry.kind == UpkeepKind.UNDO_REPAIR else "undo.already"
        for action, undone_by in ((self.undo, entry.undone_by), (self.real, details.already_undone_by)):
            if undone_by is not None:
                allow(action, texts(undone_key, run_id=undone_by))
        self.stop.setEnabled(self.stop.isEnabled() and not is_stopping)
        self.refused.setText("\n".join(sorted(reasons)))
        self.refused.setVisible(bool(reasons))

    def _repeat(self) -> None:
        request = None if self._details is None else self._request_of(self._details)
        if isinstance(request, ShopImport) and self._details is not None:
            self._repeat_with_files(request, self._details.entry.is_dry_run)

    def _run_for_real(self) -> None:
        """Do what the dry run only tried."""
        request = None if self._details is None else self._request_of(self._details)
        self.trouble.hide()
        if request is None:
            return
        if request.undone_id:
            undone_id = request.undone_id
            self._tools.backend.do(lambda application: application.undoing(undone_id), self._start, self._on_refused)
        elif isinstance(request, ShopImport):
            self._repeat_with_files(request, is_dry_run=False)
        else:
            self._start(request)

    def _repeat_with_files(self, request: ShopImport, is_dry_run: bool) -> None:
        if self._key is None:
            return
        run_id = self._key.id
        request = replace(request, accept_no_records=False)  # an operator wants to know, unlike 1C
        self._repeated = self._tools.backend.submission(request, is_dry_run)
        self._tools.backend.do(
            lambda application: application.run_files.of(run_id), self._on_files_found, self._on_files_missing
        )

    def _on_files_found(self, folder: Path) -> None:
        """Repeat with the files where the run has put them."""
        request = replace(self._repeated.request, data_dir=folder, is_pull=False)
        self.repeated.emit(replace(self._repeated, request=request))

    def _on_files_missing(self, error: SyncError) -> None:
        if error.code != "run_fetched_nothing":
            self._on_refused(error)
        elif self._repeated.request.is_pull and self._details is not None:
            self.trouble.say("bad", self._tools.texts("entry.files_elsewhere", host=self._details.entry.host))
            self.trouble.show()
        else:
            self.repeated.emit(self._repeated)

    def _copy(self) -> None:
        if self._details is not None:
            QGuiApplication.clipboard().setText(entry_diagnostics(self._tools, self._details))
            rename(self.copy, self._tools.texts("entry.copied"))

    def _open_support(self) -> None:
        self.support_dialog = SupportDialog(self._tools, self._key, self.window())
        self.support_dialog.open()

    def _ask_stop(self) -> None:
        self.trouble.hide()
        texts = self._tools.texts
        words = (texts(f"entry.stop_{name}") for name in ("title", "text", "yes", "no"))
        self.question = question(self.window(), *words)
        self.question.finished.connect(self._stop)
        self.question.open()

    def _stop(self, _: int) -> None:
        key = self._key
        if key is None or not answered_yes(self.question):
            return
        if self._tools.backend.cancel_own(key.id):
            return
        by = replace_surrogates(self._tools.backend.operator)
        self._tools.backend.do(
            lambda application: application.remote_control.cancel(key.id, by), self._on_stopped, self._on_refused
        )

    def _on_stopped(self, _: object) -> None:
        self._stopping = self._key
        if self._details is not None:
            self._show_actions(self._details)

    def _ask_undo(self) -> None:
        key = self._key
        self.trouble.hide()
        if key is not None:
            self._tools.backend.do(lambda application: application.undoing(key.id), self._undo, self._on_refused)

    def _undo(self, request: Request) -> None:
        if self._key is None:
            return
        self._undoing = request
        self.undo_dialog = UndoDialog(self._tools, self._key.id, request, self.window())
        self.undo_dialog.chosen.connect(self._on_undo_chosen)
        self.undo_dialog.open()

    def _on_undo_chosen(self, is_dry_run: bool) -> None:
        self.repeated.emit(self._tools.backend.submission(self._undoing, is_dry_run))

    def _start(self, request: Request) -> None:
        self.repeated.emit(self._tools.backend.submission(request))

    def _request_of(self, details: HistoryDetails) -> Request | None:
        """The request of a run that can be repeated, run for real or undone; None: it cannot."""
        application, entry = self._tools.backend.application, details.entry
        names_what = is_import(entry.kind) or entry.kind == UpkeepKind.REPAIR or entry.undone_id
        if application is None or entry.key.source is EntrySource.SHOP or not names_what:
            return None
        try:
            request: Request = application.stored_submission(details.request).request
            return request
        except ConfigError:  # of a newer program
            return None

    def _on_refused(self, error: SyncError) -> None:
        self.trouble.say_error(error)
        self.trouble.show()


def _is_open(task: Task | None) -> bool:
    return task is not None and not task.status.is_final
