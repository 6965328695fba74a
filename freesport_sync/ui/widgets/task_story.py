"""How a task stands, in whole sentences: what it waits for, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from freesport_sync.core.task_list import Task, TaskStatus
from freesport_sync.ui.models.tasks import error_of, state_of
from freesport_sync.ui.texts import UiTexts
from freesport_sync.ui.widgets.summary import sentence


class Story(NamedTuple):
    """For a `Notice`."""

    tone: str
    what: str
    more: tuple[str, ...] = ()
    code: str = ""
    said: str = ""


def story_of(texts: UiTexts, task: Task) -> Story:
    """What is to be said of a task."""
    match task.status:
        case TaskStatus.PENDING:
            return _waiting(texts, task)
        case TaskStatus.RUNNING if task.is_silent:
            return Story("warn", texts("tasks.silent_title"), (texts("tasks.silent_more"),))
        case TaskStatus.RUNNING:
            return Story("busy", sentence(state_of(texts, task)))
        case TaskStatus.COMPLETED:
            return Story("good", sentence(state_of(texts, task)))
        case TaskStatus.CANCELLED:
            return Story("neutral", sentence(state_of(texts, task)))
        case TaskStatus.FAILED:
            return _failed(texts, task)
    raise AssertionError(task.status)


def _waiting(texts: UiTexts, task: Task) -> Story:
    state = sentence(state_of(texts, task))
    if not task.lacks_worker:
        return Story("busy" if task.waiting_for else "neutral", state)
    hint = texts("tasks.nobody_here" if task.host else "tasks.nobody_anywhere", host=task.host)
    return Story("neutral" if task.is_early(datetime.now(UTC)) else "warn", state, (hint,))


def _failed(texts: UiTexts, task: Task) -> Story:
    if task.error is None:
        return Story("bad", sentence(texts("task_status.failed")))
    error = texts.error(error_of(texts, task))
    return Story("bad", error.what, (error.affected, error.hint), error.code, error.said)
