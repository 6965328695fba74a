"""«Обмен»: start an import, watch it, see what came of the last one."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from freesport_sync.core.history import LockHolder, Overview, Pulse, Session, SessionKey, Source
from freesport_sync.core.run import RunKind, RunReport, RunRequest
from freesport_sync.errors import SyncError
from freesport_sync.ui.backend import RunEnd
from freesport_sync.ui.dialogs.guard import GUARDS, GuardDialog, overruled
from freesport_sync.ui.models.sessions import session_columns, sessions_model
from freesport_sync.ui.pages.exchange_form import ExchangeForm
from freesport_sync.ui.run_feed import RunSnapshot
from freesport_sync.ui.widgets.latest import LatestResult
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import GAP, SPACE, Card, Tools, button, label, row
from freesport_sync.ui.widgets.progress import Bar, StageTable
from freesport_sync.ui.widgets.table import Table
from freesport_sync.ui.widgets.welcome import Welcome

SHOWN_SESSIONS = 10


class ExchangePage(QWidget):
    """The start page.

    Args:
        tools: of the window.
    """

    session_opened = Signal(object)
    """`SessionKey`."""
    connection_wanted = Signal()
    """Somebody who is here for the first time wants to name the database of the shop."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._tools = tools
        self._waiting: RunRequest | None = None
        self._end: RunEnd | None = None
        self.form = ExchangeForm(tools)
        self.form.submitted.connect(self.run)
        self.progress = _Progress(tools)
        self.progress.cancelled.connect(self.cancel)
        self.progress.closed.connect(self.show_form)
        self.progress.repeated.connect(self.run)
        self.progress.opened.connect(self.session_opened)
        self.holder = Notice(tools)
        self.holder.hide()
        self.wait = _Waiting(tools)
        self.wait.given_up.connect(self._give_up_waiting)
        self.wait.hide()
        self.progress.hide()
        self.welcome = Welcome(tools)
        self.welcome.hide()
        self.welcome.demo_chosen.connect(self._show_demo)
        self.welcome.shop_chosen.connect(self._connect_shop)
        self.welcome.left.connect(self._leave_welcome)
        self._is_demo_wanted = False
        self.latest = LatestResult(tools)
        self.latest.opened.connect(self.session_opened)
        self._lay_out()
        backend = tools.backend
        backend.opened.connect(self._prepare)
        backend.failed.connect(self._unusable)
        backend.pulse_changed.connect(self._felt)
        backend.lost.connect(self._lost)
        backend.run_started.connect(self._started)
        backend.run_changed.connect(self.progress.show_snapshot)
        backend.run_ended.connect(self._ended)

    def run(self, request: RunRequest) -> None:
        """Start an import, or wait for the lock where somebody else holds it."""
        self._tools.backend.start_run(request)

    def cancel(self) -> None:
        """Stop the import; the page says so at once."""
        self._tools.backend.cancel_run()
        self.progress.show_cancelling()

    def show_form(self) -> None:
        """Back to the form."""
        self._show_part(self.form)
        self.form.start.setFocus()

    def refresh(self) -> None:
        """Read the newest sessions again."""
        self.recent.refresh()
        self._tools.backend.ask(lambda reader: reader.overview(1), self._show_overview, self._ignore)

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _lay_out(self) -> None:
        texts = self._tools.texts
        columns = [one for one in session_columns(texts) if one.name in _RECENT]
        self.recent = sessions_model(self._tools, self, columns, SHOWN_SESSIONS)
        self.recent.grows_at_top = False
        self.table = Table(self._tools, "recent", texts("exchange.recent"), self.recent)
        self.table.set_delegates(status="badge", result="bar")
        self.table.setMinimumHeight(150)
        self.table.row_opened.connect(self._open_row)
        right = QVBoxLayout()
        right.setSpacing(GAP)
        right.addWidget(self.latest)
        right.addStretch(1)
        upper = QHBoxLayout()
        upper.setSpacing(GAP)
        left = QVBoxLayout()  # not a stack, which would be as high as its highest page
        left.addWidget(self.form)
        left.addWidget(self.progress)
        left.addWidget(self.welcome)
        left.addStretch(1)
        upper.addLayout(left, 5)
        upper.addLayout(right, 3)
        recent = Card(texts("exchange.recent"))
        self.table.setObjectName("inner")
        recent.content.addWidget(self.table, 1)
        inner = QWidget()
        inner.setObjectName("scrolled")
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(GAP + 4, GAP, GAP + 4, GAP)
        layout.setSpacing(GAP)
        layout.addWidget(label(texts("exchange.title"), "title"))
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
        for one in (self.form, self.progress, self.welcome):
            one.setVisible(one is part)
        self._scroll.ensureVisible(0, 0)

    def _prepare(self) -> None:
        self.form.prepare()
        self.form.set_enabled(True)
        self.holder.hide()
        self.recent.reload()
        self.refresh()
        if not self._tools.backend.is_running:
            self._show_part(self.welcome if self._is_first_start() else self.form)

    def _is_first_start(self) -> bool:
        backend = self._tools.backend
        application, options = backend.application, backend.options
        is_told = options.is_demo or options.database_url is not None or options.data_dir is not None
        if application is None or is_told or application.settings.database.url is not None:
            return False
        return not self._tools.state.text("welcome") and not application.paths.settings_file.exists()

    def _leave_welcome(self) -> None:
        self._tools.state.keep("welcome", "seen")
        self._show_part(self.form)

    def _connect_shop(self) -> None:
        self._leave_welcome()
        self.connection_wanted.emit()

    def _show_demo(self) -> None:
        self._leave_welcome()
        self._is_demo_wanted = True
        self._tools.backend.reopen(replace(self._tools.backend.options, is_demo=True))

    def _unusable(self, error: SyncError) -> None:
        text = self._tools.texts.error(error)
        self.form.set_enabled(False, text.what)
        self.holder.say_error(error)
        self.holder.show()

    def _lost(self, error: SyncError) -> None:
        if not self._tools.backend.is_running:
            self.form.set_enabled(False, self._tools.texts("exchange.no_database"))

    def _felt(self, pulse: Pulse) -> None:
        backend = self._tools.backend
        self.form.set_enabled(not backend.is_running)
        own = backend.snapshot.run_id if backend.is_running and backend.snapshot else None
        is_foreign = pulse.holder is not None and not backend.is_running and pulse.holder.run_id != own
        self.holder.setVisible(is_foreign and self._waiting is None)
        if is_foreign and pulse.holder is not None:
            self.holder.say("busy", *self._told(pulse.holder))
        if self._is_demo_wanted and backend.options.is_demo:
            self._is_demo_wanted = False
            self.form.set_kind(RunKind.ALL)
            self.run(self.form.request(is_dry_run=True))
        if pulse.holder is None and self._waiting is not None and not backend.is_running:
            request, self._waiting = self._waiting, None
            self.wait.hide()
            self.run(request)
        self.refresh()

    def _told(self, holder: LockHolder) -> tuple[str, str]:
        texts = self._tools.texts
        since = texts.moment(holder.since) if holder.since else "—"
        if holder.run_id is None:
            return texts("exchange.held_by_unknown"), texts("exchange.held_from", host=holder.host or "—", since=since)
        stage = texts(f"stage.{holder.stage}")
        return (
            texts("exchange.held", operator=holder.operator, run_id=texts.number(holder.run_id)),
            texts("exchange.held_details", host=holder.host, stage=stage, since=since),
        )

    def _started(self, request: RunRequest) -> None:
        self._end = None
        self.holder.hide()
        self.form.set_enabled(False, self._tools.texts("exchange.is_running"))
        self.progress.begin(request)
        self._show_part(self.progress)

    def _ended(self, end: RunEnd) -> None:
        self._end = end
        self.form.set_enabled(True)
        self.progress.show_end(end)
        self.refresh()
        if end.error is None:
            return
        if end.error.code in GUARDS:
            self._ask_about_guard(end, end.error)
        elif end.error.code in ("lock_held", "lock_held_unknown", "lock_held_unknown_run", "foreign_import_running"):
            self.progress.offer_waiting()
            self.progress.waited.connect(self._wait, Qt.ConnectionType.UniqueConnection)

    def _ask_about_guard(self, end: RunEnd, error: SyncError) -> None:
        self.guard = GuardDialog(self._tools, error, end.request.is_dry_run, self.window())
        self.guard.accepted.connect(self._accept_guard)
        self.guard.open()

    def _accept_guard(self) -> None:
        if self._end is not None and self._end.error is not None:
            self.run(overruled(self._end.request, self._end.error.code))

    def _wait(self) -> None:
        if self._end is not None:
            self._waiting = self._end.request
            self.show_form()
            self.wait.show()

    def _give_up_waiting(self) -> None:
        self._waiting = None
        self.wait.hide()

    def _open_row(self, session: Session) -> None:
        self.session_opened.emit(session.key)

    def _show_overview(self, overview: Overview) -> None:
        self.latest.show_overview(overview)

    def _ignore(self, _: SyncError) -> None:
        """The banner of the window tells."""


