"""A real PostgreSQL for the tests, and imports into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from freesport_sync.database.embedded import EmbeddedPostgres
from freesport_sync.database.engine import connect, transaction
from freesport_sync.database.shop_tables import create_shop_tables
from tests.shop import Shop

ROOT_VARIABLE = "FREESPORT_TEST_ROOT"
BINARIES_VARIABLE = "FREESPORT_TEST_POSTGRES_BIN"
"""Folder with the programs of another PostgreSQL to run the same tests on."""

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


def pytest_configure(config: pytest.Config) -> None:
    """One folder for all test processes; readable, because PostgreSQL does not run as root."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="freesport-tests-")
        os.chmod(folder, 0o755)
        os.environ[ROOT_VARIABLE] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(ROOT_VARIABLE), ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has set for the program must not change a test."""
    for name in list(os.environ):
        if name.startswith(("FREESPORT_SYNC_", "PG")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of the tests, shared by all test processes."""
    binaries = os.environ.get(BINARIES_VARIABLE)
    folder = Path(os.environ[ROOT_VARIABLE]) / "postgres"
    with EmbeddedPostgres(folder, Path(binaries) if binaries else None, settings=FAST) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """A database with the shop's tables, from which tests clone theirs."""
    name = f"template_{uuid4().hex}"
    postgres.ensure_database(name)
    connection = connect(postgres.url(name), "tests")
    with transaction(connection):
        create_shop_tables(connection)
    connection.close()
    return name


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[sa.URL]:
    """A fresh database without tables."""
    yield from _database(postgres, "template1")


@pytest.fixture
def shop_database(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.URL]:
    """A fresh database with the shop's tables."""
    yield from _database(postgres, template)


@pytest.fixture
def shop(shop_database: sa.URL, tmp_path: Path) -> Iterator[Shop]:
    """A shop to import into and to look at."""
    with Shop(shop_database, tmp_path) as shop:
        yield shop


def _database(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.URL]:
    name = f"test_{uuid4().hex}"
    admin = connect(postgres.url("postgres"), "tests")
    admin.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield postgres.url(name)
    finally:
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.close()
