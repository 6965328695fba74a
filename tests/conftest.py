"""A real PostgreSQL for the tests, and imports into it."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from freesport_sync.cli.main import run_command_line
from freesport_sync.database.own import lock
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server import engine
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from freesport_sync.settings.bootstrap_file import BOOTSTRAP_VARIABLE
from freesport_sync.sources.commerceml.workers import WorkerPool
from tests.builders import ExportBuilder, offer, prices, product
from tests.databases import (
    FAST,
    ROOT_VARIABLE,
    cloned_database,
    make_logins_cheap,
    remembered_statements,
    shared_folder,
    template_database,
)
from tests.program import Command, Installation, Outcome
from tests.shop import Shop, imported_template

hypothesis.settings.register_profile("unhurried", deadline=None)  # how long an example takes is up to the computer
hypothesis.settings.load_profile("unhurried")

BINARIES_VARIABLE = "FREESPORT_TEST_POSTGRES_BIN"
"""Folder with the programs of another PostgreSQL to run the same tests on."""

MEMORY_DISK = Path("/dev/shm")
"""Linux's folder in memory, where a database is cloned ten times as fast as on a disk."""
ENOUGH_MEMORY = 4_000_000_000
"""Bytes free there; containers often have next to none."""


def pytest_configure(config: pytest.Config) -> None:
    """Make one folder for all test processes; readable by everybody, because PostgreSQL does not run as root."""
    if not hasattr(config, "workerinput"):
        has_memory = MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > ENOUGH_MEMORY
        folder = tempfile.mkdtemp(prefix="freesport-tests-", dir=MEMORY_DISK if has_memory else None)
        os.chmod(folder, 0o755)
        os.environ[ROOT_VARIABLE] = folder
        if sys.dont_write_bytecode:
            # Compiling takes half of a program's start: hundreds of processes need not compile the same modules.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.environ["PYTHONPYCACHEPREFIX"] = str(Path(sys.prefix) / "bytecode")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors, because tests sometimes wait."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from the millions of lasting objects that importing the tests makes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start the longest tests first; on another PostgreSQL than the embedded run only the tests that use it."""
    if BINARIES_VARIABLE in os.environ:
        config.hook.pytest_deselected(items=[item for item in items if not _asks_postgres(item)])
        items[:] = filter(_asks_postgres, items)
    items.sort(key=lambda item: item.get_closest_marker("frozen") is None)


def _asks_postgres(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "postgres" in item.fixturenames


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(ROOT_VARIABLE), ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset the developer's own settings of the program, and those of this computer."""
    for name in list(os.environ):
        if name.startswith(("FREESPORT_SYNC_", "PG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv(BOOTSTRAP_VARIABLE, "")


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Close the log files that a command line has opened in the test's process."""
    yield
    logger = logging.getLogger("freesport_sync")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of the tests, shared by all test processes."""
    binaries = os.environ.get(BINARIES_VARIABLE)
    with EmbeddedPostgres(shared_folder() / "postgres", Path(binaries) if binaries else None, settings=FAST) as server:
        make_logins_cheap(server)
        with remembered_statements(server):
            yield server


@pytest.fixture(scope="session")
def untouched_template(postgres: EmbeddedPostgres) -> str:
    """A database with the shop's tables that our program has never used."""

    def create_tables(url: sa.URL) -> None:
        with closing(connect(url, "tests")) as connection, transaction(connection):
            create_shop_tables(connection)

    return template_database(postgres, "template_untouched_shop", create_tables)


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres, untouched_template: str) -> str:
    """A database with the shop's tables and our own, so that tests need not wait for the migrations."""

    def migrate(url: sa.URL) -> None:
        with closing(connect(url, "tests")) as connection:
            prepare_own_schema(connection)

    return template_database(postgres, "template_shop", migrate, untouched_template)


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[sa.URL]:
    """A fresh database without tables."""
    with cloned_database(postgres, "template1") as url:
        yield url


@pytest.fixture
def untouched_shop_database(postgres: EmbeddedPostgres, untouched_template: str) -> Iterator[sa.URL]:
    """A fresh database with the shop's tables and nothing of ours."""
    with cloned_database(postgres, untouched_template) as url:
        yield url


@pytest.fixture
def shop_database(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.URL]:
    """A fresh database with the shop's tables."""
    with cloned_database(postgres, template) as url:
        yield url


@pytest.fixture
def shop(shop_database: sa.URL, tmp_path: Path) -> Iterator[Shop]:
    """A shop to import into and to inspect."""
    with Shop(shop_database, tmp_path) as shop:
        yield shop


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports read with worker processes, as the program does."""
    monkeypatch.setattr(Shop, "pool", WorkerPool)


@pytest.fixture(scope="session")
def stocked_template(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database to clone: a shop that has product p1 at a price of 100."""
    export = _priced(tmp_path_factory.mktemp("stocked") / "export", 100)
    return imported_template(postgres, template, "template_stocked_shop", export)


@pytest.fixture
def stocked_shop(postgres: EmbeddedPostgres, stocked_template: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop that has product p1 at a price of 100."""
    with cloned_database(postgres, stocked_template) as url, Shop(url, tmp_path) as shop:
        yield shop


@pytest.fixture
def new_export(tmp_path: Path) -> Callable[[], ExportBuilder]:
    """Makes empty exports, each in a folder of its own, for consecutive runs."""
    numbers = count(1)
    return lambda: ExportBuilder(tmp_path / f"export_{next(numbers)}")


@pytest.fixture
def export(new_export: Callable[[], ExportBuilder]) -> ExportBuilder:
    """An export that has the reference data and nothing else yet."""
    builder = new_export()
    builder.reference_data()
    return builder


@pytest.fixture
def short_holder_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time that a refused run waits for the row of the lock's holder."""
    monkeypatch.setattr(lock, "HOLDER_WAIT_S", 0.1)


@pytest.fixture
def dearer(tmp_path: Path) -> Path:
    """The export that raises the price in `stocked_shop` to 200."""
    return _priced(tmp_path / "dearer", 200)


@pytest.fixture
def installed(stocked_shop: Shop, tmp_path: Path) -> Installation:
    """The program for `stocked_shop`."""
    return Installation(tmp_path / "home", stocked_shop.url)


@pytest.fixture
def command(installed: Installation, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line for `stocked_shop`, run in this process to save its start."""
    for name, value in installed.environment.items():
        monkeypatch.setenv(name, value)

    def run_here(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run_command_line([*map(str, arguments), *installed.arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run_here


def _priced(folder: Path, retail: int) -> Path:
    export = ExportBuilder(folder)
    export.reference_data()
    export.goods(product("p1"))
    export.offers(offer("p1#c1"))
    export.prices(prices("p1#c1", {"retail": retail}))
    return folder


@pytest.fixture
def short_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import waits for rows that others hold a moment only."""
    monkeypatch.setitem(engine._SESSION_SETTINGS, "lock_timeout", "300ms")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """The folder of the shop's pictures, empty."""
    folder = tmp_path / "media"
    folder.mkdir()
    return folder
