"""The folder that `packaging/windows` makes, and one Windows for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from windows_lab import DEFAULT_FOLDER

from tests.packaging.windows.windows import Installed, Windows, installed


@pytest.fixture(scope="session")
def lab() -> Path:
    """Where Wine and Python are; FREESPORT_WINDOWS_FOLDER names another folder."""
    folder = DEFAULT_FOLDER.resolve()
    assert (folder / "trixie").exists(), f"nothing in {folder}: run packaging/windows/prepare"
    return folder


@pytest.fixture(scope="session")
def windows(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    windows = Windows(lab, tmp_path_factory.mktemp("windows"))
    yield windows
    windows.end()


@pytest.fixture(scope="module", params=["python", "frozen"])
def program(windows: Windows, request: pytest.FixtureRequest) -> Iterator[Installed]:
    """The program, from wheels and frozen. Its home is shared by the tests: making a database takes a minute."""
    with installed(windows, request.param) as program:
        yield program
