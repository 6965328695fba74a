"""What the tests of imports share."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.database.server import engine


@pytest.fixture
def short_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import waits for rows that others hold a moment only."""
    monkeypatch.setitem(engine._SESSION_SETTINGS, "lock_timeout", "300ms")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """The folder of the shop's pictures, empty."""
    folder = tmp_path / "media"
    folder.mkdir()
    return folder
