"""Workers as processes of their own: they take tasks, run them and end them, whatever happens to them (RUN-13)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from freesport_sync.core.task_list import Task, TaskStatus
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import tasks
from freesport_sync.database.own.remote_control import cancel_task
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_task
from freesport_sync.database.server.engine import transaction
from freesport_sync.tasks.waiting import new_task
from tests.program import Installation, Program
from tests.shop import Shop
from tests.toy import WITH_TOY, CountSheep
from tests.watching import wait_until

FOR_EVER = CountSheep(sheep=0)


@contextmanager
def working(installed: Installation, *arguments: object) -> Iterator[Program]:
    """A worker that is ready."""
    with installed.start("--work", "--json", *arguments, program=("-m", "tests.toy_program")) as program:
        program.event("worker_ready")
        yield program


def submit(shop: Shop, request: CountSheep, **options: Any) -> int:
    prepare_own_schema(shop.connection)
    with transaction(shop.connection):
        submission = Submission(request, Header("tester@here"))
        return tasks.submit(shop.connection, new_task(WITH_TOY, submission, **options)).id


def task(shop: Shop, task_id: int) -> Task:
    found = read_task(shop.connection, task_id)
    assert found is not None
    return found


def wait_for(shop: Shop, task_id: int, status: TaskStatus) -> Task:
    wait_until(lambda: task(shop, task_id).status is status)
    return task(shop, task_id)


def test_a_worker_runs_what_waits_and_what_comes(stocked_shop: Shop, installed: Installation) -> None:
    shop = stocked_shop
    waiting = submit(shop, CountSheep(2))
    with working(installed) as worker:
        first = wait_for(shop, waiting, TaskStatus.COMPLETED)
        later = wait_for(shop, submit(shop, CountSheep(3)), TaskStatus.COMPLETED)
        worker.interrupt()
        assert worker.ended().code == 0
    assert (first.counts["sheep"].created, later.counts["sheep"].created) == (2, 3)
    assert (first.attempt, first.percent, first.crashes) == (1, 100, 0)
    assert shop.value("SELECT count(*) FROM freesport_sync.procrastinate_jobs") == 0
    assert shop.value("SELECT count(*) FROM freesport_sync.workers") == 0


def test_a_running_task_is_cancelled(stocked_shop: Shop, installed: Installation) -> None:
    shop = stocked_shop
    with working(installed):
        task_id = submit(shop, FOR_EVER)
        wait_until(lambda: task(shop, task_id).run_id is not None)
        assert cancel_task(shop.connection, task_id, "boss@there") is TaskStatus.RUNNING
        ended = wait_for(shop, task_id, TaskStatus.CANCELLED)
    assert (ended.error_code, ended.cancel_requested_by) == ("cancelled_by", "boss@there")
