"""The tab «Расписание»: what workers start when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import Submitted
from freesport_sync.core.tasks import Trigger
from freesport_sync.errors import SyncError
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.dialogs.schedule import ScheduleChoices, ScheduleDialog
from freesport_sync.ui.models.paged import ROW_ROLE
from freesport_sync.ui.models.rows import RowsModel
from freesport_sync.ui.models.schedules import schedule_columns
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import SPACE, Tools, allow, button, rename, row
from freesport_sync.ui.widgets.polled import PolledTable
from freesport_sync.ui.widgets.table import Table

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.services.history import History


class ScheduleTab(QWidget):
    """The schedules of the database.

    Args:
        tools: of the page.
    """

    submitted = Signal(object)
    """`Submitted`: a schedule was started now."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = tools.texts
        self._tools = tools
        self.add = button(texts("schedule_tab.add"), self._on_add, tools, "waiting", "primary")
        self.change = button(texts("schedule_tab.change"), self._on_change, tools)
        self.start = button(texts("schedule_tab.start"), self._on_start, tools, "play")
        self.switch = button(texts("schedule_tab.switch_off"), self._on_switch, tools)
        self.remove = button(texts("schedule_tab.remove"), self._on_remove, tools, role="danger")
        self.alone, self.trouble = Notice(tools), Notice(tools)
        self.alone.hide()
        self.trouble.hide()
        self.model: RowsModel[Schedule] = RowsModel(schedule_columns(texts), self)
        spared = ("made_by", "cron", "what")
        self.table = Table(tools, "schedules", texts("schedule_tab.title"), self.model, "last", spared)
        self.table.set_delegates(status="badge")
        self.table.is_openable = True
        self.table.row_opened.connect(self._on_row_opened)
        self.table.selectionModel().selectionChanged.connect(self._on_selection)
        self.model.modelReset.connect(self._show_actions)
        self.model.dataChanged.connect(self._show_actions)
        self.polled = PolledTable(tools, self.table, "waiting", _read, self._on_read)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE + 4)
        layout.addLayout(row(self.add, self.change, self.start, self.switch, None, self.remove))
        layout.addWidget(self.trouble)
        layout.addWidget(self.alone)
        layout.addWidget(self.polled, 1)
        tools.backend.database_status_changed.connect(self._on_database_status)
        self._show_actions()

    @property
    def chosen(self) -> Schedule | None:
        """The schedule that is selected; None: none, or several."""
        rows = self.table.selectionModel().selectedRows()
        return rows[0].data(ROW_ROLE) if len(rows) == 1 else None

    def save_state(self) -> None:
        """Remember widths."""
        self.table.keep_widths()

    def _on_database_status(self, _: object) -> None:
        self._show_actions()

    def _on_read(self, read: tuple[tuple[Schedule, ...], bool]) -> None:
        texts = self._tools.texts
        schedules, has_worker = read
        chosen = self.chosen
        self.model.show_rows(schedules)
        if chosen is not None:
            self._select(chosen.id)
        if not schedules:
            self.polled.empty.say("waiting", texts("schedule_tab.empty"), texts("schedule_tab.empty_more"))
        self.polled.show_rows(bool(schedules))
        is_alone = not has_worker and any(one.is_enabled for one in schedules)
        if is_alone:
            self.alone.say("warn", texts("schedule_tab.no_worker"), texts("schedule_tab.no_worker_more"))
        self.alone.setVisible(is_alone)
        self._show_actions()

    def _select(self, schedule_id: int) -> None:
        number = next((number for number, one in enumerate(self.model.rows) if one.id == schedule_id), None)
        if number is not None and (self.chosen is None or self.chosen.id != schedule_id):
            self.table.selectRow(number)

    def _on_selection(self, *_: object) -> None:
        self._show_actions()

    def _show_actions(self, *_: object) -> None:
        texts, backend, chosen = self._tools.texts, self._tools.backend, self.chosen
        refusal = backend.rights.runs
        reason = "" if refusal is None else texts.error(refusal.error).what
        if backend.database_status is None:
            reason = texts("import_page.no_database")
        allow(self.add, reason)
        for one in (self.change, self.start, self.switch, self.remove):
            allow(one, reason or ("" if chosen is not None else texts("schedule_tab.choose")))
        is_off = chosen is not None and not chosen.is_enabled
        rename(self.switch, texts(f"schedule_tab.switch_{'on' if is_off else 'off'}"))

    def _on_row_opened(self, _: object) -> None:
        self._on_change()

    def _on_add(self) -> None:
        self._tools.backend.do(_choices, self._open_new, self._on_refused)

    def _open_new(self, choices: ScheduleChoices) -> None:
        self._open(None, choices)

    def _on_change(self) -> None:
        chosen = self.chosen
        if chosen is not None and self.change.isEnabled():
            schedule = chosen

            def asked(application: Application) -> tuple[Schedule, ScheduleChoices]:
                return schedule, _choices(application, schedule)

            self._tools.backend.do(asked, self._open_old, self._on_refused)

    def _open_old(self, asked: tuple[Schedule, ScheduleChoices]) -> None:
        self._open(*asked)

    def _open(self, schedule: Schedule | None, choices: ScheduleChoices) -> None:
        self.trouble.hide()
        self.dialog = ScheduleDialog(self._tools, schedule, choices, self.window())
        self.dialog.saved.connect(self._on_changed)
        self.dialog.open()

    def _on_start(self) -> None:
        if (chosen := self.chosen) is not None:
            schedule_id, operator = chosen.id, self._tools.backend.operator
            self._do(
                lambda application: application.schedules.start_now(schedule_id, operator, Trigger.WINDOW),
                self._on_started,
            )

    def _on_started(self, submitted: Submitted) -> None:
        self.polled.refresh()
        self.submitted.emit(submitted)

    def _on_switch(self) -> None:
        if (chosen := self.chosen) is not None:
            schedule_id, is_enabled = chosen.id, not chosen.is_enabled
            self._do(lambda application: application.schedules.switch(schedule_id, is_enabled), self._on_changed)

    def _on_remove(self) -> None:
        if (chosen := self.chosen) is not None:
            texts = self._tools.texts
            title, text = texts("schedule_tab.remove_title"), texts("schedule_tab.remove_text", name=chosen.name)
            yes, no = texts("schedule_tab.remove_yes"), texts("schedule_tab.remove_no")
            self.box = question(self.window(), title, text, yes, no)
            self._removed_id = chosen.id
            self.box.finished.connect(self._on_answered)
            self.box.open()

    def _on_answered(self, _: int) -> None:
        if answered_yes(self.box):
            schedule_id = self._removed_id
            self._do(lambda application: application.schedules.remove(schedule_id), self._on_changed)

    def _do(self, work: Callable[[Application], Any], on_success: Callable[[Any], None]) -> None:
        self._tools.backend.do(work, on_success, self._on_refused)

    def _on_changed(self, _: Schedule) -> None:
        self.trouble.hide()
        self._is_asked = False
        self.polled.refresh()

    def _on_refused(self, error: SyncError) -> None:
        self.trouble.say_error(error)
        self.trouble.show()
        self.polled.refresh()  # it may be gone


def _read(history: History) -> tuple[tuple[Schedule, ...], bool]:
    """The schedules, and whether a worker lives that starts what they say."""
    return history.schedules(), any(one.is_alive and not one.is_stopping for one in history.workers())


def _choices(application: Application, schedule: Schedule | None = None) -> ScheduleChoices:
    one = application.schedules
    submission = None if schedule is None else one.submission(schedule)
    return ScheduleChoices(one.ready(), one.zones, one.local_zone, submission)
