"""«Задания»: what waits, runs and has ended, who runs it, and what can be done with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PySide6.QtCore import QDateTime

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.task_list import Claim, Priority, Task, TaskStatus
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import alive, tasks, workers
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_task
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.waiting import new_task
from freesport_sync.ui.pages.tasks import TasksPage
from tests.program import Installation
from tests.shop import Shop
from tests.ui.conftest import OpenDesk
from tests.ui.desk import LIMIT_S, Desk, process_events, texts_in
from tests.ui.scenery import insert_tasks

QUEUE = "shop_import/1"
STOCKED = 1
"""Tasks of `stocked_shop`: the import that has stocked it."""


@pytest.fixture
def desk(stocked_shop: Shop, open_desk: OpenDesk) -> Desk:
    prepare_own_schema(stocked_shop.connection)
    desk = open_desk(stocked_shop.url)
    desk.ready()
    desk.window.show_page("tasks")
    desk.until(lambda: desk.window.tasks_page.list.model.is_loaded)
    return desk


@pytest.fixture
def page(desk: Desk) -> TasksPage:
    return desk.window.tasks_page


def submit(shop: Shop, **header: Any) -> int:
    """Somebody lets an import wait that any computer can run."""
    new = new_task(TASKS, Submission(ShopImport(is_pull=True), Header("petrov@SKLAD-2", **header)))
    with transaction(shop.connection):
        return tasks.submit(shop.connection, new).id


def stored(shop: Shop, task_id: int) -> Task:
    task = read_task(shop.connection, task_id)
    assert task is not None
    return task


def newest(desk: Desk, page: TasksPage, task_id: int) -> None:
    """Wait until a task is the first one of the list."""
    desk.until(lambda: (first := page.list.model.row_at(0)) is not None and first.id == task_id)


def state(page: TasksPage, row: int = 0) -> str:
    """What the list says of a task."""
    model = page.list.model
    number = [column.name for column in model.columns].index("state")
    return str(model.index(row, number).data() or "")


def take(shop: Shop, task_id: int, worker_id: int) -> Claim:
    """A worker takes a task."""
    claimed = tasks.claim(shop.connection, stored(shop, task_id).uid, worker_id)
    assert claimed is not None
    return claimed.claim


def test_the_list_follows_a_task_by_itself(stocked_shop: Shop, desk: Desk, page: TasksPage) -> None:
    texts, card = desk.texts, page.list.card
    task_id = submit(stocked_shop)
    desk.until(lambda: state(page) == texts("task.waits_for_worker"))
    page.list.table.selectRow(0)
    desk.until(lambda: texts("tasks.nobody_anywhere") in texts_in(card))
    worker = connect(stocked_shop.url, "worker")
    worker_id = workers.register(worker, [QUEUE], 1)
    desk.until(lambda: state(page) == texts("task.waits"))
    desk.until(lambda: texts("tasks.nobody_anywhere") not in texts_in(card))

    claim = take(stocked_shop, task_id, worker_id)
    tasks.show_progress(stocked_shop.connection, claim, "stage", 46, 100, 46)
    desk.until(lambda: "46 %" in state(page))
    desk.until(lambda: card.bar.isVisible() and card.bar.value() == 460)
    assert card.cancel.text().strip() == texts("tasks.stop")

    desk.window.tasks_page.tabs.setCurrentWidget(page.workers)
    desk.until(lambda: page.workers.model.rows)
    assert page.workers.model.rows[0].task_ids == (task_id,)
    late = sa.text("UPDATE freesport_sync.workers SET heartbeat_at = now() - make_interval(secs => :late)")
    stocked_shop.connection.execute(late, {"late": 2 * alive.SILENT_AFTER_S})
    desk.until(lambda: page.workers.model.rows[0].is_silent)
    page.tabs.setCurrentWidget(page.list)
    desk.until(lambda: state(page) == texts("task.silent", host=stored(stocked_shop, task_id).host))
    worker.close()
    desk.until(lambda: state(page).endswith(texts("task.waits_for_worker")))
    assert stored(stocked_shop, task_id).status is TaskStatus.PENDING


def test_a_task_is_cancelled_only_after_a_question(stocked_shop: Shop, desk: Desk, page: TasksPage) -> None:
    task_id = submit(stocked_shop)
    newest(desk, page, task_id)
    page.list.table.selectRow(0)
    card = page.list.card
    desk.click(card.cancel)
    assert "не изменится" in card._actions.question.text()
    card._actions.question.reject()
    assert stored(stocked_shop, task_id).status is TaskStatus.PENDING
    desk.click(card.cancel)
    desk.click(card._actions.question.yes_button)  # type: ignore[attr-defined]
    desk.until(lambda: card.repeat.isVisible() and not card.cancel.isVisible())
    task = stored(stocked_shop, task_id)
    assert (task.status, task.cancel_requested_by) == (TaskStatus.CANCELLED, desk.backend.operator)
    desk.until(lambda: desk.texts("task.cancelled", by=desk.backend.operator) == state(page))


def test_the_priority_goes_up_and_down_between_its_bounds(stocked_shop: Shop, desk: Desk, page: TasksPage) -> None:
    task_id, card = submit(stocked_shop), page.list.card
    page.show_task(task_id)
    desk.until(card.sooner.isVisible)
    desk.click(card.sooner)
    desk.until(lambda: not card.sooner.isEnabled())
    assert stored(stocked_shop, task_id).priority == Priority.ONEC
    desk.click(card.later)
    desk.until(card.sooner.isEnabled)
    assert stored(stocked_shop, task_id).priority == Priority.PERSON
    desk.click(card.later)
    desk.until(lambda: not card.later.isEnabled())
    assert stored(stocked_shop, task_id).priority == Priority.SCHEDULE


def test_an_import_is_put_into_the_queue_once(stocked_shop: Shop, desk: Desk, page: TasksPage, dearer: Path) -> None:
    window = desk.window
    for number in range(2):
        window.show_page("import")
        desk.choose_source(dearer)
        desk.click(window.import_page.form.later)
        dialog = window.import_page.submit_dialog
        assert str(dearer) in texts_in(dialog)
        dialog.soon.setChecked(True)
        desk.click(dialog.submit)
        desk.until(lambda: window.sidebar.page == "tasks")
        desk.until(lambda: page.list.card.cancel.isVisible())
        assert (desk.texts("tasks.waits_already") in texts_in(page.list.card)) is bool(number)
    assert page.list.card.task_id is not None
    task = stored(stocked_shop, page.list.card.task_id)
    assert (task.status, task.trigger, task.run_after) == (TaskStatus.PENDING, "window", None)
    assert task.request["data_dir"] == str(dearer)
    newest(desk, page, STOCKED + 1)


def test_the_dialog_has_room_for_what_it_finds_in_the_folder(desk: Desk, page: TasksPage) -> None:
    """It looks into the folder on another thread, and says what is there in more than one line."""
    desk.click(page.submit)
    dialog = page.list.dialog
    assert dialog.picker is not None
    source = dialog.picker.source
    source.choose_path("")
    desk.until(lambda: not source.state.text())
    dialog.setStyleSheet("QLabel { font-size: 24px; }")  # as where people need larger letters
    dialog.resize(dialog.minimumSize())
    source.choose_path(str(resource("demo")))
    desk.until(lambda: "справочники" in source.state.text())
    desk.until(lambda: source.state.height() >= source.state.heightForWidth(source.state.width()))


def test_a_task_for_later_waits_for_its_time(stocked_shop: Shop, desk: Desk, page: TasksPage) -> None:
    desk.click(page.submit)
    dialog = page.list.dialog
    picker = dialog.picker
    assert picker is not None
    picker.kind.setCurrentIndex(picker.kind.findData("backup"))
    moment = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)
    dialog.moment.setDateTime(QDateTime.fromSecsSinceEpoch(int(moment.timestamp())))
    assert dialog.later.isChecked(), "choosing a time is wanting it"
    desk.click(dialog.submit)
    desk.until(lambda: page.list.card.task_id is not None)
    task = stored(stocked_shop, page.list.card.task_id or 0)
    assert (task.kind, task.run_after) == ("backup", moment)
    desk.until(lambda: desk.texts.moment(moment) in state(page))


def test_a_task_leads_to_its_runs_and_back(stocked_shop: Shop, desk: Desk, page: TasksPage, dearer: Path) -> None:
    window = desk.window
    report = stocked_shop.run(dearer)
    newest(desk, page, STOCKED + 1)
    page.list.table._open(page.list.model.index(0, 0))
    desk.until(lambda: window.sidebar.page == "entry" and window.entry_page.task.isVisible())
    assert window.entry_page._key == EntryKey(EntrySource.RUN, report.run_id)
    assert desk.texts("task_status.completed") in window.entry_page.task.text()
    desk.click(window.entry_page.task)
    desk.until(lambda: page.list.card.repeat.isVisible())

    desk.click(page.list.card.repeat)
    desk.click(page.list.card._actions.question.yes_button)  # type: ignore[attr-defined]
    newest(desk, page, STOCKED + 2)
    desk.until(page.list.card.cancel.isVisible)
    again = stored(stocked_shop, page.list.card.task_id or 0)
    assert (again.status, again.kind, again.operator) == (TaskStatus.PENDING, "all", desk.backend.operator)


def test_the_list_is_filtered_by_the_database(stocked_shop: Shop, desk: Desk, page: TasksPage) -> None:
    insert_tasks(stocked_shop.connection, 450)
    tab, count = page.list, STOCKED + 455
    desk.until(lambda: tab.model.rowCount() == count)
    tab.statuses.buttons[TaskStatus.CANCELLED].click()
    desk.until(lambda: tab.model.rowCount() == 90)
    tab.statuses.buttons[TaskStatus.CANCELLED].click()
    tab.statuses.buttons[TaskStatus.PENDING].click()
    desk.until(lambda: tab.model.rowCount() == 4)
    tab.text.setText("BUH-3")
    desk.until(lambda: tab.model.rowCount() == 1)
    tab.text.setText("%")
    desk.until(lambda: desk.texts("tasks.nothing_found") in texts_in(tab.list.empty))
    desk.click(tab.clear)
    desk.until(lambda: tab.model.rowCount() == count)
    tab.table.scrollToBottom()
    desk.until(lambda: tab.model.row_at(count - 1) is not None)


def test_a_worker_does_what_the_window_has_queued(
    stocked_shop: Shop, desk: Desk, page: TasksPage, dearer: Path, tmp_path: Path
) -> None:
    desk.window.show_page("import")
    desk.choose_source(dearer)
    desk.click(desk.window.import_page.form.later)
    dialog = desk.window.import_page.submit_dialog
    dialog.soon.setChecked(True)
    desk.click(dialog.submit)
    desk.until(page.list.card.cancel.isVisible)
    assert "--work" in texts_in(page.list.card)
    with Installation(tmp_path / "worker", stocked_shop.url).start("--work", "--json") as worker:
        desk.until(page.list.card.repeat.isVisible, 2 * LIMIT_S)
        worker.interrupt()
        worker.ended()
    desk.until(lambda: desk.texts("task_status.completed") == page.list.model.index(0, 0).data())
    assert page.list.card.task_id is not None
    assert stored(stocked_shop, page.list.card.task_id).run_id == STOCKED + 1


def test_a_long_list_behind_another_page_is_not_measured(
    stocked_shop: Shop, desk: Desk, page: TasksPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.window.show_page("import")
    asked: list[int] = []
    measure = page.list.table.sizeHintForColumn

    def measured(number: int) -> int:
        asked.append(number)
        return measure(number)

    monkeypatch.setattr(page.list.table, "sizeHintForColumn", measured)
    insert_tasks(stocked_shop.connection, 450)
    desk.until(lambda: page.list.model.rowCount() == STOCKED + 455)
    process_events()
    assert not asked, "Qt measures each row of a hidden table"
    desk.window.show_page("tasks")
    desk.until(lambda: asked)
