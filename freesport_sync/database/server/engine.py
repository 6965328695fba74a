"""Connections to PostgreSQL, made the way an import needs them, and their errors turned into ours."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import cast

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
"""The words in which the other layers speak of the database, so that they need not know its library."""


OLDEST_SERVER = 140000
"""PostgreSQL 14, as `server_version_num`: the first that can sum up hashes with `bit_xor`."""

_LIBPQ_SETTINGS = {
    "connect_timeout": "10",
    "client_encoding": "utf8",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
    # Nothing of the workstation's own PostgreSQL set-up may decide where an import goes.
    "passfile": os.path.join(os.devnull, "none"),  # a path that cannot exist: libpq warns about others
}

_SESSION_SETTINGS = {
    # Let the server notice soon that a program, its computer or its network is gone, so that the lock is free.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "5min",
    "idle_session_timeout": "15min",
    "lock_timeout": "10s",
    # A limit meant for the shop's own queries would cut a merge in half again and again.
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
"""Of `version()`: servers that know `client_connection_check_interval` and answer it with an error in their log."""

# libpq gives no code for a refused connection, only the server's words, which may be Russian ones.
_REFUSALS = {
    "database_connection_limit": "too many|remaining connection slots|слишком много|слоты подключений",
    "database_not_found": "(database|база данных) .* (does not exist|не существует)",
    "database_login_refused": "password|authentication|pg_hba|role .* not|парол|подлинности|рол[ьи] .* (не|вход)",
}


def connect(url: sa.URL, application_name: str) -> sa.Connection:
    """A dedicated connection in autocommit, never pooled; transactions are opened with `transaction`.

    Args:
        url: `postgresql+psycopg2`, with the password.
        application_name: shown to whoever looks at the server; ASCII, 63 bytes at most.

    Raises:
        ConnectionFailed: not reachable, refused, or not a direct connection.
        SchemaMismatch: the server is too old.
    """
    ignore_libpq_environment()
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        use_native_hstore=False,  # nobody needs it, and the question whether the server has it takes a moment
        hide_parameters=True,  # names and e-mails of customers must not get into a log with an error
        connect_args=_LIBPQ_SETTINGS | {"application_name": application_name},
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
    """Forget PGHOST, PGPASSWORD and the like: the database is named by the settings and nothing else."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


SNAPSHOT = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""A transaction that sees the database as it was at its first statement."""


@contextmanager
def transaction(connection: sa.Connection, mode: str = "") -> Iterator[None]:
    """One transaction on a connection in autocommit; rolled back on any exception."""
    connection.exec_driver_sql(f"BEGIN {mode}")
    try:
        yield
        with reply_deadline(connection):
            connection.exec_driver_sql("COMMIT")
    except BaseException:
        _rollback_quietly(connection)
        raise


def driver_connection(connection: sa.Connection) -> psycopg2.extensions.connection:
    """The psycopg2 connection below, for COPY and for `cancel`."""
    return cast("psycopg2.extensions.connection", connection.connection.dbapi_connection)


def server_time(connection: sa.Connection) -> datetime:
    """The server's clock; in a transaction the time of its begin."""
    moment: datetime = connection.execute(sa.select(sa.func.now())).scalar_one()
    return moment


def server_version(connection: sa.Connection) -> str:
    """For people: `18.0 (Debian ...)`."""
    return str(connection.scalar(sa.select(sa.func.current_setting("server_version"))))


_RETRYABLE = frozenset(("40P01", "55P03", "40001", "23505", "23503"))


def is_retryable(error: BaseException) -> bool:
    """Deadlock, lock timeout, serialization failure, a key that somebody has taken or removed: repeat the merge."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _RETRYABLE and not is_raised(error)


def is_refused(error: BaseException) -> bool:
    """Whether a key stands against a row: that of somebody who was quicker, or one that the row never satisfies."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in ("23505", "23503")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Whatever the database refuses inside becomes a `SyncError`."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error) from error


def as_sync_error(error: BaseException) -> SyncError:
    """Any error as one that the operator can be told; one that nobody expected goes into the log."""
    if isinstance(error, SyncError):
        return error
    if isinstance(error, DBAPIError):
        return translated(error)
    if isinstance(error, MemoryError):
        return ImportFailed("program_out_of_memory")
    log_entry(log, logging.ERROR, "unexpected_error", cause=error)
    return SyncError("internal_error", reason=f"{type(error).__name__}: {error}")


def translated(error: DBAPIError) -> SyncError:
    """The `SyncError` that stands for a database error."""
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
    """What the driver said, without SQLAlchemy's additions and the statement."""
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
    # Behind a pooler lock and data would sit on different server processes, and two imports could both "hold" it.
    if connection.scalar(sa.select(sa.func.pg_backend_pid())) != info.backend_pid:
        raise ConnectionFailed("pooler_detected")


def _apply_session_settings(connection: sa.Connection) -> None:
    if _take_settings(connection, _SESSION_SETTINGS):
        return
    for name, value in _SESSION_SETTINGS.items():  # the administrator forbids one of them
        if not _take_settings(connection, {name: value}):
            log.debug("the server does not take %s = %s", name, value)


def _take_settings(connection: sa.Connection, settings: Mapping[str, str]) -> bool:
    """Set what the server knows of them, with one question: an older server knows less."""
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
    except SQLAlchemyError:  # SQLAlchemy has an error of its own for a connection that it knows to be lost
        log.debug("the connection was lost before ROLLBACK; the server rolls back by itself")


def parse_url(text: str) -> sa.URL:
    """The URL of a shop database, without a password.

    Raises:
        ConfigError: not a PostgreSQL URL, or it contains a password (others can read command lines and settings).
    """
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise ConfigError("database_url_invalid") from error
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg2"):
        raise ConfigError("database_url_invalid")
    if url.password is not None or any("password" in name for name in url.query):
        raise ConfigError("database_url_password", login=login_of(url))
    if not url.database:
        raise ConfigError("database_url_invalid")
    return url.set(drivername="postgresql+psycopg2")


def login_of(url: sa.URL) -> str:
    """`user@host:5432/database`, as far as the URL names them: for people, and the name of the password's place."""
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"{user}{url.host or 'localhost'}{port}/{url.database or ''}"
