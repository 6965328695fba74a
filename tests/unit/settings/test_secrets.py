"""Secrets that are masked wherever they stand."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest

from freesport_sync.database.server.engine import login_of, parse_url
from freesport_sync.settings.model import Settings
from freesport_sync.settings.secrets import known_secrets


@pytest.mark.parametrize(
    "url", ["postgresql://u@h:5432/d", "postgresql://%D1%8E@[::1]:5432/%D0%B4", "postgresql://u%40v@h/d"]
)
def test_the_password_in_the_key_store_is_known_however_its_user_is_called(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = login_of(parse_url(url))
    stored = {login: "zebra7"}
    monkeypatch.setattr(keyring, "get_password", lambda _, user: stored.get(user))
    assert "zebra7" in known_secrets(Settings(), (tmp_path,), login)
