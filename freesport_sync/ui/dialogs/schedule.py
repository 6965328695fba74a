"""Makes or changes a schedule, and shows when it will start something."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import SyncError
from freesport_sync.tasks.ready_schedules import ReadySchedule
from freesport_sync.ui.widgets.cron_field import CronField
from freesport_sync.ui.widgets.long_list import choice
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    GrowingDialog,
    Tools,
    allow,
    button,
    form,
    label,
    name_inner_parts,
    row,
    set_role,
)
from freesport_sync.ui.widgets.request_picker import RequestPicker

WIDTH = 680
PREVIEW_AFTER_MS = 200
"""Pause after the last change before the next starts are computed."""
PREVIEWED = 5
_MINUTE_S = 60
_OWN = "own"


@dataclass(frozen=True, slots=True)
class ScheduleChoices:
    """What the dialog offers.

    Args:
        ready: schedules that only have to be stored.
        zones: names of all time zones.
        local_zone: of this computer.
        submission: what the schedule starts that is changed; None: a new one.
    """

    ready: tuple[ReadySchedule, ...]
    zones: tuple[str, ...]
    local_zone: str
    submission: Submission[Any] | None = None


class ScheduleDialog(GrowingDialog):
    """Asks what, when, and where the clock is.

    Args:
        tools: of the page.
        schedule: to be changed; None: a new one.
        choices: to choose from.
        parent: the window.
    """

    saved = Signal(object)
    """`Schedule`."""

    def __init__(self, tools: Tools, schedule: Schedule | None, choices: ScheduleChoices, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools, self._schedule, self._choices = tools, schedule, choices
        texts = tools.texts
        self.setWindowTitle(texts(f"schedule_dialog.{'new' if schedule is None else 'change'}"))
        self.setMinimumWidth(WIDTH)
        ready = [(texts(f"ready_schedule.{one.code}"), one.code) for one in choices.ready]
        self.ready = choice(
            texts("schedule_dialog.ready"), [(texts("schedule_dialog.own"), _OWN), *ready], self._on_ready
        )
        self.name = QLineEdit()
        self.picker = RequestPicker(tools)
        self.cron = CronField(tools)
        self.zone = QComboBox()
        self.zone.setEditable(True)
        self.zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.zone.addItems(choices.zones)
        self.grace = QSpinBox()
        self.grace.setRange(1, 7 * 24 * 60)
        self.grace.setSuffix(texts("schedule_dialog.minutes"))
        self.grace.setToolTip(texts("schedule_dialog.grace_hint"))
        self.preview = label("", "muted", is_wrapped=True)
        self.trouble = Notice(tools)
        self.trouble.hide()
        self.save = button(texts("schedule_dialog.save"), self._save, tools, "save", "primary")
        self.leave = button(texts("schedule_dialog.leave"), self.reject, tools)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PREVIEW_AFTER_MS)
        self._pause.timeout.connect(self._ask_for_starts)
        self._lay_out()
        self._fill()
        for signal in (self.name.textChanged, self.picker.changed, self.cron.changed, self.zone.editTextChanged):
            signal.connect(self._on_changed)
        self._on_changed()

    def _lay_out(self) -> None:
        texts = self._tools.texts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP - 4)
        ready = ((texts("schedule_dialog.ready"), self.ready),) if self._schedule is None else ()
        layout.addLayout(form(*ready, (texts("schedule_dialog.name"), self.name)))
        layout.addWidget(self.picker)
        when = form(
            (texts("schedule_dialog.when"), self.cron),
            (texts("schedule_dialog.zone"), self.zone),
            (texts("schedule_dialog.grace"), self.grace),
        )
        layout.addLayout(when)
        layout.addWidget(self.preview)
        layout.addWidget(self.trouble)
        layout.addWidget(label(texts("schedule_dialog.who_starts"), "muted", is_wrapped=True))
        layout.addStretch(1)
        layout.addLayout(row(None, self.leave, self.save))
        name_inner_parts(self, texts("window.clear"))

    def _fill(self) -> None:
        schedule, choices = self._schedule, self._choices
        shown = schedule or Schedule("", "0 3 * * *", choices.local_zone)
        self.name.setText(shown.name)
        self.cron.show_cron(shown.cron)
        self.zone.setEditText(shown.zone)
        self.grace.setValue(shown.grace_s // _MINUTE_S)
        if choices.submission is not None:
            self.picker.choose(choices.submission)
        elif choices.ready:
            self.ready.setCurrentIndex(1)
            self._on_ready()

    def _on_ready(self, _: int = 0) -> None:
        one = next((one for one in self._choices.ready if one.code == self.ready.currentData()), None)
        if one is not None:
            self.name.setText(self._tools.texts(f"ready_schedule.{one.code}"))
            self.cron.show_cron(one.cron)
            self.picker.choose(self._tools.backend.submission(one.request))
            self._on_changed()

    def _on_changed(self, _: object = None) -> None:
        texts = self._tools.texts
        reason = "" if self.picker.is_ready else texts("import_page.source_needed")
        allow(self.save, reason if self.name.text().strip() else texts("schedule_dialog.name_needed"))
        self._pause.start()

    def _ask_for_starts(self) -> None:
        cron, zone = self.cron.cron, self.zone.currentText().strip()
        self._tools.backend.do(
            lambda application: application.schedules.next_starts(cron, zone, PREVIEWED),
            self._on_starts,
            self._on_unreadable,
        )

    def _on_starts(self, starts: tuple[datetime, ...]) -> None:
        texts = self._tools.texts
        moments = ", ".join(texts.moment(start) for start in starts) or texts("schedules.never")
        set_role(self.preview, "role", "muted")
        self.preview.setText(texts("schedule_dialog.preview", moments=moments))

    def _on_unreadable(self, error: SyncError) -> None:
        text = self._tools.texts.error(error)
        set_role(self.preview, "role", "bad")
        self.preview.setText(f"{text.what} {text.hint}")

    def _save(self) -> None:
        backend, old = self._tools.backend, self._schedule
        schedule = replace(
            old or Schedule("", "", "", created_by=backend.operator),
            name=self.name.text().strip(),
            cron=self.cron.cron,
            zone=self.zone.currentText().strip(),
            grace_s=self.grace.value() * _MINUTE_S,
        )
        submission = self.picker.submission()
        self.save.setEnabled(False)
        self.trouble.hide()
        backend.do(
            lambda application: application.schedules.save(application.schedules.starting(schedule, submission)),
            self._on_saved,
            self._on_refused,
        )

    def _on_saved(self, schedule: Schedule) -> None:
        self.accept()
        self.saved.emit(schedule)

    def _on_refused(self, error: SyncError) -> None:
        self.save.setEnabled(True)
        self.trouble.say_error(error)
        self.trouble.show()
