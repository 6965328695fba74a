"""«Сеанс»: everything about one run, or about one session of the shop's own importer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from freesport_sync.core.history import (
    Pulse,
    SessionDetails,
    SessionKey,
    SessionStatus,
    Source,
)
from freesport_sync.core.run import (
    RunKind,
    RunRequest,
    Trigger,
    storable,
)
from freesport_sync.errors import SyncError
from freesport_sync.ui.diagnostics import session_report
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.dialogs.undo import UndoDialog
from freesport_sync.ui.pages.entry_changes import ChangesTab
from freesport_sync.ui.pages.entry_files import FilesTab
from freesport_sync.ui.pages.entry_issues import IssuesTab
from freesport_sync.ui.pages.entry_log import SessionLogTab
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
from freesport_sync.ui.widgets.summary import in_earnest, summary_of

_OPEN = (SessionStatus.RUNNING, SessionStatus.STUCK)


class SessionPage(QWidget):
    """One session; follows it while it runs.

    Args:
        tools: of the window.
    """

    repeated = Signal(object)
    """`RunRequest`: to be started."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._key: SessionKey | None = None
        self._details: SessionDetails | None = None
        self._repeated = RunRequest()
        self._stopping: SessionKey | None = None
        self._is_held = False
        texts = tools.texts
        self.empty = Placeholder(tools)
        self.empty.say("session", texts("session.none"), texts("session.none_more"))
        self.title = label("", "title")
        self.facts = label("", "muted", is_wrapped=True)
        self.summary = Notice(tools)
        self.refused = label("", "warn", is_wrapped=True)
        self.trouble = Notice(tools)
        self.trouble.hide()
        self.repeat = button(texts("session.repeat"), self._repeat, tools, "repeat")
        self.real = button(texts("exchange.now_for_real"), self._do_in_earnest, tools, "play")
        self.undo = button(texts("session.undo"), self._ask_undo, tools, "back", tooltip=texts("session.undo_tip"))
        self.stop = button(texts("session.stop"), self._ask_stop, tools, "stop", "danger")
        self.copy = button(texts("session.copy"), self._copy, tools, "copy", tooltip=texts("session.copy_tip"))
        self.tabs = QTabWidget()
        self.tabs.tabBar().setAccessibleName(texts("session.tabs"))
        self.tabs.setAccessibleName(texts("session.tabs"))
        self.totals = TotalsTab(tools)
        self.issues = IssuesTab(tools)
        self.changes = ChangesTab(tools)
        self.files = FilesTab(tools)
        self.log = SessionLogTab(tools)
        self._tabs: dict[str, QWidget] = {
            "totals": self.totals,
            "issues": self.issues,
            "changes": self.changes,
            "files": self.files,
            "log": self.log,
        }
        for name, tab in self._tabs.items():
            self.tabs.addTab(tab, texts(f"session.tab_{name}"))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(SPACE + 4)
        layout.addWidget(
            Wrapping(row(self.title, None), row(self.stop, self.real, self.repeat, self.undo, self.copy, None))
        )
        layout.addWidget(self.facts)
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
        tools.backend.opened.connect(self._forget)
        tools.backend.pulse_changed.connect(self._felt)
        tools.backend.run_ended.connect(self._run_ended)

    def open(self, key: SessionKey) -> None:
        """Show a session."""
        if key != self._key:
            self._key, self._details = key, None
            self.empty.say("session", self._tools.texts("session.opening"))
            self.stack.setCurrentIndex(0)
            self.tabs.setCurrentIndex(0)
            self.trouble.hide()
            rename(self.copy, self._tools.texts("session.copy"))
        self._ask()

    def refresh(self) -> None:
        """Read the session again."""
        self._ask()

    def save_state(self) -> None:
        """Remember widths."""
        for tab in (self.totals, self.issues, self.changes, self.files):
            tab.save_state()

    def _forget(self) -> None:
        """Another database has other sessions."""
        self._key = self._details = None
        self.empty.say("session", self._tools.texts("session.none"), self._tools.texts("session.none_more"))
        self.stack.setCurrentIndex(0)

    def _ask(self) -> None:
        key = self._key
        if key is not None:
            self._tools.backend.ask(lambda reader: reader.session(key), self._show, self._failed)

    def _felt(self, pulse: Pulse) -> None:
        details, was_held, self._is_held = self._details, self._is_held, pulse.holder is not None
        if details is not None:
            self._show_actions(details)
        # A run that has just ended may have undone this one.
        if details is None or details.session.status in _OPEN or (was_held and not self._is_held):
            self._ask()

    def _run_ended(self, _: object) -> None:
        self._ask()

    def _failed(self, error: SyncError) -> None:
        if self._details is None:
            self.empty.say_error(error)
            self.stack.setCurrentIndex(0)

    def _show(self, details: SessionDetails) -> None:
        if details.session.key != self._key or details == self._details:
            return
        self._details = details
        texts, session = self._tools.texts, details.session
        self.title.setText(texts.session_title(session))
        who = " · ".join(
            word
            for word in (
                texts.moment(session.started_at, has_seconds=True),
                session.operator,
                session.host,
                texts.word("trigger", session.trigger),
            )
            if word
        )
        self.facts.setText(who)
        tone = "neutral" if session.undone_by is not None else tone_of(session.status)
        self.summary.say(tone, *summary_of(texts, details))
        self.totals.show_session(details)
        self.issues.show_session(details)
        self.changes.show_session(details)
        self.files.show_session(details)
        self.log.show_session(details)
        counts = {
            "issues": session.errors + session.warnings,  # as everywhere: notes are none
            "changes": details.changes,
            "files": len(details.files),
        }
        for number, name in enumerate(self._tabs):
            count = counts.get(name, 0)
            text = texts(f"session.tab_{name}")
            self.tabs.setTabText(number, f"{text} {texts.number(count)}" if count else text)
        is_ours = session.key.source is Source.RUN
        show_tab(self.tabs, self.changes, session.is_dry_run or details.changes > 0)
        show_tab(self.tabs, self.issues, is_ours)
        has_files = session.kind not in [one.value for one in RunKind if not one.is_import]
        show_tab(self.tabs, self.files, is_ours and has_files)
        self._show_actions(details)
        self.stack.setCurrentIndex(1)

    def _show_actions(self, details: SessionDetails) -> None:
        session, rights, texts = details.session, self._tools.backend.rights, self._tools.texts
        is_ours = session.key.source is Source.RUN
        is_over = session.status not in _OPEN
        is_import = is_ours and session.kind in {kind.value for kind in RunKind if kind.is_import}
        is_stopping = self._stopping == session.key
        self.stop.setVisible(is_ours and session.status is SessionStatus.RUNNING)
        rename(self.stop, texts("exchange.cancelling" if is_stopping else "session.stop"))
        self.repeat.setVisible(is_import and is_over)
        is_done = session.status in (SessionStatus.COMPLETED, SessionStatus.REMARKS)
        request = _request_of(details)
        is_repair = request is not None and request.kind is RunKind.REPAIR and not session.is_dry_run
        has_backup = request is not None and request.is_undoable and not request.skip_backup
        self.undo.setVisible(is_done and (has_backup or is_repair))
        rename(self.undo, texts("session.undo_repair" if is_repair else "session.undo"))
        self.real.setVisible(is_done and session.is_dry_run and request is not None)
        if request is not None:
            rename(self.real, in_earnest(texts, request))
        of_kind = None if request is None else rights.of_kind(request.kind)
        reasons = set()
        refusals = ((self.stop, rights.runs), (self.real, of_kind), (self.repeat, of_kind), (self.undo, of_kind))
        for action, refusal in refusals:
            reason = "" if refusal is None else texts.error(refusal.error).what
            allow(action, reason)
            if reason and not action.isHidden():
                reasons.add(texts("session.refused", reason=" ".join(reason.split())))
        undone_key = "undo.already_repair" if is_repair or session.kind == RunKind.UNDO_REPAIR else "undo.already"
        for action, undone_by in ((self.undo, session.undone_by), (self.real, details.forestalled_by)):
            if undone_by is not None:
                allow(action, texts(undone_key, run_id=undone_by))
        self.stop.setEnabled(self.stop.isEnabled() and not is_stopping)
        self.refused.setText("\n".join(sorted(reasons)))
        self.refused.setVisible(bool(reasons))

    def _repeat(self) -> None:
        request = None if self._details is None else _request_of(self._details)
        if request is not None:
            self._repeat_with_files(request)

    def _do_in_earnest(self) -> None:
        """What a dry run has only looked at."""
        request = None if self._details is None else _request_of(self._details)
        self.trouble.hide()
        if request is None:
            return
        if request.kind.takes_back:
            undone_id = request.undone_id
            self._tools.backend.do(lambda application: application.undoing(undone_id), self._undo_chosen, self._refused)
        elif request.kind.is_import:
            self._repeat_with_files(replace(request, is_dry_run=False))
        else:
            self._undo_chosen(replace(request, is_dry_run=False))

    def _repeat_with_files(self, request: RunRequest) -> None:
        if self._key is None:
            return
        operator, run_id = storable(self._tools.backend.operator), self._key.id
        self._repeated = replace(request, operator=operator, trigger=Trigger.WINDOW)
        self._tools.backend.do(lambda application: application.files_of(run_id), self._repeat_from, self._not_kept)

    def _repeat_from(self, folder: Path) -> None:
        """The files of the server lie where the run has put them."""
        self.repeated.emit(replace(self._repeated, data_dir=folder, is_pull=False))

    def _not_kept(self, error: SyncError) -> None:
        if error.code != "run_fetched_nothing":
            self._refused(error)
        elif self._repeated.is_pull and self._details is not None:
            self.trouble.say("bad", self._tools.texts("session.files_elsewhere", host=self._details.session.host))
            self.trouble.show()
        else:
            self.repeated.emit(self._repeated)

    def _copy(self) -> None:
        if self._details is not None:
            QGuiApplication.clipboard().setText(session_report(self._tools, self._details))
            rename(self.copy, self._tools.texts("session.copied"))

    def _ask_stop(self) -> None:
        self.trouble.hide()
        texts = self._tools.texts
        words = (texts(f"session.stop_{name}") for name in ("title", "text", "yes", "no"))
        self.question = question(self.window(), *words)
        self.question.finished.connect(self._stop)
        self.question.open()

    def _stop(self, _: int) -> None:
        key = self._key
        if key is None or not answered_yes(self.question):
            return
        own = self._tools.backend.snapshot
        if self._tools.backend.is_running and own is not None and own.run_id == key.id:
            self._tools.backend.cancel_run()
            return
        by = storable(self._tools.backend.operator)
        self._tools.backend.do(lambda application: application.cancel(key.id, by), self._stopped, self._refused)

    def _stopped(self, _: object) -> None:
        self._stopping = self._key
        if self._details is not None:
            self._show_actions(self._details)

    def _ask_undo(self) -> None:
        key = self._key
        self.trouble.hide()
        if key is not None:
            self._tools.backend.do(lambda application: application.undoing(key.id), self._undo, self._refused)

    def _undo(self, request: RunRequest) -> None:
        if self._key is None:
            return
        self.undo_dialog = UndoDialog(self._tools, self._key.id, request, self.window())
        self.undo_dialog.chosen.connect(self._undo_chosen)
        self.undo_dialog.open()

    def _undo_chosen(self, request: RunRequest) -> None:
        operator = storable(self._tools.backend.operator)
        self.repeated.emit(replace(request, operator=operator, trigger=Trigger.WINDOW))

    def _refused(self, error: SyncError) -> None:
        self.trouble.say_error(error)
        self.trouble.show()


def _request_of(details: SessionDetails) -> RunRequest | None:
    """The request of a run that can be repeated, done in earnest or taken back; None of all others."""
    if details.session.key.source is Source.SHOP or details.session.kind not in set(RunKind):
        return None
    kind = RunKind(details.session.kind)
    names_what = kind.is_import or kind is RunKind.REPAIR or (kind.takes_back and details.session.undone_id)
    return RunRequest.from_json(details.request) if names_what else None
