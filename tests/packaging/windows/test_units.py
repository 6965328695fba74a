"""The project's own tests on Windows; what only POSIX can do is left out by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import windows_lab

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


def test_unit_tests_pass_on_windows(lab: Path) -> None:
    windows_lab.test(lab, "-n", "2", "tests/unit")


@pytest.mark.timeout(3600)
def test_locks_kills_backups_and_undos_work_on_windows(lab: Path) -> None:
    """On the private PostgreSQL of Windows; one after another, because each clones a database for seconds."""
    modules = ("faults/test_lock.py", "e2e/test_backup.py", "undo/test_backup.py", "undo/test_undo.py")
    options = ("-n", "0", "-p", "no:randomly", "--timeout", "400")
    windows_lab.test(lab, *options, *(f"tests/{module}" for module in modules))
