"""The program as it is installed at a shop."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.cli.main import run_command_line
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.settings.paths import find_paths
from tests.bench.generator import generate
from tests.databases import made_once, shared_folder
from tests.e2e.program import Command, Installation, Outcome
from tests.shop import Shop


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """A command line that runs inside of the test's process has set up its log files."""
    yield
    logger = logging.getLogger("freesport_sync")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


@pytest.fixture
def private() -> Installation:
    """The program with its own server, which lies in its home because every account can reach that."""
    home = shared_folder() / f"мой дом {uuid4().hex}"
    home.mkdir()  # what the program makes itself is for its owner only
    return Installation(home)


@pytest.fixture(scope="session")
def _used_home() -> Path:
    """Made once for all test processes."""
    home = shared_folder() / "used home"

    def start_server() -> None:
        with EmbeddedPostgres(find_paths(home).postgres):
            pass

    made_once("used home", start_server)
    return home


@pytest.fixture
def used_private(private: Installation, _used_home: Path) -> Installation:
    """The same, where the server has run before: to make one takes a second."""
    subprocess.run(["/bin/cp", "-a", _used_home, private.home], check=True)
    return private


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that takes a while to read."""
    folder = tmp_path_factory.mktemp("large")
    generate(folder, products=300)
    return folder


@pytest.fixture
def installed(stocked_shop: Shop, tmp_path: Path) -> Installation:
    """The program for `stocked_shop`."""
    return Installation(tmp_path / "home", stocked_shop.url)


@pytest.fixture
def command(installed: Installation, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line for `stocked_shop`, without the time that a process takes to start."""
    for name, value in installed.environment.items():
        monkeypatch.setenv(name, value)

    def run_here(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run_command_line([*map(str, arguments), *installed.arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run_here
