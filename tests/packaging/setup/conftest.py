"""One Windows for the tests of the setup, and a clean state for each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.packaging.setup.machine import Machine, make_placeholders
from tests.packaging.windows.conftest import lab, windows
from tests.packaging.windows.windows import Windows

__all__ = ["lab", "windows"]


@pytest.fixture(scope="session")
def setups(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return make_placeholders(tmp_path_factory.mktemp("setups"))


@pytest.fixture
def machine(windows: Windows, setups: Mapping[str, Path]) -> Machine:
    """Nothing is installed."""
    machine = Machine(windows, setups)
    machine.clean()
    return machine
