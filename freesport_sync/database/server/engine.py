"""Connections to PostgreSQL, configured for imports, and the translation of their errors."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from ipaddress import ip_address
from typing import cast
from urllib.parse import urlsplit

import psycopg2.extensions
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from freesport_sync.core.log_entries import log_entry
from freesport_sync.database.server.deadline import reply_deadline
from freesport_sync.database.server.refusals import is_raised, refusal
from freesport_sync.database.server.sql_files import sql
from freesport_sync.errors import (
    ConfigError,
    ConnectionFailed,
    ImportFailed,
    SchemaMismatch,
    SyncError,
)

log = logging.getLogger(__name__)

Connection = sa.Connection
Url = sa.URL
DatabaseError = SQLAlchemyError
"""Aliases for the other layers, which must not import SQLAlchemy."""


OLDEST_SERVER = 140000
"""PostgreSQL 14, as `server_version_num`: the first with the aggregate `bit_xor`."""

LIBPQ_SETTINGS = {
    "connect_timeout": "10",
    "client_encoding": "utf8",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    # The PostgreSQL configuration of the workstation must not decide where an import goes.
    "passfile": os.path.join(os.devnull, "none"),  # a path that cannot exist: libpq warns about others
}

_SESSION_SETTINGS = {
    # The server shall soon notice a dead client or network and release the lock.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "5min",
    "idle_session_timeout": "15min",
    "lock_timeout": "10s",
    # Limits meant for the shop's own queries would abort every merge.
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "default_transaction_isolation": "read committed",
    # Fewer spills and no compiling of queries that run once (measured: unchanged merge 1.4 -> 1.1 s).
    "work_mem": "64MB",
    "jit": "off",
    "default_statistics_target": "10",
    "timezone": "UTC",
}


_CANNOT_SEE_CLIENTS = "windows|mingw|cygwin|msvc|visual c"
"""Pattern for `version()`: servers that accept `client_connection_check_interval` but log an error for it."""

# libpq has no error code for a refused connection, only the server's message, which may be in Russian.
_REFUSALS = {
    "database_connection_limit": "too many|remaining connection slots|слишком много|слоты подключений",
    "database_not_found": "(database|база данных) .* (does not exist|не существует)",
    "database_login_refused": "password|authentication|pg_hba|role .* not|парол|подлинности|рол[ьи] .* (не|вход)",
}


def connect(url: sa.URL, application_name: str) -> sa.Connection:
    """Open a dedicated connection in autocommit, never pooled; `transaction` opens transactions.

    Args:
        url: `postgresql+psycopg2`, with the password.
        application_name: shown in `pg_stat_activity`; ASCII, 63 bytes at most.

    Raises:
        ConnectionFailed: not reachable, refused, or not a direct connection.
        SchemaMismatch: the server is too old.
    """
    ignore_libpq_environment()
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,  # unused, and asking the server for it costs a round trip
        hide_parameters=True,  # no customer data in logged errors
        connect_args=LIBPQ_SETTINGS | {"application_name": application_name},
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise _refused(url, error) from error
    except (DBAPIError, UnicodeError) as error:
        raise ConnectionFailed("database_unreachable", server=_server(url), reason=first_line(error)) from error
    try:
        with reply_deadline(connection):
            _check_server(connection)
            _apply_session_settings(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def ignore_libpq_environment() -> None:
    """Remove PGHOST, PGPASSWORD and the like: only the settings name the database."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


SNAPSHOT = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""Mode of a transaction that sees the database as of its first statement."""


@contextmanager
def transaction(connection: sa.Connection, mode: str = "") -> Iterator[None]:
    """Run the block in a transaction on an autocommit connection; roll back on any exception."""
    connection.exec_driver_sql(f"BEGIN {mode}")
    try:
        yield
        with reply_deadline(connection):
            connection.exec_driver_sql("COMMIT")
    except BaseException:
        _rollback_quietly(connection)
        raise


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """Undo only the block on any exception, inside a transaction of the caller."""
    connection.exec_driver_sql("SAVEPOINT block")
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # the connection may be lost
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT block")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT block")


def driver_connection(connection: sa.Connection) -> psycopg2.extensions.connection:
    """Return the underlying psycopg2 connection, for COPY and `cancel`."""
    return cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)


def server_time(connection: sa.Connection) -> datetime:
    """Return the server's clock; within a transaction, the time of its start."""
    moment: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return moment


def server_version(connection: sa.Connection) -> str:
    """Return the version for display: `18.0 (Debian ...)`."""
    return str(connection.scalar(sa.select(sa.func.current_setting("server_version"))))


_RETRYABLE = frozenset(("40P01", "55P03", "40001", "23505", "23503"))


def is_retryable(error: BaseException) -> bool:
    """Return whether repeating the merge may help: deadlock, lock timeout, serialization failure, key conflict."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _RETRYABLE and not is_raised(error)


def is_refused(error: BaseException) -> bool:
    """Return whether a unique or foreign key has refused a row, for now or for good."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in ("23505", "23503")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate database errors of the block into `SyncError`."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error) from error


