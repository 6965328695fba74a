"""The program as it is installed at a shop."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.settings.paths import find_paths
from tests.bench.generator import generate
from tests.databases import copy_server, made_once, shared_folder
from tests.program import Installation


@pytest.fixture
def private() -> Installation:
    """The program with its own server, kept in its home because every account can reach that."""
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
    copy_server(find_paths(_used_home).postgres, find_paths(private.home).postgres)
    return private


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that takes a while to read."""
    folder = tmp_path_factory.mktemp("large")
    generate(folder, products=300)
    return folder
