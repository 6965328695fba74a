"""Exports to import."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from freesport_sync.database.own import lock
from freesport_sync.database.server import engine
from tests.builders import ExportBuilder
from tests.integration.support import NewExport


@pytest.fixture
def new_export(tmp_path: Path) -> NewExport:
    """Makes empty exports, each in a folder of its own, for runs that follow each other."""
    numbers = count(1)
    return lambda: ExportBuilder(tmp_path / f"export_{next(numbers)}")


@pytest.fixture
def export(new_export: NewExport) -> ExportBuilder:
    """An export that has the reference data and nothing else yet."""
    builder = new_export()
    builder.reference_data()
    return builder


@pytest.fixture
def short_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import waits for rows that others hold a moment only."""
    monkeypatch.setitem(engine._SESSION_SETTINGS, "lock_timeout", "300ms")


@pytest.fixture
def short_holder_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is refused does not wait long for the run of who holds the lock."""
    monkeypatch.setattr(lock, "HOLDER_WAIT_S", 0.1)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """The folder of the shop's pictures, empty."""
    folder = tmp_path / "media"
    folder.mkdir()
    return folder
