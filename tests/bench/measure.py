"""Measures whole runs: the program as a process, its memory, and what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from tests.bench.floors import COPIED_TABLES

SAMPLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Args:
        wall_s: seconds of the whole process, its start included.
        run_s: seconds of the run by its own account.
        apply_s: seconds from the first write to the end of the run, in which rows may be locked.
        memory_mb: most memory of the program and its workers together (resident, MB).
        wal_mb: what the server had to log.
        rows_written: rows inserted, updated or deleted in the shop's tables, the session row aside.
        counts: as the program reports them.
    """

    wall_s: float
    run_s: float
    apply_s: float
    memory_mb: float
    wal_mb: float
    rows_written: int
    counts: dict[str, Any]


def import_once(url: sa.URL, folder: Path, observer: sa.Connection) -> Measured:
    """Run the program on an export.

    Args:
        url: the shop, with the password.
        folder: the export.
        observer: a connection to the same database.
    """
    return run_once(url, observer, "--run", "all", "--skip-backup", "--data-dir", str(folder))


def run_once(url: sa.URL, observer: sa.Connection, *arguments: str) -> Measured:
    """Run the program with these arguments; see `import_once`."""
    quiet(observer)
    wal, rows = _wal_position(observer), _rows_written(observer)
    command = [sys.executable, "-m", "freesport_sync", "--json", *arguments]
    command += ["--database-url", f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"]
    environment = os.environ | {"FREESPORT_SYNC_DB_PASSWORD": str(url.password)}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment)
    memory = _MemorySampler(process.pid)
    apply_started: float | None = None
    result: dict[str, Any] = {}
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "progress" and event["stage"] == "apply" and apply_started is None:
            apply_started = time.perf_counter()
        if event["event"] in ("result", "error"):
            result = event
    finished = time.perf_counter()
    process.wait()
    peak = memory.stop()
    if result.get("status") != "completed":
        raise RuntimeError(f"the run failed: {result}")
    return Measured(
        wall_s=finished - started,
        run_s=result["duration_s"],
        apply_s=finished - (apply_started or finished),
        memory_mb=peak,
        wal_mb=(_wal_position(observer) - wal) / 1e6,
        rows_written=_rows_written(observer) - rows,
        counts=result["counts"],
    )


def quiet(connection: sa.Connection) -> None:
    """Leave the server nothing to do in the background: checkpoint, and no autovacuum at work."""
    connection.exec_driver_sql("CHECKPOINT")
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
    deadline = time.monotonic() + 60
    while connection.exec_driver_sql(query).scalar() and time.monotonic() < deadline:
        time.sleep(0.2)


class _MemorySampler:
    """Watches a process and its children from the outside."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._peak = 0
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._is_stopping.set()
        self._thread.join()
        return self._peak / 1e6

    def _sample(self) -> None:
        while not self._is_stopping.wait(SAMPLE_S):
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                return
            self._peak = max(self._peak, sum(_resident(process) for process in family))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _wal_position(connection: sa.Connection) -> int:
    query = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    return int(connection.exec_driver_sql(query).scalar_one())


def _rows_written(connection: sa.Connection) -> int:
    # The import's server process reports its figures when it ends, a moment after the program has.
    query = sa.text(
        "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables"
        " WHERE relname = ANY(:tables)"
    )
    busy = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'freesport_sync%'")
    deadline = time.monotonic() + 10
    while connection.scalar(busy) and time.monotonic() < deadline:
        time.sleep(0.05)
    return int(connection.execute(query, {"tables": list(COPIED_TABLES)}).scalar_one())
