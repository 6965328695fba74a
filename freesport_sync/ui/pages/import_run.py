"""The running import on the import page, and its result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.run import RunReport
from freesport_sync.core.shop import undoes
from freesport_sync.core.tasks import Request, Submission
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.run_feed import RunSnapshot, StageState
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Card,
    Tools,
    Wrapping,
    button,
    label,
    rename,
    row,
)
from freesport_sync.ui.widgets.progress import Bar, StageTable
from freesport_sync.ui.widgets.summary import done_of, real_run_label

SHOWN_FILES = 3
"""How many files of the SSH host are named here; the history names all of them."""


class Waiting(QWidget):
    """Says that the import begins when the lock is free."""

    given_up = Signal()

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        notice = Notice(tools)
        notice.say("busy", tools.texts("import_page.waiting"), tools.texts("import_page.waiting_more"))
        layout = row(notice, button(tools.texts("import_page.give_up"), self._on_give_up, tools, role="link"))
        layout.setStretch(0, 1)
        self.setLayout(layout)

    def _on_give_up(self) -> None:
        self.given_up.emit()


class RunCard(Card):
    """A running import, and its result."""

    cancelled = Signal()
    closed = Signal()
    waited = Signal()
    repeated = Signal(object)
    opened = Signal(object)

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        texts = tools.texts
        self._submission: Submission[Any] | None = None
        self._snapshot: RunSnapshot | None = None
        self.title = label("", "heading")
        self.what = label("", "muted", is_wrapped=True)
        self.notice = Notice(tools)
        self.stages = StageTable(tools)
        self.overall = Bar(texts("import_page.overall"))
        self.percent = label("", "heading")
        self.elapsed = label("", "muted")
        self.issues = label("", "muted")
        tip = texts("import_page.cancel_tip")
        self.cancel = button(texts("import_page.cancel"), self._on_cancel, tools, "stop", "danger", "Ctrl+.", tip)
        self.open = button(texts("import_page.open"), self._on_open, tools, "entry", "primary")
        self.again = button(texts("import_page.again"), self._on_again, tools, "repeat")
        self.real = button(texts("import_page.now_for_real"), self._on_for_real, tools, "play")
        self.wait = button(texts("import_page.wait"), self._on_wait, tools, "history")
        self.close_button = button(texts("import_page.new"), self.closed.emit, tools, "back")
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
        actions = row(self.cancel, self.open, self.real, self.again, self.wait, None)
        self.content.addWidget(Wrapping(actions, row(self.close_button, None)))
        for one in (self.open, self.real, self.again, self.wait):
            one.hide()
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._on_tick)
        self._seconds = 0

    def begin(self, submission: Submission[Any]) -> None:
        """Show a new import."""
        texts = self._tools.texts
        self._submission = submission
        request, is_dry_run = submission.request, submission.header.is_dry_run
        self.title.setText(texts.kind(request.kind, is_dry_run, request.undone_id).capitalize())
        self.what.setText(self._source(request))
        self.notice.hide()
        self._show_stages(True)
        for one in (self.open, self.again, self.real, self.wait, self.close_button):
            one.hide()
        for part in (self.cancel, self.elapsed, self.issues):
            part.show()
        self.cancel.setEnabled(True)
        is_undo = undoes(request.kind)
        rename(self.cancel, texts("undo.stop" if is_undo else "import_page.cancel"))
        self.cancel.setToolTip(texts("undo.stop_tip" if is_undo else "import_page.cancel_tip"))
        rename(self.real, real_run_label(texts, request))
        self.cancel.setFocus()
        self._seconds = 0
        self.elapsed.setText(texts("import_page.elapsed", time=texts.duration(0)))
        self._clock.start()

    def show_snapshot(self, snapshot: RunSnapshot) -> None:
        """Show the progress."""
        texts = self._tools.texts
        self._snapshot = snapshot
        self.stages.show_stages(snapshot)
        self.overall.show_fraction(snapshot.fraction)
        self.percent.setText(f"{int(100 * snapshot.fraction)} %")
        if self._submission is not None:
            self.what.setText("\n".join((self._source(self._submission.request), *self._details(snapshot))))
        self.issues.setText(self._counted(snapshot))
        if snapshot.attempt > 1 and not self._tools.backend.is_cancelling:
            self.notice.say("warn", texts("import_page.repeated", attempt=snapshot.attempt))
            self.notice.show()

    def show_cancelling(self) -> None:
        """Show that the run is being cancelled, which takes a moment."""
        self.cancel.setEnabled(False)
        is_undo = self._submission is not None and undoes(self._submission.request.kind)
        rename(self.cancel, self._tools.texts("undo.stopping" if is_undo else "import_page.cancelling"))

    def show_end(self, end: RunEnd) -> None:
        """Show the result."""
        self._clock.stop()
        for part in (self.cancel, self.elapsed, self.issues):
            part.hide()
        request, is_dry_run = end.submission.request, end.submission.header.is_dry_run
        if end.error is not None:
            self.notice.say_error(self._tools.texts.of_run(end.error, request.kind, is_dry_run))
        elif end.report is not None:
            self._show_report(end.report)
        self.notice.show()
        has_begun = any(line.state is not StageState.WAITING for line in end.snapshot.stages)
        self._show_stages(end.error is not None and has_begun)  # where it has stopped; one that is done has its result
        self.overall.hide()
        self.percent.hide()
        self.open.setVisible(end.snapshot.run_id is not None)
        is_dry = end.error is None and is_dry_run
        self.real.setVisible(is_dry)
        self.again.setVisible(not is_dry and not (end.error is None and undoes(request.kind)))
        self.close_button.show()
        (self.open if self.open.isVisibleTo(self) else self.close_button).setFocus()

    def _show_stages(self, is_visible: bool) -> None:
        for part in (self.stages, self.overall, self.percent):
            part.setVisible(is_visible)

    def offer_waiting(self) -> None:
        """Offer to wait for somebody else's import."""
        self.wait.show()

    def _source(self, request: Request) -> str:
        texts, application = self._tools.texts, self._tools.backend.application
        if isinstance(request, RestoreBackup):
            return texts("import_page.from_backup", name=request.backup_id)
        if not isinstance(request, ShopImport):
            return texts.kind(request.kind)
        remote = application.remote_export.folders if application is not None else None
        if request.is_pull and remote is not None:
            folder = remote.folder or texts("import_page.server_home")
            return texts("import_page.pulled_from", server=remote.login, folder=folder)
        return texts("import_page.from", source=str(request.source))

    def _details(self, snapshot: RunSnapshot) -> Iterator[str]:
        """What came from the server, and what the export is."""
        texts = self._tools.texts
        pulled, archived, found = snapshot.pulled, snapshot.archived, snapshot.export
        if pulled is not None:
            size, unchanged = texts.size(pulled.fetched_bytes), texts.number(pulled.unchanged)
            yield texts.count("import_page.pulled", pulled.fetched, size=size, unchanged=unchanged)
            yield from self._listed("import_page.pull_unfinished", pulled.unfinished)
        if found is not None:
            if pulled is None:
                yield texts.count("import_page.files", found.files, size=texts.size(found.size_bytes))
            yield (
                texts("cli.export_age", created_at=texts.moment(found.created_at), age=texts.age(found.age_s or 0))
                if found.created_at is not None
                else texts("cli.export_undated")
            )
        if len(snapshot.undone) > 1:
            yield texts("undo.together", runs=", ".join(texts.number(one) for one in snapshot.undone))
        if archived is not None:
            yield texts("cli.archived", moved=archived.moved, folder=archived.folder)
            yield from self._listed("import_page.archive_kept", archived.kept)

    def _listed(self, key: str, files: tuple[tuple[str, str], ...]) -> Iterator[str]:
        texts = self._tools.texts
        for path, reason in files[:SHOWN_FILES]:
            yield texts(key, file=path, reason=texts(f"skipped.{reason}"))
        if len(files) > SHOWN_FILES:
            yield texts.count("import_page.more_files", len(files) - SHOWN_FILES)

    def _show_report(self, report: RunReport) -> None:
        texts = self._tools.texts
        has_remarks = self._snapshot is not None and (self._snapshot.errors or self._snapshot.warnings)
        changed = texts.changed(report.counts, report.is_dry_run, report.kind)
        is_undo = undoes(report.kind)
        explained = "undo.dry_explained" if is_undo else "import_page.dry_explained"
        self.notice.say(
            "warn" if has_remarks else "good",
            done_of(texts, report.kind, report.undone_id, report.is_dry_run, report.duration_s),
            f"{changed[:1].upper()}{changed[1:]}"
            or texts("undo.nothing" if is_undo else "import_page.nothing_to_change"),
            self._counted(self._snapshot) if self._snapshot is not None else "",
            texts(explained) if report.is_dry_run else "",
        )

    def _counted(self, snapshot: RunSnapshot) -> str:
        texts = self._tools.texts
        counted = texts.remarks(errors=snapshot.errors, warnings=snapshot.warnings, notes=snapshot.notes)
        return counted or texts("import_page.no_issues")

    def _on_tick(self) -> None:
        self._seconds += 1
        self.elapsed.setText(self._tools.texts("import_page.elapsed", time=self._tools.texts.duration(self._seconds)))

    def _on_cancel(self) -> None:
        self.cancelled.emit()

    def _on_open(self) -> None:
        if self._snapshot is not None and self._snapshot.run_id is not None:
            self.opened.emit(EntryKey(EntrySource.RUN, self._snapshot.run_id))

    def _on_again(self) -> None:
        if self._submission is not None:
            self.repeated.emit(self._submission)

    def _on_for_real(self) -> None:
        if self._submission is not None:
            self.repeated.emit(self._submission.as_dry_run(False))

    def _on_wait(self) -> None:
        self.waited.emit()
