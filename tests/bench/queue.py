"""`python -m tests.bench.queue`: measures the queue against procrastinate bare, and prints JSON.

A worker of ours and one of procrastinate work on the same server, in processes of their own, one job at a time. Every
round lets tasks come one by one to an idle queue, until our worker tells that it has taken them; then it gives both the
same number of jobs that do nothing, in one transaction each, one after the other. Ratios are formed within a round,
because these machines are shared: bare / ours, so more is better for us. CPU is that of the worker and of the server.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
import sqlalchemy as sa

from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import tasks
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect, driver_connection, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from freesport_sync.tasks.waiting import new_task
from tests.program import Installation, Program
from tests.toy_program import WITH_TOYS, DreamOfSheep
from tests.workers import working

POLL_S = 0.01
DEADLINE_S = 600.0

BARE = """
import asyncio, sys
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=sys.argv[1]))

@app.task(name="nothing")
def nothing():
    pass

async def work():
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        print("ready", flush=True)
        await app.run_worker_async(concurrency=1)

asyncio.run(work())
"""
BARE_JOBS = (
    "SELECT procrastinate_defer_jobs_v1(array_agg("
    "ROW('default', 'nothing', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1)) FROM generate_series(1, :n)"
)
LEFT_BARE = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
LEFT_OURS = "SELECT count(*) FROM freesport_sync.tasks WHERE status IN ('pending', 'running')"

_different = count(1)
"""Equal tasks would be one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A queue with its worker.

    Args:
        connection: to its database.
        worker: the process.
        fill: adds so many jobs; in a transaction.
        left: query for how many are not done.
    """

    connection: sa.Connection
    worker: psutil.Process
    fill: Callable[[int], None]
    left: str

    def work_off(self, number: int) -> tuple[float, float]:
        """Seconds that so many jobs take from the COMMIT that adds them; and of CPU."""
        observer = psutil.Process(driver_connection(self.connection).info.backend_pid)
        server = observer.parent()
        assert server is not None
        processes = [self.worker, *(process for process in server.children() if process != observer)]
        with transaction(self.connection):
            self.fill(number)
            began, cpu_s = time.perf_counter(), _cpu_s(processes)
        while self.connection.scalar(sa.text(self.left)):
            assert time.perf_counter() - began < DEADLINE_S
            time.sleep(POLL_S)
        return time.perf_counter() - began, _cpu_s(processes) - cpu_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.queue", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--starts", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="freesport-bench-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        folder = Path(temporary)
        with (
            EmbeddedPostgres(folder / "postgres") as postgres,
            _bare(postgres) as bare,
            _ours(postgres, folder / "home") as (worker, ours),
        ):
            rounds = [_round(bare, ours, worker, options) for _ in range(options.rounds)]
    medians = {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
    print(json.dumps({"tasks": options.tasks, "median": medians, "rounds": rounds}, indent=2))


def _round(bare: Side, ours: Side, worker: Program, options: argparse.Namespace) -> dict[str, float]:
    starts = [_start_s(ours.connection, worker) for _ in range(options.starts)]
    bare_s, bare_cpu_s = bare.work_off(options.tasks)
    ours_s, ours_cpu_s = ours.work_off(options.tasks)
    found = {
        "start_ms": 1000 * statistics.median(starts),
        "slowest_start_ms": 1000 * max(starts),
        "bare_per_s": options.tasks / bare_s,
        "ours_per_s": options.tasks / ours_s,
        "ratio": bare_s / ours_s,
        "bare_cpu_ms": 1000 * bare_cpu_s / options.tasks,
        "ours_cpu_ms": 1000 * ours_cpu_s / options.tasks,
        "ratio_cpu": bare_cpu_s / ours_cpu_s,
    }
    return {name: round(value, 3) for name, value in found.items()}


def _start_s(connection: sa.Connection, worker: Program) -> float:
    """Seconds from the COMMIT of a task until the worker's line that it has taken it."""
    with transaction(connection):
        task_id = _submit(connection)
        began = time.perf_counter()
    worker.event("task_taken", task_id=task_id)
    took_s = time.perf_counter() - began
    worker.event("task_left", task_id=task_id, status="completed")
    return took_s


def _submit(connection: sa.Connection) -> int:
    submission = Submission(DreamOfSheep(next(_different)), Header("bench@here"))
    return tasks.submit(connection, new_task(WITH_TOYS, submission)).id


@contextmanager
def _ours(postgres: EmbeddedPostgres, home: Path) -> Iterator[tuple[Program, Side]]:
    with _database(postgres, "ours") as connection:
        with transaction(connection):
            create_shop_tables(connection)
        prepare_own_schema(connection)

        def fill(number: int) -> None:
            for _ in range(number):
                _submit(connection)

        with working(Installation(home, postgres.url("ours"))) as worker:
            yield worker, Side(connection, psutil.Process(worker.pid), fill, LEFT_OURS)


@contextmanager
def _bare(postgres: EmbeddedPostgres) -> Iterator[Side]:
    with _database(postgres, "bare") as connection:
        address = postgres.url("bare").set(drivername="postgresql").render_as_string(hide_password=False)
        process = subprocess.Popen([sys.executable, "-c", BARE, address], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Side(
                connection,
                psutil.Process(process.pid),
                lambda number: connection.execute(sa.text(BARE_JOBS), {"n": number}).close(),
                LEFT_BARE,
            )
        finally:
            process.kill()
            process.communicate()


@contextmanager
def _database(postgres: EmbeddedPostgres, name: str) -> Iterator[sa.Connection]:
    postgres.ensure_database(name)
    connection = connect(postgres.url(name), "bench")
    connection.exec_driver_sql("SET idle_session_timeout = 0")
    try:
        yield connection
    finally:
        connection.close()


def _cpu_s(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes if process.is_running()]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    main()
