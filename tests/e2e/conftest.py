"""The program as it is installed at a shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import Installation
from tests.shop import Shop


@pytest.fixture
def installed(stocked_shop: Shop, tmp_path: Path) -> Installation:
    """The program for `stocked_shop`."""
    return Installation(tmp_path / "home", stocked_shop.url)
