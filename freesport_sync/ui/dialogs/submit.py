"""Puts a task into the queue: at once, or for later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QDateTime, QTime, Signal
from PySide6.QtWidgets import QButtonGroup, QDateTimeEdit, QRadioButton, QVBoxLayout, QWidget

from freesport_sync.core.task_list import Priority, Submitted
from freesport_sync.core.tasks import Submission
from freesport_sync.errors import SyncError
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.widgets.long_list import choice
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import GAP, GrowingDialog, Tools, allow, button, form, label, name_inner_parts, row
from freesport_sync.ui.widgets.request_picker import RequestPicker

WIDTH = 640
_USUAL_TIME = QTime(3, 0)


class SubmitDialog(GrowingDialog):
    """Asks what, unless that is known, and when.

    Args:
        tools: of the page.
        parent: the window.
        submission: what is to be done; None: to be chosen here.
    """

    submitted = Signal(object)
    """`Submitted`."""

    def __init__(self, tools: Tools, parent: QWidget, submission: Submission[ShopImport] | None = None) -> None:
        super().__init__(parent)
        self._tools, self._submission = tools, submission
        texts = tools.texts
        self.setWindowTitle(texts("submit.title"))
        self.setMinimumWidth(WIDTH)
        self.submit = button(texts("submit.submit"), self._submit, tools, "tasks", "primary")
        self.picker = RequestPicker(tools) if submission is None else None
        self.soon, self.later = (QRadioButton(texts(f"submit.{name}")) for name in ("soon", "later"))
        whens = QButtonGroup(self)
        for one in (self.soon, self.later):
            one.setAccessibleName(one.text().replace("&", ""))
            whens.addButton(one)
        self.moment = QDateTimeEdit(_next_night())
        self.moment.setAccessibleName(texts("submit.later").replace("&", ""))
        self.moment.setCalendarPopup(True)
        self.moment.setDisplayFormat("dd.MM.yyyy HH:mm")
        self.moment.dateTimeChanged.connect(self._on_moment)
        (self.soon if submission is None else self.later).setChecked(True)
        levels = [(texts(f"task_priority.{one.name.lower()}"), str(one.value)) for one in reversed(Priority)]
        self.priority = choice(texts("submit.priority"), levels, self._on_changed)
        self.priority.setCurrentIndex(self.priority.findData(str(Priority.PERSON.value)))
        self.trouble = Notice(tools)
        self.trouble.hide()
        self.leave = button(texts("submit.leave"), self.reject, tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP + 4, GAP + 4, GAP + 4, GAP)
        layout.setSpacing(GAP)
        if self.picker is None:
            layout.addWidget(label(self._what(), "heading", is_wrapped=True))
        else:
            layout.addWidget(self.picker)
            self.picker.changed.connect(self._on_changed)
        layout.addWidget(self.soon)
        layout.addLayout(row(self.later, self.moment, None))
        layout.addLayout(form((texts("submit.priority"), self.priority)))
        layout.addWidget(label(texts("submit.who_runs"), "muted", is_wrapped=True))
        layout.addWidget(self.trouble)
        layout.addStretch(1)
        layout.addLayout(row(None, self.leave, self.submit))
        name_inner_parts(self, texts("window.clear"))
        self._on_changed()

    @property
    def run_after(self) -> datetime | None:
        """The chosen time; None: as soon as possible."""
        if self.soon.isChecked():
            return None
        return datetime.fromtimestamp(self.moment.dateTime().toSecsSinceEpoch(), UTC)

    def _what(self) -> str:
        texts, submission = self._tools.texts, self._submission
        assert submission is not None
        request = submission.request
        kind = texts.kind(request.kind, submission.header.is_dry_run)
        where = texts("submit.from_server") if request.is_pull else str(request.source)
        return texts("submit.known", kind=f"{kind[:1].upper()}{kind[1:]}", source=where)

    def _on_moment(self, _: QDateTime) -> None:
        self.later.setChecked(True)

    def _on_changed(self, _: int = 0) -> None:
        is_ready = self.picker is None or self.picker.is_ready
        allow(self.submit, "" if is_ready else self._tools.texts("import_page.source_needed"))

    def _submit(self) -> None:
        submission: Submission[Any]
        if self.picker is None:
            assert self._submission is not None
            submission = self._submission
        else:
            submission = self.picker.submission()
            self.picker.source.remember()
        run_after, priority = self.run_after, int(self.priority.currentData())
        self.submit.setEnabled(False)
        self.trouble.hide()
        self._tools.backend.do(
            lambda application: application.queue.submit(submission, run_after, priority),
            self._on_submitted,
            self._on_refused,
        )

    def _on_submitted(self, submitted: Submitted) -> None:
        self.accept()
        self.submitted.emit(submitted)

    def _on_refused(self, error: SyncError) -> None:
        self.submit.setEnabled(True)
        self.trouble.say_error(error)
        self.trouble.show()


def _next_night() -> QDateTime:
    now = QDateTime.currentDateTime()
    is_past = now.time() >= _USUAL_TIME
    return QDateTime(now.date().addDays(1 if is_past else 0), _USUAL_TIME)
