"""Workers with a long queue, and several with the same schedules (RUN-13, RUN-15)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from freesport_sync.core.schedules import Schedule
from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.tasks import Header, Submission, Trigger
from freesport_sync.database.own import schedules
from freesport_sync.database.own.jobs import PERFORM, UID
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server.engine import transaction
from freesport_sync.runs.requests import encode
from tests.program import Installation
from tests.shop import Shop
from tests.toy import TOY_LOCK, CountSheep
from tests.toy_program import DREAM_OF_SHEEP, DreamOfSheep
from tests.watching import holding, wait_until
from tests.workers import submit, task_of, wait_for, working

WAITING = 10_000
SCHEDULES = 10
TAKE_TOY_LOCK = f"SELECT pg_advisory_lock({KEY1}, {TOY_LOCK.key})"
COPIES = f"""
INSERT INTO freesport_sync.tasks SELECT (jsonb_populate_record(task, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('freesport_sync.tasks', 'id')),
    'uid', gen_random_uuid(),
    'dedupe_key', 'copy ' || n))).*
FROM freesport_sync.tasks AS task, generate_series(1, {WAITING}) AS n WHERE task.id = :id;
"""
CALLS = f"""
SELECT count(freesport_sync.procrastinate_defer_jobs_v1(ARRAY[ROW(
    task.queue, '{PERFORM}', 0, NULL, NULL, jsonb_build_object('{UID}', task.uid), NULL
)::freesport_sync.procrastinate_job_to_defer_v1])) FROM freesport_sync.tasks AS task WHERE task.id > :id
"""
CALLED = """
UPDATE freesport_sync.tasks AS task SET job_id = job.id FROM freesport_sync.procrastinate_jobs AS job
WHERE (job.args ->> 'uid')::uuid = task.uid
"""
OPEN = "SELECT count(*) FROM freesport_sync.tasks WHERE status IN ('pending', 'running')"
STARTED = "SELECT count(DISTINCT schedule_id) FROM freesport_sync.tasks"
STARTS = """
SELECT count(*) OVER (PARTITION BY schedule_id, due_at), status FROM freesport_sync.tasks
WHERE schedule_id IS NOT NULL
"""
BEATS = "SELECT max(heartbeat_at) - min(started_at) > make_interval(secs => :seconds) FROM freesport_sync.workers"
LANE_LOOKS_AT_LEAST_ONCE_S = 8


def versions(shop: Shop, table: str) -> dict[int, str]:
    """Which transaction has written each row."""
    return dict(shop.rows(f"SELECT id, xmin::text FROM freesport_sync.{table}"))


def test_ten_thousand_tasks_wait_without_being_touched(stocked_shop: Shop, installed: Installation) -> None:
    shop = stocked_shop
    first = submit(shop, CountSheep(1))
    shop.execute(COPIES, id=first)
    shop.value(CALLS, id=first)
    shop.execute(CALLED)
    tables = "tasks", "procrastinate_jobs"
    before = {table: versions(shop, table) for table in tables}
    assert len(before["procrastinate_jobs"]) == WAITING + 1
    with holding(shop.url, TAKE_TOY_LOCK), working(installed):
        wait_until(lambda: task_of(shop, first).waiting_for is not None)
        wait_until(lambda: shop.value(BEATS, seconds=LANE_LOOKS_AT_LEAST_ONCE_S))
        other = submit(shop, DreamOfSheep())
        assert wait_for(shop, other, TaskStatus.COMPLETED).attempt == 1, "another lock is not held up"
        after = {table: versions(shop, table) for table in tables}
    touched = {
        table: [id_ for id_, version in before[table].items() if after[table][id_] != version] for table in tables
    }
    assert touched == {"tasks": [first], "procrastinate_jobs": []}


def test_two_workers_submit_each_start_of_a_schedule_once(
    stocked_shop: Shop, installed: Installation, tmp_path: Path
) -> None:
    shop = stocked_shop
    prepare_own_schema(shop.connection)
    for number in range(1, SCHEDULES + 1):
        request = encode(DREAM_OF_SHEEP, Submission(DreamOfSheep(number), Header("boss@here", Trigger.SCHEDULE)))
        with transaction(shop.connection):
            dream = Schedule(f"dream {number}", "* * * * *", "UTC", request, created_by="boss@here")
            schedules.store(shop.connection, dream)
    with ExitStack() as stack:
        for one in (installed, Installation(tmp_path / "other", installed.url)):
            stack.enter_context(working(one))
        shop.execute("UPDATE freesport_sync.schedules SET next_at = date_trunc('minute', now())")
        wait_until(lambda: shop.value(STARTED) == SCHEDULES)
        wait_until(lambda: not shop.value(OPEN))
        starts = shop.rows(STARTS)
    assert set(starts) == {(1, "completed")}
