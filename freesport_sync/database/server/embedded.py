"""A private PostgreSQL server in a folder, shared by all processes that name the folder.

- `folder/server.lock`: held while a process joins or leaves.
- `folder/owners/`: one locked file per process that uses the server; the lock of a dead one is free.
- `folder/server.log`: output of initdb and the server.
- `folder/server/`: `data/` and `password`; it appears by a rename, so it is complete or not there. If we are root and
  ordinary accounts cannot reach `folder`, it lies in `/var/lib/freesport_sync/<hash of folder>/`.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Self

import psycopg2
from psycopg2 import errors as pg_errors
from psycopg2 import extensions, sql
from sqlalchemy import URL

from freesport_sync import os_support
from freesport_sync.core.log_entries import log_entry
from freesport_sync.database.server.embedded_cluster import (
    HOST,
    POLL_S,
    RETRY_TIMEOUT_S,
    USER,
    Cluster,
)
from freesport_sync.errors import ConfigError, ConnectionFailed, SyncError

_log = logging.getLogger(__name__)

# Explicit, because PG* environment variables would win otherwise. The server has no TLS.
_CONNECTION_OPTIONS = {"hostaddr": HOST, "sslmode": "disable", "gssencmode": "disable"}
_CONNECT_TIMEOUT_S = 5
# Somebody else may be creating the cluster on a slow disk, or stopping a busy server.
_LOCK_TIMEOUT_S = 240


class EmbeddedPostgres:
    """A private PostgreSQL server in `folder`, shared by all processes that name the same folder.

    Args:
        folder: created if missing; everything in it belongs to this class.
        binaries: folder with `postgres`, `initdb` and `pg_ctl`; None looks in the environment, the wheel, the system.
        settings: additional server settings; those of the process that starts the server apply.
    """

    def __init__(self, folder: Path, binaries: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder.resolve()
        self._cluster = Cluster(self._folder, binaries, settings or {})
        self._owner_file: IO[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        """Start the server or join the running one; the cluster is created if needed.

        Raises:
            ConfigError: the binaries or the folder cannot be used, the cluster is of another major version.
            ConnectionFailed: the server does not start or does not answer, the disk is full.
        """
        with self._locked():
            self._owner_file = self._register()
            try:
                self._run_server()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave; the last process stops the server. Failures are only logged: the next start cleans up."""
        try:
            with self._locked():
                self._leave()
        except SyncError as error:
            log_entry(_log, logging.WARNING, "private_server_not_left", cause=error, folder=str(self._folder))

    def ensure_running(self) -> None:
        """Restart the server if it has died; `url` then has another port. Raises what `__enter__` raises."""
        with self._locked():
            self._run_server()

    @property
    def home(self) -> Path:
        """The folder of the cluster, which for root may lie outside `folder`. Valid once entered."""
        return self._cluster.home

    def url(self, database: str) -> URL:
        """Return the URL of a database of this server, with the password."""
        password = self._cluster.password
        return URL.create("postgresql+psycopg2", USER, password, HOST, self._port, database, _CONNECTION_OPTIONS)

    def ensure_database(self, name: str) -> None:
        """Create a database if it is missing; safe if two processes do it at once.

        Raises:
            ConnectionFailed: the server does not answer, or the disk is full.
        """
        try:
            with closing(self._connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
                if cursor.rowcount == 0:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (pg_errors.DuplicateDatabase, pg_errors.UniqueViolation):
            _log.debug("another process has just created the database %s", name)
        except pg_errors.DiskFull as exc:
            raise ConnectionFailed("embedded_disk_full", folder=str(self.home)) from exc
        except psycopg2.OperationalError as exc:
            raise self._cluster.not_responding(self._port) from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with os_support.file_lock(self._folder / "server.lock", _LOCK_TIMEOUT_S):
                yield
        except TimeoutError as exc:
            raise ConnectionFailed("embedded_busy", folder=str(self._folder)) from exc
        except OSError as exc:
            if exc.errno in os_support.DISK_FULL:
                raise ConnectionFailed("embedded_disk_full", folder=str(self.home)) from exc
            raise ConfigError("embedded_folder_unusable", folder=str(self._folder), reason=str(exc)) from exc

    def _register(self) -> IO[bytes]:
        owners = self._folder / "owners"
        owners.mkdir(exist_ok=True)
        file = (owners / f"{os.getpid()}-{secrets.token_hex(4)}").open("wb")
        os_support.try_lock(file)
        return file

    def _leave(self) -> None:
        if self._owner_file is not None:
            os_support.unlock(self._owner_file)
            self._owner_file.close()
            self._owner_file = None
        # A list, not a generator: files of dead owners are removed on the way, and our own with them.
        if not any([_is_alive(owner) for owner in (self._folder / "owners").iterdir()]):
            self._cluster.stop()

    def _run_server(self) -> None:
        self._cluster.settle()
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while True:
            self._port = (self._cluster.running() or self._cluster.start()).port
            try:
                self._connect().close()
            except psycopg2.OperationalError as exc:
                # A server that has lost one of its processes refuses connections for a moment.
                if time.monotonic() > deadline:
                    raise self._cluster.not_responding(self._port) from exc
                time.sleep(POLL_S)
            else:
                return

    def _connect(self) -> extensions.connection:
        options: dict[str, Any] = {"dbname": "postgres", "host": HOST, "port": self._port, **_CONNECTION_OPTIONS}
        options |= {"user": USER, "password": self._cluster.password, "connect_timeout": _CONNECT_TIMEOUT_S}
        connection: extensions.connection = psycopg2.connect(**options)
        connection.autocommit = True
        return connection


def _is_alive(owner: Path) -> bool:
    """Whether an owner's process still holds its lock; the file of a dead one is removed."""
    with owner.open("rb") as file:
        if not os_support.try_lock(file):
            return True
        os_support.unlock(file)
    owner.unlink(missing_ok=True)
    return False
