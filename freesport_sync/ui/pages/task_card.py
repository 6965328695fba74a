"""One task: how it stands in words, its tries, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from freesport_sync.core.database_status import DatabaseStatus
from freesport_sync.core.history import EntryKey, HistoryEntry
from freesport_sync.core.task_list import Priority, Submitted, Task, TaskStatus
from freesport_sync.errors import SyncError
from freesport_sync.i18n.task_words import kind_of
from freesport_sync.ui.models.tasks import priority_of
from freesport_sync.ui.pages.task_actions import TaskActions
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Card,
    Tools,
    Wrapping,
    allow,
    button,
    clear,
    label,
    rename,
    row,
)
from freesport_sync.ui.widgets.progress import Bar
from freesport_sync.ui.widgets.task_story import story_of

SHOWN_RUNS = 5
"""The latest tries that are named here; the history has all."""


class TaskCard(Card):
    """Follows a task; hidden until there is one.

    Args:
        tools: of the page.
    """

    entry_opened = Signal(object)
    """`EntryKey` of a run."""
    submitted = Signal(object)
    """`Submitted`: the task was repeated."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._tools = tools
        self._id: int | None = None
        self._task: Task | None = None
        self._runs: tuple[HistoryEntry, ...] = ()
        texts = tools.texts
        self._actions = TaskActions(tools, self)
        self._actions.submitted.connect(self.submitted)
        self._actions.refused.connect(self._on_refused)
        self._actions.done.connect(self.refresh)
        self.title = label("", "heading")
        self.sooner = button(texts("tasks.sooner"), self._sooner, tools, "up", tooltip=texts("tasks.sooner_tip"))
        self.later = button(texts("tasks.later"), self._later, tools, "down", tooltip=texts("tasks.later_tip"))
        self.repeat = button(texts("tasks.repeat"), self._repeat, tools, "repeat", tooltip=texts("tasks.repeat_tip"))
        self.cancel = button(texts("tasks.cancel"), self._cancel, tools, "stop", "danger")
        self.story = Notice(tools)
        self.bar = Bar(texts("tasks.progress"))
        self.facts = label("", "muted", is_wrapped=True)
        self.trouble = Notice(tools)
        self.trouble.hide()
        self._links = QHBoxLayout()
        self._links.setSpacing(SPACE)
        actions = row(self.sooner, self.later, self.repeat, self.cancel)
        self.content.addWidget(Wrapping(row(self.title, None), actions))
        for part in (self.story, self.bar, self.facts):
            self.content.addWidget(part)
        self.content.addLayout(self._links)
        self.content.addWidget(self.trouble)
        self.hide()
        tools.backend.opened.connect(self._forget)
        tools.backend.database_status_changed.connect(self._on_database_status)

    @property
    def task_id(self) -> int | None:
        """The task that is shown; None: none."""
        return self._id

    def show_task(self, task_id: int, known: Task | None = None) -> None:
        """Show a task.

        Args:
            task_id: the task.
            known: as the list has it; None: to be read first.
        """
        if task_id != self._id:
            self._id, self._task, self._runs = task_id, None, ()
            self.trouble.hide()
        if known is not None:
            self._show(known)
        self.refresh()

    def refresh(self) -> None:
        """Read the task again."""
        task_id = self._id
        if task_id is not None:
            self._tools.backend.ask(
                lambda history: (history.task(task_id), history.runs_of_task(task_id)), self._on_read, self._on_unread
            )

    def tell(self, submitted: Submitted) -> None:
        """Say that the task was put into the queue, or was there already."""
        if not submitted.is_new:
            self.trouble.say("neutral", self._tools.texts("tasks.waits_already"))
            self.trouble.show()

    def _forget(self) -> None:
        """Another database has other tasks."""
        self._id = self._task = None
        self.hide()

    def _on_database_status(self, _: DatabaseStatus) -> None:
        if self._task is not None and not self._task.status.is_final:
            self.refresh()

    def _on_read(self, found: tuple[Task | None, tuple[HistoryEntry, ...]]) -> None:
        task, runs = found
        if task is None or task.id != self._id:
            if task is None:
                self._forget()
            return
        self._runs = runs
        self._show(task)

    def _on_unread(self, _: SyncError) -> None:
        """The list says so, and the window looks for the database."""

    def _show(self, task: Task) -> None:
        texts = self._tools.texts
        self._task = task
        self.title.setText(texts("tasks.card_title", id=texts.number(task.id), kind=kind_of(task, texts)))
        story = story_of(texts, task)
        self.story.say(story.tone, story.what, *story.more, code=story.code, words=story.said)
        is_running = task.status is TaskStatus.RUNNING
        self.bar.setVisible(is_running)
        self.bar.show_fraction(task.percent / 100, "warn" if task.is_silent else "busy")
        self.facts.setText(self._facts(task))
        self._show_runs()
        self._show_actions(task)
        self.show()

    def _facts(self, task: Task) -> str:
        texts = self._tools.texts
        key = "tasks.submitted_by" if task.operator else "tasks.submitted"
        facts = [
            texts(
                key,
                operator=task.operator,
                trigger=texts.word("trigger", task.trigger),
                moment=texts.moment(task.created_at),
            )
        ]
        if task.status is TaskStatus.PENDING:
            facts.append(texts("tasks.fact_priority", priority=priority_of(texts, task.priority)))
        if task.host:
            key = "tasks.fact_only_host" if task.status is TaskStatus.PENDING else "tasks.fact_host"
            facts.append(texts(key, host=task.host))
        if task.attempt > 1:
            facts.append(texts("tasks.fact_attempt", attempt=texts.number(task.attempt)))
        if task.crashes:
            facts.append(texts.count("tasks.fact_crashes", task.crashes))
        if task.finished_at is not None:
            facts.append(texts("tasks.fact_finished", moment=texts.moment(task.finished_at)))
        return " · ".join(facts)

    def _show_runs(self) -> None:
        texts = self._tools.texts
        clear(self._links)
        if not self._runs:
            return
        self._links.addWidget(label(texts("tasks.runs"), "muted"))
        for run in self._runs[-SHOWN_RUNS:]:
            text = texts("tasks.run", id=texts.number(run.key.id), status=texts.status(run.status))
            link = button(text, self._open_run, self._tools, "entry", "link")
            link.setProperty("run", run.key.id)
            self._links.addWidget(link)
        self._links.addStretch(1)

    def _show_actions(self, task: Task) -> None:
        texts, refusal = self._tools.texts, self._tools.backend.rights.runs
        is_waiting = task.status is TaskStatus.PENDING
        is_stopping = task.status is TaskStatus.RUNNING and task.cancel_requested_by is not None
        for one in (self.sooner, self.later):
            one.setVisible(is_waiting)
        self.cancel.setVisible(not task.status.is_final)
        self.repeat.setVisible(task.status.is_final)
        rename(self.cancel, texts("tasks.cancel" if is_waiting else "tasks.stopping" if is_stopping else "tasks.stop"))
        reason = "" if refusal is None else texts.error(refusal.error).what
        for one in (self.sooner, self.later, self.repeat, self.cancel):
            allow(one, reason)
        if not reason:
            self.sooner.setEnabled(task.priority < max(Priority))
            self.later.setEnabled(task.priority > min(Priority))
            self.cancel.setEnabled(not is_stopping)

    def _open_run(self) -> None:
        self.entry_opened.emit(EntryKey.parse(str(self.sender().property("run"))))

    def _sooner(self) -> None:
        self._prioritise(min(level for level in Priority if self._task is not None and level > self._task.priority))

    def _later(self) -> None:
        self._prioritise(max(level for level in Priority if self._task is not None and level < self._task.priority))

    def _prioritise(self, priority: Priority) -> None:
        self.trouble.hide()
        if self._task is not None:
            self._actions.prioritise(self._task, priority)

    def _cancel(self) -> None:
        self.trouble.hide()
        if self._task is not None:
            self._actions.ask_cancel(self._task)

    def _repeat(self) -> None:
        self.trouble.hide()
        if self._task is not None:
            self._actions.ask_repeat(self._task)

    def _on_refused(self, error: SyncError) -> None:
        self.trouble.say_error(error)
        self.trouble.show()
        self.setVisible(self._id is not None)
