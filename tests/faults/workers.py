"""Kills, freezes and cuts off workers while they run queued imports, and looks at what they leave.

Every round queues imports of two exports that give every price another value, and a task without a run; then something
happens to the workers at a random moment. In the end each task must be completed, each import must have been written
once, nothing may be open or held, and the shop must have all rows of the import that came last.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from random import Random
from typing import Self

import sqlalchemy as sa

from freesport_sync.core.task_list import TaskStatus
from freesport_sync.core.tasks import Request
from freesport_sync.database.own.lock import KEY1
from freesport_sync.database.shop.tables import SHOP_TABLES
from freesport_sync.tasks.shop_import.request import ShopImport
from tests.bench.generator import generate
from tests.databases import RestartedServer
from tests.program import Installation, Program
from tests.shop import Shop
from tests.toy_program import DreamOfSheep
from tests.watching import wait_until
from tests.workers import TOY_PROGRAM, submit

WORKERS = 2
LONGEST_FREEZE_S = 8.0
IN_TIME_S = 180.0
"""Also for a task that is tried again after the server was restarted, on a computer that has other things to do."""

_HELD = (
    "SELECT 'lock', pid, application_name, state FROM pg_locks JOIN pg_stat_activity USING (pid)"
    f" WHERE locktype = 'advisory' AND classid = {KEY1}"
)
_CALLS = "SELECT 'job', id, queue_name, scheduled_at, args FROM freesport_sync.procrastinate_jobs WHERE status = 'todo'"
_HURRY = (
    "UPDATE freesport_sync.tasks SET run_after = NULL WHERE status = 'pending' AND run_after IS NOT NULL",
    "UPDATE freesport_sync.procrastinate_jobs SET scheduled_at = NULL WHERE scheduled_at IS NOT NULL",
)
"""What may heal is tried again after half a minute; nobody wants to wait for that."""
_OPEN = "SELECT count(*) FROM freesport_sync.tasks WHERE status IN ('pending', 'running')"
_OF_TASKS = "SELECT id, status, error_code, crashes, job_id FROM freesport_sync.tasks WHERE id = ANY(:ids) ORDER BY id"
_COMPLETED = "SELECT task_id FROM freesport_sync.runs WHERE status = 'completed' AND task_id = ANY(:ids) ORDER BY id"

Rows = dict[str, list[str]]


class Blow(StrEnum):
    """What happens to the workers."""

    KILL = "kill -9"
    KILL_ALL = "kill -9 of both"
    FREEZE = "SIGSTOP, SIGCONT"
    RESTART = "PostgreSQL restarted"
    CRASH = "PostgreSQL crashed"


WEIGHTS = {Blow.KILL: 75, Blow.KILL_ALL: 8, Blow.FREEZE: 12, Blow.RESTART: 3, Blow.CRASH: 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """What one blow has met.

    Args:
        blow: what happened.
        crashes: tasks that had to be taken back from a dead worker.
        tries: runs beyond one for each import.
    """

    blow: Blow
    crashes: int
    tries: int


class WorkerScene:
    """A shop, two exports for it, and workers that import them.

    Args:
        server: where the shop is.
        shop: imported into.
        folder: for the exports and homes.
        products: size of the exports.
    """

    def __init__(self, server: RestartedServer, shop: Shop, folder: Path, products: int) -> None:
        self._server = server
        self._shop = shop
        self._folder = folder
        self._exports = [folder / "usual", folder / "repriced"]
        for export, change in zip(self._exports, (0.0, 1.0), strict=True):
            generate(export, products, change=change)
        for export in self._exports:
            shop.run(export, allow_older=True)
        self._pictures = {export: self._look_after(export) for export in self._exports}
        assert self._pictures[self._exports[0]] != self._pictures[self._exports[1]]
        self._numbers = count(1)
        self._stack = ExitStack()
        self._workers: list[Program] = []

    def __enter__(self) -> Self:
        self._mend_workers()
        self._undisturbed_s()  # until the workers have started
        self.lasts_s = self._undisturbed_s()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def strike(self, chance: Random) -> Hit:
        """One round; fails when something is not as it must be."""
        ids = self._submit()
        time.sleep(chance.uniform(0, self.lasts_s))
        blow = chance.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        self._deal(blow, chance)
        self._mend_workers()
        return self._check(ids, blow)

    def _look_after(self, export: Path) -> Rows:
        self._shop.run(export, allow_older=True)
        return self._look()

    def _look(self) -> Rows:
        return {table.name: self._rows(table) for table in SHOP_TABLES if table.name != "import_sessions"}

    def _rows(self, table: sa.Table) -> list[str]:
        columns = [column for column in table.columns if not isinstance(column.type, sa.DateTime)]
        return sorted(repr(tuple(row)) for row in self._shop.connection.execute(sa.select(*columns)))

    def _submit(self) -> list[int]:
        requests: list[Request] = [
            ShopImport(data_dir=export, skip_backup=True, allow_older=True) for export in self._exports
        ]
        requests.append(DreamOfSheep(next(self._numbers)))
        return [submit(self._shop, request) for request in requests]

    def _undisturbed_s(self) -> float:
        began = time.monotonic()
        self._check(self._submit(), Blow.KILL)
        return time.monotonic() - began

    def _deal(self, blow: Blow, chance: Random) -> None:
        victim = chance.choice(self._workers)
        match blow:
            case Blow.KILL:
                victim.end_by_force()
            case Blow.KILL_ALL:
                for worker in self._workers:
                    worker.end_by_force()
            case Blow.FREEZE:
                victim.stop()
                time.sleep(chance.uniform(0, LONGEST_FREEZE_S))
                victim.go_on()
            case Blow.RESTART | Blow.CRASH:
                self._shop.connection.close()
                self._server.restart("fast" if blow is Blow.RESTART else "immediate")
                self._shop.__enter__()

    def _mend_workers(self) -> None:
        """Start workers in the place of dead ones; those that were not killed must be alive."""
        self._workers = [worker for worker in self._workers if worker.is_alive]
        while len(self._workers) < WORKERS:
            home = self._folder / f"home-{next(self._numbers)}"
            started = Installation(home, self._shop.url).start("--work", "--json", program=TOY_PROGRAM)
            self._workers.append(self._stack.enter_context(started))

    def _check(self, ids: list[int], blow: Blow) -> Hit:
        shop = self._shop
        wait_until(self._are_ended, IN_TIME_S)
        found = shop.rows(_OF_TASKS, ids=ids)
        statuses = [status for _, status, *_ in found]
        assert statuses == [TaskStatus.COMPLETED.value] * len(ids), found
        completed = [task_id for (task_id,) in shop.rows(_COMPLETED, ids=ids)]
        assert sorted(completed) == ids[:-1], f"imports of {ids[:-1]} were written: {completed}"
        self._wait_until_none(_HELD)
        self._wait_until_none(_CALLS)
        open_rows = "SELECT count(*) FROM freesport_sync.runs WHERE finished_at IS NULL"
        assert not shop.value(open_rows), "a run is open"
        assert not shop.value("SELECT count(*) FROM import_sessions WHERE finished_at IS NULL"), "a session is open"
        expected = self._pictures[self._exports[ids.index(completed[-1])]]
        for table, rows in self._look().items():
            different = set(rows) ^ set(expected[table])
            assert rows == expected[table], f"{table}: {len(different)} rows are different: {[*different][:1]}"
        tries = shop.value("SELECT count(*) FROM freesport_sync.runs WHERE task_id = ANY(:ids)", ids=ids)
        return Hit(blow, sum(crashes for _, _, _, crashes, _ in found), tries - len(completed))

    def _wait_until_none(self, query: str) -> None:
        try:
            wait_until(lambda: not self._shop.rows(query))
        except AssertionError:
            raise AssertionError(f"this does not go away: {self._shop.rows(query)}") from None

    def _are_ended(self) -> bool:
        for statement in _HURRY:
            self._shop.execute(statement)
        return not self._shop.value(_OPEN)
