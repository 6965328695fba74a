"""The page «Задания» in its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.ui.dialogs.submit import SubmitDialog
from tests.ui.desk import Desk
from tests.ui.scenery import add_tasks

if TYPE_CHECKING:
    from tests.ui.pictures import Photographer


def take_tasks(photographer: Photographer, desk: Desk) -> None:
    """The list with a task of each kind chosen, workers, the dialogs."""
    window, page = desk.window, desk.window.tasks_page
    application = desk.backend.application
    assert application is not None
    add_tasks(application)
    window.show_page("tasks")
    tab = page.list
    desk.until(lambda: tab.model.rowCount() > 25)
    photographer.settle()
    photographer.take("tasks")
    for number, name in enumerate(("nobody-listens", "next-try", "later", "waits", "running", "failed")):
        tab.table.selectRow(number)
        photographer.take(f"tasks-{name}")
    tab.statuses.buttons[TaskStatus.COMPLETED].click()
    desk.until(lambda: tab.model.rowCount() < 25)
    tab.table.selectRow(0)
    photographer.take("tasks-completed")
    tab.text.setText("нет такого")
    photographer.settle(0.6)
    photographer.take("tasks-nothing-found")
    tab.reset()
    tab.table.selectRow(0)
    photographer.settle()
    tab.card.cancel.click()
    photographer.take("tasks-cancel", tab.card._actions.question)
    tab.card._actions.question.reject()
    page.tabs.setCurrentWidget(page.workers)
    photographer.settle()
    photographer.take("workers")
    page.tabs.setCurrentWidget(page.list)
    for name, submission in (("submit", None), ("submit-import", window.import_page.form.submission(is_dry_run=False))):
        dialog = SubmitDialog(desk.tools, window, submission)
        dialog.show()
        photographer.settle()
        photographer.take(name, dialog)
        dialog.close()
