"""The tab «Расписание» in its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ui.desk import Desk
from tests.ui.scenery import add_schedules

if TYPE_CHECKING:
    from tests.ui.pictures import Photographer


def take_schedules(photographer: Photographer, desk: Desk) -> None:
    """The empty tab, the list with a schedule of each state, the dialog."""
    page, application = desk.window.tasks_page, desk.backend.application
    assert application is not None
    tab = page.schedule
    desk.window.show_page("tasks")
    page.tabs.setCurrentWidget(tab)
    desk.until(lambda: tab.polled.currentWidget() is tab.polled.empty)
    photographer.settle(1)
    photographer.take("schedules-empty")
    add_schedules(application)
    tab.polled.refresh()
    desk.until(lambda: tab.model.rows)
    tab.table.selectRow(0)
    photographer.take("schedules")
    tab.add.click()
    desk.until(lambda: hasattr(tab, "dialog") and tab.dialog.preview.text())
    photographer.take("schedule-new", tab.dialog)
    cron = tab.dialog.cron
    for way in ("weekly", "hourly", "steps", "own"):
        cron.way.setCurrentIndex(cron.way.findData(way))
        photographer.settle(0.5)
        photographer.take(f"schedule-{way}", tab.dialog)
    cron.own.setText("0 3 30 2 *")
    photographer.settle(0.6)
    photographer.take("schedule-wrong", tab.dialog)
    tab.dialog.save.click()
    photographer.settle(0.6)
    photographer.take("schedule-refused", tab.dialog)
    tab.dialog.close()
    tab.remove.click()
    photographer.take("schedule-remove", tab.box)
    tab.box.reject()
