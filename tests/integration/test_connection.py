"""Servers that refuse us, limit us, or go away in the middle."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from freesport_sync.core.events import Event, Progress
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import FieldChange, RunStatus
from freesport_sync.core.shop import Entity, Stage
from freesport_sync.database.own import runs
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server import engine, interrupt
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect, parse_url
from freesport_sync.errors import (
    Cancelled,
    ConfigError,
    ConnectionFailed,
    SchemaMismatch,
    SyncError,
)
from tests.bench.generator import generate
from tests.integration.support import shop_rows
from tests.proxy import Link, Proxy, other_process_number
from tests.shop import Shop
from tests.watching import (
    VARIANT,
    background,
    holding,
    importers,
    lock_is_free,
    side_connections,
    wait_until,
    waiting_importers,
)

pytestmark = pytest.mark.usefixtures("workers")

SECRET = "s3cret-пароль"
Role = Callable[..., sa.URL]


@pytest.fixture
def role(postgres: EmbeddedPostgres) -> Iterator[Role]:
    """Makes a login that may do everything in a database, with settings of its own; returns the URL with it."""
    admin = connect(postgres.url("postgres"), "tests")

    def make(url: sa.URL, *settings: str) -> sa.URL:
        name = f"role_{uuid4().hex}"
        admin.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}' IN ROLE {url.username}")
        for setting in settings:
            admin.exec_driver_sql(f"ALTER ROLE {name} {setting}")
        return url.set(username=name, password=SECRET)

    yield make
    admin.close()


def failed_run(shop: Shop) -> tuple[object, ...]:
    """Status and code of the last run, status of its session, whether both are finished."""
    return shop.row(
        "SELECT r.status, r.error_code, s.status, r.finished_at IS NOT NULL AND s.finished_at IS NOT NULL"
        " FROM freesport_sync.runs AS r JOIN import_sessions AS s ON s.id = r.session_ids[1]"
        " ORDER BY r.id DESC LIMIT 1"
    )


# --- refused --------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url.set(port=free_port()), "database_unreachable"),
        (lambda url: url.set(password="wrong"), "database_login_refused"),
        (lambda url: url._replace(password=None), "database_login_refused"),
        (lambda url: url.set(username="nobody_at_all"), "database_login_refused"),
        (lambda url: url.set(database="no_such_database"), "database_not_found"),
    ],
    ids=["port", "wrong password", "no password", "user", "database"],
)
def test_refused_connection_is_explained(shop_database: sa.URL, change: Callable[[sa.URL], sa.URL], code: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        connect(change(shop_database), "tests")
    assert caught.value.code == code
    assert str(shop_database.password) not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('ВАЖНО:  база данных "x" не существует', "database_not_found"),
        ('ВАЖНО:  пользователь "u" не прошёл проверку подлинности (по паролю)', "database_login_refused"),
        ('ВАЖНО:  роль "u" не существует', "database_login_refused"),
        ('ВАЖНО:  для роли "u" вход запрещён', "database_login_refused"),
        (
            'ВАЖНО:  в pg_hba.conf нет записи для компьютера "10.0.0.1", пользователя "u", базы "x"',
            "database_login_refused",
        ),
        ("ВАЖНО:  извините, уже слишком много клиентов", "database_connection_limit"),
        ('FATAL:  too many connections for role "u"', "database_connection_limit"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "u", database "x"', "database_login_refused"),
        ("FATAL:  the database system is starting up", "database_unreachable"),
    ],
)
def test_messages_of_russian_servers_are_recognised(words: str, code: str) -> None:
    url = parse_url("postgresql://u@db.example.ru/x")
    assert engine._refused(url, OperationalError(None, None, Exception(words))).code == code


def test_pooler_is_refused(shop_database: sa.URL, tmp_path: Path) -> None:
    with Proxy(shop_database, to_client=other_process_number) as pooler:
        for attempt in (
            lambda: Shop(pooler.url, tmp_path).run(tmp_path),
            lambda: check_database(pooler.url, "shop"),
        ):
            with pytest.raises(ConnectionFailed) as caught:
                attempt()
            assert caught.value.code == "pooler_detected"
    with Proxy(shop_database) as forwarder:  # one that only passes things on does no harm
        connect(forwarder.url, "tests").close()


def test_variables_of_libpq_are_ignored(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "services").write_text("[elsewhere]\nhost=192.0.2.1\n")
    for name, value in {
        "PGHOST": "192.0.2.1",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGUSER": "nobody_at_all",
        "PGPASSWORD": "wrong",
        "PGDATABASE": "elsewhere",
        "PGOPTIONS": "-c default_transaction_read_only=on -c search_path=nowhere",
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGSERVICE": "elsewhere",
        "PGSSLMODE": "verify-full",
        "PGTZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, value)
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED
    assert not [name for name in os.environ if name.startswith("PG")]


def test_connection_limit_is_reported(stocked_shop: Shop, dearer: Path, role: Role, tmp_path: Path) -> None:
    before = shop_rows(stocked_shop)
    limited = role(stocked_shop.url, "CONNECTION LIMIT 1")  # enough for the lock, not for the second connection
    with pytest.raises(ConnectionFailed) as caught:
        Shop(limited, tmp_path).run(dearer)
    assert caught.value.code == "database_connection_limit"
    assert shop_rows(stocked_shop) == before
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.runs") == 1


def test_cancel_where_the_login_has_no_connection_left_to_ask_the_server(
    stocked_shop: Shop, dearer: Path, role: Role, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupt, "DEAF_S", 0.3)
    before = shop_rows(stocked_shop)
    limited = Shop(role(stocked_shop.url, "CONNECTION LIMIT 2"), tmp_path)
    with holding(stocked_shop.url, VARIANT) as holder, background(lambda: limited.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        limited.cancel.cancel()
        try:
            assert isinstance(run.exception(5), Cancelled)
            wait_until(lambda: lock_is_free(stocked_shop.connection))  # although the row is still held
        finally:
            holder.release()
    assert shop_rows(stocked_shop) == before
    assert failed_run(stocked_shop) == ("cancelled", "cancelled", "failed", True)


# --- limited --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting",
    [
        "SET statement_timeout = '200ms'",
        "SET idle_in_transaction_session_timeout = '200ms'",
        "SET default_transaction_isolation = 'serializable'",
        "SET transaction_timeout = '200ms'",
    ],
)
def test_limits_of_the_login_do_not_cut_the_run(
    stocked_shop: Shop, dearer: Path, role: Role, tmp_path: Path, setting: str
) -> None:
    version = stocked_shop.value("SELECT current_setting('server_version_num')::int")
    if "SET transaction_timeout" in setting and version < 170000:
        pytest.skip("the server does not have it")
    waited = "SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND now() - query_start > interval '400 ms'"
    limited = Shop(role(stocked_shop.url, setting), tmp_path)
    with holding(stocked_shop.url, VARIANT) as holder, background(lambda: limited.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection) or run.done())
        (pid,) = waiting_importers(stocked_shop.connection)
        wait_until(lambda: stocked_shop.value(waited, pid=pid) or run.done())
        holder.release()
        assert run.result().status is RunStatus.COMPLETED
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_read_only_login_is_refused(
    stocked_shop: Shop, dearer: Path, role: Role, tmp_path: Path, is_dry_run: bool
) -> None:
    before = whole_database(stocked_shop)
    limited = role(stocked_shop.url, "SET default_transaction_read_only = on")
    with pytest.raises(SchemaMismatch) as caught:
        Shop(limited, tmp_path).run(dearer, is_dry_run=is_dry_run)
    assert caught.value.code == "database_read_only"
    assert whole_database(stocked_shop) == before
    codes = {item.code: item.is_ok for item in check_database(limited, "shop")}
    assert codes["writable_missing"] is False


def test_login_without_temporary_tables_is_refused(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    name = f"role_{uuid4().hex}"
    stocked_shop.connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'")
    stocked_shop.connection.exec_driver_sql(f"REVOKE TEMP ON DATABASE {stocked_shop.url.database} FROM PUBLIC")
    with pytest.raises(SchemaMismatch) as caught:
        Shop(stocked_shop.url.set(username=name, password=SECRET), tmp_path).run(dearer)
    assert caught.value.code == "temp_right_missing"


def test_setting_that_a_server_does_not_know_is_done_without(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine._SESSION_SETTINGS, "setting_of_the_future", "on")
    assert stocked_shop.run(dearer).status is RunStatus.COMPLETED


@pytest.mark.parametrize(
    ("version", "interval"),
    [
        ("PostgreSQL 18.6 on x86_64-windows, compiled by msvc-19.44.35221, 64-bit", "0"),
        ("PostgreSQL 15.10, compiled by Visual C++ build 1942, 64-bit", "0"),
        ("PostgreSQL 16.4 on x86_64-w64-mingw32, compiled by gcc.exe, 64-bit", "0"),
        ("PostgreSQL 15.18 (Debian) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit", "1s"),
        ("PostgreSQL 18.6 on aarch64-apple-darwin23.6.0, compiled by Apple clang, 64-bit", "1s"),
    ],
)
def test_a_server_that_cannot_see_its_clients_is_not_asked_to(
    shop_database: sa.URL, version: str, interval: str
) -> None:
    """It would write an error into its log for each connection."""
    admin = connect(shop_database, "tests")
    admin.exec_driver_sql("CREATE SCHEMA faked")
    admin.exec_driver_sql(f"CREATE FUNCTION faked.version() RETURNS text LANGUAGE sql AS $$SELECT '{version}'$$")
    admin.exec_driver_sql(f"ALTER DATABASE {shop_database.database} SET search_path = faked, pg_catalog, public")
    admin.close()
    connection = connect(shop_database, "tests")
    assert connection.scalar(sa.text("SHOW client_connection_check_interval")) == interval
    assert connection.scalar(sa.text("SHOW lock_timeout")) == "10s"
    connection.close()


def whole_database(shop: Shop) -> tuple[object, ...]:
    """Everything that a run might leave behind."""
    own = [shop.rows(f"SELECT t::text FROM freesport_sync.{table} AS t ORDER BY 1") for table in ("runs", "run_files")]
    return shop_rows(shop), shop.rows("SELECT t::text FROM import_sessions AS t ORDER BY 1"), own


# --- lost -----------------------------------------------------------------------------------------------------------

TERMINATE = "SELECT pg_terminate_backend(pid) FROM unnest(CAST(:pids AS integer[])) AS pid"


def assert_lost(shop: Shop, error: BaseException | None, before: dict[str, list[str]]) -> None:
    assert isinstance(error, ConnectionFailed)
    assert error.code == "connection_lost"
    assert shop_rows(shop) == before
    assert failed_run(shop) == ("failed", "connection_lost", "failed", True)
    assert "[connection_lost]" in shop.value("SELECT error_message FROM import_sessions ORDER BY id DESC LIMIT 1")
    wait_until(lambda: lock_is_free(shop.connection) and not importers(shop.connection))


@pytest.mark.parametrize(
    "victims",
    [importers, side_connections, lambda shop: importers(shop) + side_connections(shop)],
    ids=["lock", "side", "both"],
)
def test_backend_terminated_while_merging(
    stocked_shop: Shop, dearer: Path, victims: Callable[[sa.Connection], list[int]]
) -> None:
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        stocked_shop.execute(TERMINATE, pids=victims(stocked_shop.connection))
        error = run.exception(5)
    assert_lost(stocked_shop, error, before)
    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == 1


@pytest.mark.parametrize("victims", [importers, side_connections], ids=["lock", "side"])
def test_backend_terminated_while_reading(
    shop: Shop, tmp_path: Path, victims: Callable[[sa.Connection], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StageMeter, "MIN_INTERVAL_S", 0)
    generate(tmp_path / "large", products=200)
    before = shop_rows(shop)

    def terminate_between_two_blocks(event: Event) -> None:
        if isinstance(event, Progress) and event.stage is Stage.STAGE and event.done > event.total / 4:
            shop.execute(TERMINATE, pids=victims(shop.connection))

    with pytest.raises(ConnectionFailed) as caught:
        shop.run(tmp_path / "large", terminate_between_two_blocks, chunk_size=20)
    assert_lost(shop, caught.value, before)


def test_backend_terminated_while_a_dry_run_writes_its_result(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = runs.add_field_changes

    def terminate_first(connection: sa.Connection, run_id: int, changes: Sequence[FieldChange]) -> None:
        stocked_shop.execute(TERMINATE, pids=side_connections(stocked_shop.connection))
        write(connection, run_id, changes)

    monkeypatch.setattr(runs, "add_field_changes", terminate_first)
    with pytest.raises(ConnectionFailed) as caught:
        stocked_shop.run(dearer, is_dry_run=True)
    assert caught.value.code == "connection_lost"
    assert stocked_shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == "failed"


def test_backend_terminated_before_the_run_has_a_number(stocked_shop: Shop, dearer: Path) -> None:
    blocked = holding(stocked_shop.url, "LOCK TABLE freesport_sync.runs")
    with blocked, background(lambda: stocked_shop.run(dearer)) as run:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        stocked_shop.execute(TERMINATE, pids=importers(stocked_shop.connection))
        error = run.exception(5)
    assert isinstance(error, ConnectionFailed)
    assert error.code == "connection_lost"


def test_table_that_stays_locked_before_the_run_has_a_number(
    stocked_shop: Shop, dearer: Path, short_lock_timeout: None
) -> None:
    with holding(stocked_shop.url, "LOCK TABLE freesport_sync.runs"), pytest.raises(SyncError) as caught:
        stocked_shop.run(dearer)
    assert caught.value.code == "database_busy"


@contextmanager
def commit_lost(url: sa.URL, arrives: bool, is_gone: bool = False) -> Iterator[Proxy]:
    """A network that is cut when the merge sends its COMMIT: before it arrives, or before the answer does."""

    def is_merge(link: Link) -> bool:
        return b"SET CONSTRAINTS ALL IMMEDIATE" in b"".join(merges.get(link, []))

    def to_server(data: bytes, link: Link) -> bytes:
        merges.setdefault(link, []).append(data)
        if is_merge(link) and b"COMMIT" in data:
            if is_gone:
                proxy.is_gone.set()
                for other in merges:
                    if other is not link:
                        other.cut()
            if not arrives:
                link.cut()
                return b""
        return data

    def to_client(data: bytes, link: Link) -> bytes:
        if is_merge(link) and b"COMMIT\0" in data:
            link.cut()
            return b""
        return data

    merges: dict[Link, list[bytes]] = {}
    with Proxy(url, to_server, to_client) as proxy:
        yield proxy


def test_commit_whose_answer_is_lost_counts_as_done(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    with commit_lost(stocked_shop.url, arrives=True) as proxy:
        report = Shop(proxy.url, tmp_path).run(dearer)
    assert (report.status, report.counts[Entity.PRICE].updated) == (RunStatus.COMPLETED, 1)
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    assert failed_run(stocked_shop) == ("completed", None, "completed", True)


def test_commit_that_does_not_arrive_is_a_failure(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    before = shop_rows(stocked_shop)
    with commit_lost(stocked_shop.url, arrives=False) as proxy, pytest.raises(ConnectionFailed) as caught:
        Shop(proxy.url, tmp_path).run(dearer)
    assert_lost(stocked_shop, caught.value, before)


@pytest.mark.parametrize("arrives", [True, False])
def test_unknown_outcome_is_reported_as_unknown(
    stocked_shop: Shop, dearer: Path, tmp_path: Path, arrives: bool
) -> None:
    with commit_lost(stocked_shop.url, arrives, is_gone=True) as proxy, pytest.raises(ConnectionFailed) as caught:
        Shop(proxy.url, tmp_path).run(dearer)
    assert caught.value.code == "outcome_unknown"
    wait_until(lambda: lock_is_free(stocked_shop.connection))
    status = "completed" if arrives else "running"
    assert stocked_shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == status
    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == (0 if arrives else 1)


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://u:{SECRET}@db.example.ru/shop",
        f"postgresql+psycopg2://u:{SECRET}@db.example.ru:5432/shop?sslmode=require",
        f"postgresql://u@db.example.ru/shop?password={SECRET}",
        f"postgresql://u@db.example.ru/shop?sslpassword={SECRET}",
        f"u:{SECRET}@db.example.ru/shop",
        f"mysql://u:{SECRET}@db.example.ru/shop",
        f"postgresql://u:{SECRET}@db.example.ru:port/shop",
        f"postgresql://u:{SECRET}@db.example.ru",
    ],
)
def test_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(text)
    assert caught.value.code in ("database_url_password", "database_url_invalid")
    assert SECRET not in str(caught.value)


def test_address_names_the_driver_whatever_is_written() -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg2"):
        assert parse_url(f"{scheme}://u@db/shop").drivername == "postgresql+psycopg2"