def as_sync_error(error: BaseException) -> SyncError:
    """Return the `SyncError` to show for any error; unexpected ones are logged."""
    if isinstance(error, SyncError):
        return error
    if isinstance(error, DBAPIError):
        return translated(error)
    if isinstance(error, MemoryError):
        return ImportFailed("program_out_of_memory")
    log_entry(log, logging.ERROR, "unexpected_error", cause=error)
    return SyncError("internal_error", reason=f"{type(error).__name__}: {error}")


def translated(error: DBAPIError) -> SyncError:
    """Return the `SyncError` for a database error."""
    code: str | None = getattr(error.orig, "pgcode", None)
    reason = first_line(error)
    if code is None or code.startswith(("08", "57P", "25P03", "25P04")) or error.connection_invalidated:
        return ConnectionFailed("connection_lost", reason=reason)
    if refused := refusal(error) if is_refused(error) or not is_retryable(error) else None:
        return refused
    if is_retryable(error):
        return ImportFailed("database_busy", reason=reason)
    if code.startswith("53"):
        return ConnectionFailed("database_out_of_resources", reason=reason)
    if code == "57014":
        return ImportFailed("statement_cancelled", reason=reason)
    if code in ("42501", "25006"):
        return SchemaMismatch("right_missing", reason=reason)
    return SyncError("database_error", sqlstate=code, reason=reason)


def first_line(error: BaseException) -> str:
    """Return the driver's message without the statement and SQLAlchemy's additions."""
    original = getattr(error, "orig", None) or error
    return next((line.strip() for line in str(original).splitlines() if line.strip()), type(original).__name__)


def _refused(url: sa.URL, error: OperationalError) -> SyncError:
    reason, server = first_line(error), _server(url)
    for code, words in _REFUSALS.items():
        if re.search(words, str(error.orig), re.IGNORECASE):
            return ConnectionFailed(code, server=server, user=url.username, database=url.database, reason=reason)
    return ConnectionFailed("database_unreachable", server=server, reason=reason)


def _server(url: sa.URL) -> str:
    return f"{url.host or 'localhost'}:{url.port or 5432}"


def _check_server(connection: sa.Connection) -> None:
    info = driver_connection(connection).info
    if info.server_version < OLDEST_SERVER:
        raise SchemaMismatch("server_too_old", version=str(info.server_version // 10000), needed="14")
    # Behind a pooler, lock and data could be on different backends, and two imports could both hold the lock.
    if connection.scalar(sa.select(sa.func.pg_backend_pid())) != info.backend_pid:
        raise ConnectionFailed("pooler_detected")


def _apply_session_settings(connection: sa.Connection) -> None:
    if _take_settings(connection, _SESSION_SETTINGS):
        return
    for name, value in _SESSION_SETTINGS.items():  # the administrator has forbidden one of them
        if not _take_settings(connection, {name: value}):
            log.debug("the server does not take %s = %s", name, value)


def _take_settings(connection: sa.Connection, settings: Mapping[str, str]) -> bool:
    """Apply the settings that this server version knows, in one round trip; returns whether it accepted them."""
    values = {"names": list(settings), "values": list(settings.values()), "cannot_see": _CANNOT_SEE_CLIENTS}
    try:
        connection.execute(sql("server/take_settings"), values)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise translated(error) from error
        return False
    return True


def _rollback_quietly(connection: sa.Connection) -> None:
    try:
        connection.exec_driver_sql("ROLLBACK")
    except SQLAlchemyError:  # SQLAlchemy raises its own error for a connection known to be lost
        log.debug("the connection was lost before ROLLBACK; the server rolls back by itself")


def parse_url(text: str) -> sa.URL:
    """Parse the URL of a shop database, without a password.

    Raises:
        ConfigError: not a PostgreSQL URL, or it contains a password (others can read command lines and settings).
    """
    try:
        url = sa.make_url(text)
        _ = urlsplit(text).port  # the form of the window reads it so, and is stricter with brackets
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ConfigError("database_url_invalid") from error
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg2"):
        raise ConfigError("database_url_invalid")
    if url.password is not None or any("password" in name for name in url.query):
        raise ConfigError("database_url_password", login=login_of(url))
    if not url.database or "\0" in f"{url.username}{url.database}" or not _is_host(url.host):
        raise ConfigError("database_url_invalid")
    return url.set(drivername="postgresql+psycopg2")


def _is_host(host: str | None) -> bool:
    """Whether a host can be one: neither SQLAlchemy nor libpq refuse what was typed with its port or with spaces."""
    if host and ":" in host:
        try:
            return ip_address(host).version == 6
        except ValueError:
            return False
    return not host or re.search(r"[\s/?#@%\\[\]]", host) is None


def login_of(url: sa.URL) -> str:
    """Return `user@host:5432/database`, as far as given: for display, and as key of the stored password."""
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"{user}{url.host or 'localhost'}{port}/{url.database or ''}"
