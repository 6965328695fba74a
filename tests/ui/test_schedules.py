"""The tab «Расписание»: schedules are made, changed, switched, started now and removed; the next starts are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import TaskQuery
from freesport_sync.core.tasks import Header, Submission, Trigger
from freesport_sync.database.own import schedules
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.server.engine import transaction
from freesport_sync.runs.requests import encode
from freesport_sync.tasks.backup.request import MakeBackup
from freesport_sync.tasks.backup.task import BACKUP
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.task import SHOP_IMPORT
from freesport_sync.ui.dialogs.schedule import ScheduleDialog
from freesport_sync.ui.pages.tasks_schedule import ScheduleTab
from freesport_sync.ui.widgets.cron_field import CronField
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, texts_in

HEADER = Header("boss@here", Trigger.SCHEDULE)


@pytest.fixture
def desk(stocked_shop: Shop, open_desk: OpenDesk) -> Desk:
    prepare_own_schema(stocked_shop.connection)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    return desk


@pytest.fixture
def tab(desk: Desk) -> ScheduleTab:
    desk.window.show_page("tasks")
    page = desk.window.tasks_page
    page.tabs.setCurrentWidget(page.schedule)
    desk.until(page.schedule.add.isEnabled)
    return page.schedule


def stored(shop: Shop, **values: object) -> int:
    request = encode(BACKUP, Submission(MakeBackup(), HEADER))
    schedule = Schedule(**({"name": "Копия", "cron": "30 2 * * *", "zone": "UTC", "request": request} | values))  # type: ignore[arg-type]
    with transaction(shop.connection):
        return schedules.store(shop.connection, schedule)


def only(shop: Shop) -> Schedule:
    (schedule,) = schedules.read_schedules(shop.connection)
    return schedule


def opened(desk: Desk, tab: ScheduleTab) -> ScheduleDialog:
    """The dialog, with the next starts computed."""
    desk.until(lambda: hasattr(tab, "dialog") and tab.dialog.isVisible() and tab.dialog.preview.text())
    return tab.dialog


def choose(desk: Desk, tab: ScheduleTab) -> None:
    desk.until(lambda: tab.model.rows)
    tab.table.selectRow(0)


def cell(tab: ScheduleTab, column: str) -> str:
    number = [one.name for one in tab.model.columns].index(column)
    return str(tab.model.index(0, number).data() or "")


def test_an_empty_tab_says_what_schedules_are_for(desk: Desk, tab: ScheduleTab) -> None:
    desk.until(lambda: "Расписаний ещё нет" in texts_in(tab))
    assert "«Этот компьютер»" in texts_in(tab)
    assert not tab.change.isEnabled()


def test_a_ready_schedule_only_has_to_be_saved(desk: Desk, tab: ScheduleTab, stocked_shop: Shop) -> None:
    desk.click(tab.add)
    dialog = opened(desk, tab)
    dialog.ready.setCurrentIndex(dialog.ready.findData("backup"))
    assert (dialog.name.text(), dialog.cron.cron) == ("Ночная резервная копия", "30 2 * * *")
    dialog.zone.setEditText("Europe/Moscow")
    desk.until(lambda: dialog.preview.text().count(",") == 5)
    desk.click(dialog.save)
    desk.until(lambda: not dialog.isVisible() and tab.model.rows)
    schedule = only(stocked_shop)
    assert (schedule.name, schedule.cron, schedule.zone) == ("Ночная резервная копия", "30 2 * * *", "Europe/Moscow")
    assert schedule.request["trigger"] == "schedule"
    assert schedule.created_by == desk.backend.operator
    assert (cell(tab, "status"), cell(tab, "what")) == ("включено", "резервная копия")
    desk.until(lambda: "ни один исполнитель не работает" in texts_in(tab))


def test_what_cannot_be_understood_is_said_while_it_is_written(desk: Desk, tab: ScheduleTab) -> None:
    desk.click(tab.add)
    dialog = opened(desk, tab)
    dialog.cron.way.setCurrentIndex(dialog.cron.way.findData("own"))
    dialog.cron.own.setText("0 3 30 2 *")
    desk.until(lambda: "такого дня нет ни в одном году" in dialog.preview.text())
    dialog.cron.own.setText("0 3 28 2 *")
    desk.until(lambda: "28.02." in dialog.preview.text())
    dialog.zone.setEditText("Moscow")
    desk.until(lambda: "Часового пояса «Moscow» нет" in dialog.preview.text())
    dialog.ready.setCurrentIndex(dialog.ready.findData("backup"))
    desk.click(dialog.save)
    desk.until(lambda: "Часового пояса «Moscow» нет" in texts_in(dialog.trouble))
    assert dialog.save.isEnabled()


def test_changing_keeps_what_cannot_be_chosen_here(
    desk: Desk, tab: ScheduleTab, stocked_shop: Shop, dearer: Path
) -> None:
    request = ShopImport(data_dir=dearer, skip_images=True, chunk_size=7)
    stored(stocked_shop, request=encode(SHOP_IMPORT, Submission(request, HEADER)), host="another", cron="*/20 * * * *")
    choose(desk, tab)
    desk.click(tab.change)
    dialog = opened(desk, tab)
    assert dialog.cron.way.currentData() == "steps"
    assert dialog.picker.source.text == str(dearer)
    dialog.name.setText("Чаще")
    dialog.cron.step.setCurrentIndex(0)
    desk.until(dialog.save.isEnabled)
    desk.click(dialog.save)
    desk.until(lambda: only(stocked_shop).name == "Чаще")
    changed = only(stocked_shop)
    assert (changed.cron, changed.host) == ("*/5 * * * *", "another"), "its folder is still one of that computer"
    assert changed.request == encode(SHOP_IMPORT, Submission(request, HEADER))


def test_switching_starting_now_and_removing(desk: Desk, tab: ScheduleTab, stocked_shop: Shop) -> None:
    schedule_id = stored(stocked_shop)
    choose(desk, tab)
    desk.click(tab.switch)
    desk.until(lambda: cell(tab, "status") == "выключено")
    assert not only(stocked_shop).is_enabled
    desk.until(lambda: tab.switch.text() == "Вклю&чить")
    desk.click(tab.switch)
    desk.until(lambda: cell(tab, "status") == "включено")
    desk.click(tab.start)
    desk.until(lambda: not tab.isVisible())  # the task is shown
    task = read_tasks(stocked_shop.connection, TaskQuery(), 0, 1).rows[0]
    assert (task.schedule_id, task.kind, task.trigger) == (schedule_id, "backup", Trigger.WINDOW)
    desk.window.tasks_page.tabs.setCurrentWidget(tab)
    desk.click(tab.remove)
    tab.box.yes_button.click()  # type: ignore[attr-defined]
    desk.until(lambda: not tab.model.rows)
    assert schedules.read_schedules(stocked_shop.connection) == ()


def test_a_start_that_nobody_sees_is_a_warning(desk: Desk, tab: ScheduleTab, stocked_shop: Shop) -> None:
    stored(stocked_shop)
    late = datetime.now(UTC) - timedelta(minutes=5)
    stocked_shop.execute(f"UPDATE freesport_sync.schedules SET next_at = '{late.isoformat()}'")
    desk.until(lambda: tab.model.rows and cell(tab, "status") == "не запущено")
    assert cell(tab, "next").startswith("ждёт с ")


def test_a_schedule_of_a_newer_program_can_be_switched_off(desk: Desk, tab: ScheduleTab, stocked_shop: Shop) -> None:
    stored(stocked_shop, request={"task": "orders", "version": 1})
    choose(desk, tab)
    desk.click(tab.change)
    desk.until(lambda: "этой программе неизвестна" in texts_in(tab.trouble))
    desk.click(tab.switch)
    desk.until(lambda: cell(tab, "status") == "выключено")


@pytest.mark.parametrize(
    ("cron", "way"),
    [
        ("0 3 * * *", "daily"),
        ("30 23 * * 7", "weekly"),
        ("5 * * * *", "hourly"),
        ("*/15 * * * *", "steps"),
        ("*/7 * * * *", "own"),
        ("0 25 * * *", "own"),
        ("99 * * * *", "own"),
        ("0 3 * * 0", "own"),
        ("0 3 1,15 * *", "own"),
    ],
)
def test_a_cron_expression_is_shown_in_the_usual_way(desk: Desk, cron: str, way: str) -> None:
    field = CronField(desk.tools)
    field.show_cron(cron)
    assert (field.way.currentData(), field.cron) == (way, cron)
    field.deleteLater()
