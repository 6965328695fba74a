"""The unit tests on Windows; what only POSIX can do is left out by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import windows_lab

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_unit_tests_pass_on_windows(lab: Path) -> None:
    windows_lab.test(lab, "-n", "2", "tests/unit")
