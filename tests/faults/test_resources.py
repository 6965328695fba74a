"""Disk, memory and processes run out, and the clock jumps: the run fails in words or goes on, nothing is left open."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psutil
import pytest

from freesport_sync import os_support
from freesport_sync.core.events import Event
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, Stage
from freesport_sync.database.server import engine
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect
from freesport_sync.errors import ConnectionFailed, ImportFailed, SyncError
from tests.bench.generator import generate
from tests.builders import ExportBuilder, product
from tests.integration.support import NewExport, shop_rows
from tests.platforms import linux_only
from tests.shop import Shop
from tests.small_disk import A_SMALL_DISK, small_disk
from tests.watching import at_stage, importers, lock_is_free, side_connections, wait_until

pytestmark = pytest.mark.usefixtures("workers")


def assert_failed(shop: Shop, folder: Path, on_event: Callable[[Event], None] | None = None) -> SyncError:
    """The error of a run that left only its closed rows, and holds no lock."""
    before = shop_rows(shop)
    with pytest.raises(SyncError) as caught:
        shop.run(folder, on_event)
    assert shop_rows(shop) == before
    assert shop.row(
        "SELECT r.status, r.error_code, s.status, r.finished_at IS NOT NULL, s.finished_at IS NOT NULL"
        " FROM freesport_sync.runs AS r JOIN import_sessions AS s ON s.id = r.session_ids[1]"
        " ORDER BY r.id DESC LIMIT 1"
    ) == ("failed", caught.value.code, "failed", True, True)
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))
    wait_until(lambda: not side_connections(shop.connection))
    assert not workers(), "a worker has outlived the run"
    return caught.value


def workers() -> list[psutil.Process]:
    """The processes that read files for a run of this process."""
    children = psutil.Process().children()
    return [child for child in children if "--multiprocessing-fork" in child.cmdline()]


# --- the server's disk and memory -----------------------------------------------------------------------------------


@pytest.fixture
def tiny_temporary_disk(
    postgres: EmbeddedPostgres, stocked_shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Temporary tables of `stocked_shop` lie on a disk of two megabytes."""
    disk = postgres.home / f"disk_{uuid4().hex}"
    disk.mkdir()
    name = f"tiny_{uuid4().hex}"
    with small_disk(disk, "2m"), closing(connect(postgres.url("postgres"), "tests")) as admin:
        os_support.set_owner(disk, os_support.owner_of(postgres.home / "data"))
        admin.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
        admin.exec_driver_sql(f"ALTER DATABASE {stocked_shop.url.database} SET temp_tablespaces = '{name}'")
        yield
        wait_until(lambda: not importers(stocked_shop.connection))
        admin.exec_driver_sql(f"DROP TABLESPACE {name}")


@linux_only(A_SMALL_DISK)
def test_a_disk_of_the_server_that_is_full_while_staging(
    stocked_shop: Shop, tiny_temporary_disk: None, tmp_path: Path
) -> None:
    generate(tmp_path / "large", products=600)
    error = assert_failed(stocked_shop, tmp_path / "large")
    assert isinstance(error, ConnectionFailed)
    assert error.code == "database_out_of_resources"
    assert "No space left on device" in str(error.params["reason"])


@linux_only(A_SMALL_DISK)
def test_a_disk_of_the_server_that_is_full_while_restoring(
    stocked_shop: Shop, tiny_temporary_disk: None, dearer: Path
) -> None:
    shop = stocked_shop
    many = "SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 100000)"
    shop.execute(f"UPDATE products SET description = ({many})")
    report, before = shop.run(dearer, skip_backup=False), shop_rows(shop)
    with pytest.raises(ConnectionFailed, match="database_out_of_resources"):
        shop.undo(report.run_id)
    assert shop_rows(shop) == before


