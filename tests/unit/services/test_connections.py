"""What a form shows of an SSH host, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freesport_sync.services.connections import host_choice, settings_of
from freesport_sync.settings.model import SshSettings

USUAL = SshSettings(host="shop.example.ru")
UNUSUAL = SshSettings(
    host="shop.example.ru",
    port=2222,
    user="onec",
    key_file=Path("/keys/id"),
    password_file=Path("/keys/password"),
    use_agent=False,
    known_hosts=(),
    folder="/srv/1c",
    archive_folder="/srv/archive",
    media_root="/srv/media",
    quiet_s=5,
    timeout_s=7,
)


@pytest.mark.parametrize("settings", [USUAL, UNUSUAL])
def test_settings_survive_the_form(settings: SshSettings) -> None:
    assert settings_of(host_choice(settings)) == settings


def test_what_the_form_does_not_show_stays() -> None:
    edited = replace(host_choice(UNUSUAL), host="other.example.ru", media_root=None)
    assert settings_of(edited) == UNUSUAL.model_copy(update={"host": "other.example.ru", "media_root": None})
