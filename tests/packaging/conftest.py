"""Tests of installers and packages: a short part always, what takes minutes only when it is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LONG_VARIABLE = "FREESPORT_PACKAGING"
"""Set to 1, tests marked `long` run too."""


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here as `packaging`, and leave out what is `long` unless it is asked for.

    Most tests wait for other programs, which may have to be fetched or have a busy machine for themselves.
    """
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.packaging)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))
    if os.environ.get(LONG_VARIABLE) != "1":
        left_out = [item for item in ours if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