@linux_only(A_SMALL_DISK)
@pytest.mark.parametrize("room", ["1m", "3m"])
def test_local_disk_full_while_backing_up(
    stocked_shop: Shop, dearer: Path, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells of more room than it has, as a quota does; the larger one is full only when the entry is finished."""
    shop = stocked_shop
    shop.execute(
        "UPDATE products SET description = (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 200000))"
    )
    shop.backups.mkdir()
    before = shop_rows(shop)
    with small_disk(shop.backups, room):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
        with pytest.raises(ImportFailed, match="backup_disk_full"):
            shop.run(dearer, skip_backup=False)
        assert list(shop.backups.iterdir()) == []
    assert shop_rows(shop) == before
    assert shop.run(dearer, skip_backup=False).status is RunStatus.COMPLETED


def test_a_limit_of_temporary_files(stocked_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an administrator grants for sorting is little, and there is much to sort."""
    generate(tmp_path / "large", products=600)
    monkeypatch.setitem(engine._SESSION_SETTINGS, "work_mem", "64kB")
    stocked_shop.execute(f"ALTER DATABASE {stocked_shop.url.database} SET temp_file_limit = '64kB'")
    error = assert_failed(stocked_shop, tmp_path / "large")
    assert error.code == "database_out_of_resources"
    assert "temp_file_limit" in str(error.params["reason"])


@pytest.mark.parametrize("state", ["53100", "53200"], ids=["disk full", "out of memory"])
def test_a_server_that_can_no_longer_write(stocked_shop: Shop, dearer: Path, state: str) -> None:
    stocked_shop.execute(
        "CREATE FUNCTION exhausted() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE 'exhausted' USING ERRCODE = '{state}'; END $$"
    )
    stocked_shop.execute(
        "CREATE TRIGGER exhausted BEFORE UPDATE ON product_variants FOR EACH ROW EXECUTE FUNCTION exhausted()"
    )
    assert assert_failed(stocked_shop, dearer).code == "database_out_of_resources"


# --- our own processes ----------------------------------------------------------------------------------------------


KILLED = signal.SIGTERM if sys.platform == "win32" else -signal.SIGKILL
"""Exit code of a process that `psutil` has killed."""


def kill_workers() -> None:
    for worker in workers():
        worker.kill()


def starve_workers() -> None:
    """They get no more memory than they have."""
    for worker in workers():
        used = worker.memory_info().vms
        worker.rlimit(psutil.RLIMIT_AS, (used, used))


def test_a_worker_that_is_killed_fails_the_run(stocked_shop: Shop, dearer: Path) -> None:
    error = assert_failed(stocked_shop, dearer, at_stage(Stage.STAGE, kill_workers))
    assert isinstance(error, ImportFailed)
    assert (error.code, error.params["exit_code"]) == ("worker_died", KILLED)
    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == 1


@linux_only("a limit of memory for a process that runs")
def test_a_worker_without_memory_fails_the_run(stocked_shop: Shop, export: ExportBuilder) -> None:
    export.goods(product("p1", description="длинное описание " * 200_000))
    error = assert_failed(stocked_shop, export.folder, at_stage(Stage.STAGE, starve_workers))
    assert isinstance(error, ImportFailed)
    assert error.code in ("out_of_memory", "worker_died")


def test_a_program_without_memory_fails_the_run(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starve(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("freesport_sync.database.merge.merge.read_counts", starve)
    error = assert_failed(stocked_shop, dearer)
    assert error.code == "program_out_of_memory"


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_goes_backwards_does_no_harm(stocked_shop: Shop, dearer: Path, new_export: NewExport) -> None:
    """The server's clock was a day ahead when the shop was imported, and when a program was killed in the middle."""
    for column in ("started_at", "heartbeat_at", "finished_at"):
        stocked_shop.execute(f"UPDATE freesport_sync.runs SET {column} = {column} + interval '1 day'")
    for column in ("started_at", "created_at", "updated_at", "finished_at"):
        stocked_shop.execute(f"UPDATE import_sessions SET {column} = {column} + interval '1 day'")
    for table in ("products", "product_variants"):
        stocked_shop.execute(f"UPDATE {table} SET updated_at = updated_at + interval '1 day'")
    stocked_shop.execute("UPDATE freesport_sync.runs SET status = 'running', finished_at = NULL")
    stocked_shop.execute("UPDATE import_sessions SET status = 'in_progress', finished_at = NULL")
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED
    assert stocked_shop.rows("SELECT status FROM freesport_sync.runs ORDER BY id") == [("interrupted",), ("completed",)]
    assert not stocked_shop.value("SELECT count(*) FROM import_sessions WHERE finished_at IS NULL")

    older = new_export()
    older.created_at = "2020-01-01T00:00:00"
    older.reference_data()
    older.goods(product("p1"))
    assert assert_failed(stocked_shop, older.folder).code == "export_older"