_RECENT = ("status", "kind", "started", "duration", "result", "issues", "operator")


class _Waiting(QWidget):
    """Says that the import begins when the lock is free."""

    given_up = Signal()

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        notice = Notice(tools)
        notice.say("busy", tools.texts("exchange.waiting"), tools.texts("exchange.waiting_more"))
        layout = row(notice, button(tools.texts("exchange.give_up"), self._give_up, tools, role="link"))
        layout.setStretch(0, 1)
        self.setLayout(layout)

    def _give_up(self) -> None:
        self.given_up.emit()


class _Progress(Card):
    """A running import, and what came of it."""

    cancelled = Signal()
    closed = Signal()
    waited = Signal()
    repeated = Signal(object)
    opened = Signal(object)

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        texts = tools.texts
        self._request: RunRequest | None = None
        self._snapshot: RunSnapshot | None = None
        self.title = label("", "heading")
        self.what = label("", "muted", is_wrapped=True)
        self.notice = Notice(tools)
        self.stages = StageTable(tools)
        self.overall = Bar(texts("exchange.overall"))
        self.percent = label("", "heading")
        self.elapsed = label("", "muted")
        self.issues = label("", "muted")
        tip = texts("exchange.cancel_tip")
        self.cancel = button(texts("exchange.cancel"), self._cancel, tools, "stop", "danger", "Ctrl+.", tip)
        self.open = button(texts("exchange.open"), self._open, tools, "session", "primary")
        self.again = button(texts("exchange.again"), self._again, tools, "repeat")
        self.real = button(texts("exchange.now_for_real"), self._for_real, tools, "play")
        self.wait = button(texts("exchange.wait"), self._wait, tools, "history")
        self.close_button = button(texts("exchange.new"), self.closed.emit, tools, "back")
        whole = row(self.overall, self.percent, spacing=12)
        whole.setStretch(0, 1)
        for part in (self.title, self.what, self.notice):
            self.content.addWidget(part)
        self.content.addSpacing(SPACE)
        self.content.addWidget(self.stages)
        self.content.addSpacing(SPACE)
        self.content.addLayout(whole)
        self.content.addLayout(row(self.elapsed, None, self.issues))
        self.content.addStretch(1)
        self.content.addLayout(row(self.cancel, self.open, self.real, self.again, self.wait, None, self.close_button))
        for one in (self.open, self.real, self.again, self.wait):
            one.hide()
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._seconds = 0

    def begin(self, request: RunRequest) -> None:
        """A new import."""
        texts = self._tools.texts
        self._request = request
        self.title.setText(texts.kind(request.kind.value, request.is_dry_run).capitalize())
        is_restore = request.kind is RunKind.RESTORE
        key = "exchange.from_backup" if is_restore else "exchange.from"
        self.what.setText(texts(key, name=request.backup_id, source=str(request.source)))
        self.notice.hide()
        self._show_stages(True)
        for one in (self.open, self.again, self.real, self.wait, self.close_button):
            one.hide()
        for part in (self.cancel, self.elapsed, self.issues):
            part.show()
        self.cancel.setEnabled(True)
        self.cancel.setText(texts("exchange.cancel"))
        self.cancel.setFocus()
        self._seconds = 0
        self.elapsed.setText(texts("exchange.elapsed", time=texts.duration(0)))
        self._clock.start()

    def show_snapshot(self, snapshot: RunSnapshot) -> None:
        """How far it is."""
        texts = self._tools.texts
        self._snapshot = snapshot
        self.stages.show_stages(snapshot)
        self.overall.show_fraction(snapshot.fraction)
        self.percent.setText(f"{int(100 * snapshot.fraction)} %")
        if snapshot.export is not None and self._request is not None:
            found = snapshot.export
            words = [
                texts("exchange.from", source=str(self._request.source)),
                texts.count("exchange.files", found.files, size=texts.size(found.size_bytes)),
                texts("cli.export_age", created_at=texts.moment(found.created_at), age=texts.age(found.age_s or 0))
                if found.created_at is not None
                else texts("cli.export_undated"),
            ]
            self.what.setText("\n".join(words))
        self.issues.setText(self._counted(snapshot))
        if snapshot.attempt > 1 and not self._tools.backend.is_cancelling:
            self.notice.say("warn", texts("exchange.repeated", attempt=snapshot.attempt))
            self.notice.show()

    def show_cancelling(self) -> None:
        """The operator has asked; it takes a moment."""
        self.cancel.setEnabled(False)
        self.cancel.setText(self._tools.texts("exchange.cancelling"))

    def show_end(self, end: RunEnd) -> None:
        """What came of it."""
        self._clock.stop()
        for part in (self.cancel, self.elapsed, self.issues):
            part.hide()
        texts = self._tools.texts
        if end.error is not None:
            self.notice.say_error(end.error)
        elif end.report is not None:
            self._show_report(end.report)
        self.notice.show()
        self._show_stages(end.snapshot.run_id is not None)  # one that was refused has had none
        self.open.setVisible(end.snapshot.run_id is not None)
        is_dry = end.error is None and end.request.is_dry_run
        self.real.setVisible(is_dry)
        self.again.setVisible(not is_dry)
        self.again.setText(texts("exchange.again"))
        self.close_button.show()
        (self.open if self.open.isVisibleTo(self) else self.close_button).setFocus()

    def _show_stages(self, is_visible: bool) -> None:
        for part in (self.stages, self.overall, self.percent):
            part.setVisible(is_visible)

    def offer_waiting(self) -> None:
        """Somebody else is importing."""
        self.wait.show()

    def _show_report(self, report: RunReport) -> None:
        texts = self._tools.texts
        created = sum(count.created for count in report.counts.values())
        updated = sum(count.updated for count in report.counts.values())
        has_remarks = self._snapshot is not None and (self._snapshot.errors or self._snapshot.warnings)
        what = texts(
            "exchange.checked" if report.is_dry_run else "exchange.done", time=texts.duration(report.duration_s)
        )
        key = "history.would_change" if report.is_dry_run else "history.changed"
        changed = texts(key, created=texts.number(created), updated=texts.number(updated))
        self.notice.say(
            "warn" if has_remarks else "good",
            what,
            changed if created or updated else texts("exchange.nothing_to_change"),
            self._counted(self._snapshot) if self._snapshot is not None else "",
            texts("exchange.dry_explained") if report.is_dry_run else "",
        )

    def _counted(self, snapshot: RunSnapshot) -> str:
        texts = self._tools.texts
        counts = (("errors", snapshot.errors), ("warnings", snapshot.warnings), ("notes", snapshot.notes))
        words = [texts.count(f"window.{name}", number) for name, number in counts if number]
        return " · ".join(words) if words else texts("exchange.no_issues")

    def _tick(self) -> None:
        self._seconds += 1
        self.elapsed.setText(self._tools.texts("exchange.elapsed", time=self._tools.texts.duration(self._seconds)))

    def _cancel(self) -> None:
        self.cancelled.emit()

    def _open(self) -> None:
        if self._snapshot is not None and self._snapshot.run_id is not None:
            self.opened.emit(SessionKey(Source.RUN, self._snapshot.run_id))

    def _again(self) -> None:
        if self._request is not None:
            self.repeated.emit(self._request)

    def _for_real(self) -> None:
        if self._request is not None:
            self.repeated.emit(replace(self._request, is_dry_run=False))

    def _wait(self) -> None:
        self.waited.emit()
