"""The program as it is installed at a shop."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import ROOT_VARIABLE
from tests.e2e.program import Installation
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
    return Installation(Path(os.environ[ROOT_VARIABLE]) / f"мой дом {uuid4().hex}")


@pytest.fixture
def installed(stocked_shop: Shop, tmp_path: Path) -> Installation:
    """The program for `stocked_shop`."""
    return Installation(tmp_path / "home", stocked_shop.url)
