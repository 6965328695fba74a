"""Workers as processes of their own, and tasks for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from freesport_sync.core.task_list import Task, TaskStatus
from freesport_sync.core.tasks import Header, Request, Submission
from freesport_sync.database.own import tasks
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.own.task_list import read_task
from freesport_sync.database.server.engine import transaction
from freesport_sync.tasks.waiting import new_task
from tests.program import Installation, Program
from tests.shop import Shop
from tests.toy_program import WITH_TOYS
from tests.watching import DEADLINE_S, wait_until

TOY_PROGRAM = ("-m", "tests.toy_program")


@contextmanager
def working(installed: Installation, *arguments: object, **options: Any) -> Iterator[Program]:
    """A worker that is ready; it knows the toy tasks besides."""
    with installed.start("--work", "--json", *arguments, program=TOY_PROGRAM, **options) as program:
        program.event("worker_ready")
        yield program


def submit(shop: Shop, request: Request, **options: Any) -> int:
    """Let a task wait; returns its number. `options` are those of `new_task`."""
    prepare_own_schema(shop.connection)
    with transaction(shop.connection):
        new = new_task(WITH_TOYS, Submission(request, Header("tester@here")), **options)
        return tasks.submit(shop.connection, new).id


def task_of(shop: Shop, task_id: int) -> Task:
    """A task as everybody sees it."""
    found = read_task(shop.connection, task_id)
    assert found is not None
    return found


def wait_for(shop: Shop, task_id: int, status: TaskStatus, limit_s: float = DEADLINE_S) -> Task:
    """Wait until a task has a status."""
    wait_until(lambda: task_of(shop, task_id).status is status, limit_s)
    return task_of(shop, task_id)


def wait_until_runs(shop: Shop, task_id: int) -> Task:
    """Wait until a try of a task has opened its run."""
    wait_until(lambda: task_of(shop, task_id).status is TaskStatus.RUNNING and is_open(shop, task_id))
    return task_of(shop, task_id)


def is_open(shop: Shop, task_id: int) -> bool:
    """Whether a run of the task has not ended."""
    query = f"SELECT EXISTS (SELECT FROM freesport_sync.runs WHERE task_id = {task_id} AND status = 'running')"
    return bool(shop.value(query))


def runs_of(shop: Shop, task_id: int) -> list[str]:
    """How the runs of a task ended, the first try first."""
    query = f"SELECT status FROM freesport_sync.runs WHERE task_id = {task_id} ORDER BY id"
    return [status for (status,) in shop.rows(query)]
