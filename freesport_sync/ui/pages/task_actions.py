"""Cancels, repeats and moves tasks, after saying what that means."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from freesport_sync.core.printable import replace_surrogates
from freesport_sync.core.shop import is_import
from freesport_sync.core.task_list import Priority, Submitted, Task, TaskStatus
from freesport_sync.core.tasks import Trigger
from freesport_sync.errors import SyncError
from freesport_sync.i18n.task_words import kind_of
from freesport_sync.ui.dialogs.ask import answered_yes, question
from freesport_sync.ui.widgets.parts import Tools


class TaskActions(QObject):
    """What can be done with a task of any computer.

    Args:
        tools: of the page.
        parent: whose window asks the questions.
    """

    done = Signal()
    submitted = Signal(object)
    """`Submitted`: a task was repeated."""
    refused = Signal(object)
    """`SyncError`."""

    def __init__(self, tools: Tools, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools, self._owner = tools, parent
        self._task_id = 0
        self._answered: Callable[[], None] | None = None

    def ask_cancel(self, task: Task) -> None:
        """Cancel a task that waits, or stop one that runs, if the operator says so."""
        stop = "stop_import" if is_import(task.kind) else "stop"
        self._ask(task, "cancel" if task.status is TaskStatus.PENDING else stop, self._cancel)

    def ask_repeat(self, task: Task) -> None:
        """Put the same into the queue again, if the operator says so."""
        is_harmless = task.is_dry_run or not is_import(task.kind)
        self._ask(task, "repeat" if is_harmless else "repeat_import", self._repeat)

    def prioritise(self, task: Task, priority: Priority) -> None:
        """Let a task that waits come sooner or later."""
        task_id = task.id
        self._tools.backend.do(
            lambda application: application.queue.change_priority(task_id, priority), self._on_done, self._on_refused
        )

    def _ask(self, task: Task, key: str, answered: Callable[[], None]) -> None:
        texts = self._tools.texts
        self._task_id, self._answered = task.id, answered
        where = texts("tasks.on_host", host=task.host) if task.host else texts("tasks.on_any_host")
        about = {"id": texts.number(task.id), "kind": kind_of(task, texts), "where": where}
        words = (texts(f"tasks.{key}_{name}", **about) for name in ("title", "text", "yes", "no"))
        self.question = question(self._owner.window(), *words)
        self.question.finished.connect(self._on_answered)
        self.question.open()

    def _on_answered(self, _: int) -> None:
        if answered_yes(self.question) and self._answered is not None:
            self._answered()

    def _cancel(self) -> None:
        task_id, by = self._task_id, self._operator
        self._tools.backend.do(
            lambda application: application.queue.cancel(task_id, by), self._on_done, self._on_refused
        )

    def _repeat(self) -> None:
        task_id, operator = self._task_id, self._operator
        self._tools.backend.do(
            lambda application: application.queue.repeat(task_id, operator, Trigger.WINDOW),
            self._on_repeated,
            self._on_refused,
        )

    @property
    def _operator(self) -> str:
        return replace_surrogates(self._tools.backend.operator)

    def _on_done(self, _: object) -> None:
        self.done.emit()

    def _on_repeated(self, submitted: Submitted) -> None:
        self.submitted.emit(submitted)

    def _on_refused(self, error: SyncError) -> None:
        self.refused.emit(error)
        self.done.emit()  # somebody else may have been first
