"""Databases for single tests, on the server that all tests share."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from freesport_sync import os_support
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.embedded_binaries import locate_binaries
from freesport_sync.database.server.engine import connect, transaction

ROOT_VARIABLE = "FREESPORT_TEST_ROOT"

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    # Hundreds of databases are cloned: do not log their bytes, do not vacuum them.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
"""Settings of a server that may forget everything in a crash."""

_ONE_LOOK_S = 0.001
_MAKING_TIMEOUT_S = 100
_RESTART_TIMEOUT_S = 30.0


class RestartedServer(EmbeddedPostgres):
    """A server of its user alone: that of all tests must not go away."""

    def restart(self, mode: str) -> None:
        """As its administrator does it; on the same port."""
        cluster = self._cluster
        program = locate_binaries(cluster._binaries_setting, cluster._account).program("pg_ctl")
        is_done, said = cluster._run(program, ["restart", "-w", "-m", mode], self.home / "data", _RESTART_TIMEOUT_S)
        assert is_done, said


def shared_folder() -> Path:
    """The folder that all test processes of a session share; removed at its end."""
    return Path(os.environ[ROOT_VARIABLE])


def made_once(name: str, make: Callable[[], None]) -> None:
    """Call `make` in the first test process that asks for `name`; the others wait until it has returned."""
    done = shared_folder() / f"{name}.done"
    with os_support.file_lock(done.with_suffix(".lock"), _MAKING_TIMEOUT_S):
        if not done.exists():
            make()
            done.touch()


def copy_server(source: Path, target: Path) -> None:
    """Copy the folder of a private server that is stopped; the account that it runs as must own the copy too."""
    shutil.copytree(source, target)
    for copy in (target, *target.rglob("*")):
        os_support.set_owner(copy, os_support.owner_of(source / copy.relative_to(target)))


def template_database(
    postgres: EmbeddedPostgres, name: str, fill: Callable[[sa.URL], None], source: str = "template1"
) -> str:
    """A database to clone, shared by all test processes.

    Args:
        name: of the database.
        fill: fills it; no connection may be open when it returns.
        source: the database that it is copied from.
    """

    def make() -> None:
        _copy(postgres, source, name)
        fill(postgres.url(name))

    made_once(name, make)
    return name


@contextmanager
def cloned_database(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.URL]:
    """A fresh copy of a database, for the time of a test."""
    name = f"test_{uuid4().hex}"
    admin = _administrator(postgres)
    _copy(postgres, template, name)
    try:
        yield postgres.url(name)
    finally:
        # DROP DATABASE sleeps for a tenth of a second if a connection is still closing.
        leave = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        while admin.scalars(leave, {"name": name}).all():
            time.sleep(_ONE_LOOK_S)
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _copy(postgres: EmbeddedPostgres, source: str, name: str) -> None:
    _administrator(postgres).exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")


@cache
def _administrator(postgres: EmbeddedPostgres) -> sa.Connection:
    """A connection of this process, until the server stops."""
    connection = connect(postgres.url("postgres"), "tests")
    connection.exec_driver_sql("SET idle_session_timeout = 0")
    return connection


def make_logins_cheap(postgres: EmbeddedPostgres) -> None:
    """Let a client hash the server's password once and not 4096 times: tests connect thousands of times."""
    url = postgres.url("postgres")
    salt = b"tests"
    salted = hashlib.pbkdf2_hmac("sha256", str(url.password).encode(), salt, iterations=1)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    admin = _administrator(postgres)
    with transaction(admin):
        admin.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")  # the other test processes do the same
        verifier = "SCRAM-SHA-256$1:{}${}:{}".format(*encoded)
        admin.exec_driver_sql(f"ALTER ROLE {url.username} PASSWORD '{verifier}'")


def _nothing_to_learn(connection: sa.Connection) -> None:
    """Do nothing: all engines share a dialect that knows the server already."""


@contextmanager
def remembered_statements(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Let all connections of this process share compiled statements: a run opens two.

    SQLAlchemy remembers statements for each engine, and each connection of the program has an engine of its own.
    """
    known = _administrator(postgres).engine
    create = sa.create_engine

    def create_engine(url: sa.URL, **options: Any) -> sa.Engine:
        engine = create(url, **options)
        engine.dialect.initialize = _nothing_to_learn  # type: ignore[method-assign]
        engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa, "create_engine", create_engine)
        yield
