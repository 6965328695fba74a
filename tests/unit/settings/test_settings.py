"""Settings, their precedence, and where passwords come from."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.model import OwnedField
from freesport_sync.settings.paths import find_paths
from freesport_sync.settings.secrets import database_password, ssh_passphrase, ssh_password
from tests.platforms import posix_only


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_defaults_are_the_reference_importer_s(file: Path) -> None:
    settings = load_settings(file)
    assert settings.catalog.root_category == "СПОРТ"
    assert {warehouse.name: warehouse.vat_rate for warehouse in settings.warehouses} == {
        "Intex ОСНОВНОЙ": Decimal(22),
        "2 ТЛВ склад": Decimal(5),
        "1 СДВ склад": None,
    }
    assert not settings.prices.clear_missing
    assert settings.pictures.media_root is None
    assert (settings.pictures.min_size_bytes, settings.pictures.large_size_bytes) == (8 * 1024, 100 * 1024)
    assert settings.owns(OwnedField.PICTURES)
    assert settings.owns(OwnedField.BRAND)
    assert not settings.owns(OwnedField.NAME)
    assert not settings.owns(OwnedField.CATEGORY)


def test_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[catalog]\nroot_category = "ТУРИЗМ"\n[prices]\nclear_missing = true\n', encoding="utf-8")
    monkeypatch.setenv("FREESPORT_SYNC_CATALOG__ROOT_CATEGORY", "ОХОТА")
    settings = load_settings(file)
    assert settings.catalog.root_category == "ОХОТА"
    assert settings.prices.clear_missing


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[catalog]\nowned_fields = ["slug"]', "catalog.owned_fields"),
        ("[prices]\nclear_missing = 'maybe'", "prices.clear_missing"),
        ("[[warehouses]]\nname = ''", "warehouses.0.name"),
        ("[pictures]\nmin_size_bytes = -1", "pictures.min_size_bytes"),
        ("[guards]\nlarge_change_percent = 0", "guards.large_change_percent"),
        ("[guards]\nlarge_change_percent = 101", "guards.large_change_percent"),
        ("[history]\nretention_days = 0", "history.retention_days"),
        ("[history]\nmax_issues = -1", "history.max_issues"),
        ("[source]\ndata_dir = 5", "source.data_dir"),
    ],
)
def test_a_wrong_setting_is_named(file: Path, text: str, key: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="setting_invalid") as caught:
        load_settings(file)
    assert str(caught.value.params["key"]).startswith(key)


@pytest.mark.parametrize(("text", "key"), [("[catalog]\nroot = 1", "catalog.root"), ("[unknown]\n", "unknown")])
def test_a_mistyped_setting_is_named(file: Path, text: str, key: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="setting_unknown") as caught:
        load_settings(file)
    assert caught.value.params["key"] == key


@pytest.mark.parametrize("key", ["source.data_dir", "pictures.media_root", "database.postgres_bin"])
def test_an_empty_path_is_not_the_current_folder(file: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"FREESPORT_SYNC_{key.upper().replace('.', '__')}", "")
    with pytest.raises(ConfigError, match="setting_path_empty") as caught:
        load_settings(file)
    assert caught.value.params["key"] == key


@pytest.mark.parametrize("content", [b"[catalog", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="settings_unreadable"):
        load_settings(file)


def test_home_holds_all_state(tmp_path: Path) -> None:
    paths = find_paths(tmp_path / "дом")
    assert all(
        path.is_relative_to(tmp_path / "дом") for path in (paths.settings_file, paths.postgres, paths.work, paths.logs)
    )


def test_password_from_the_environment_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_DB_PASSWORD", "из окружения")
    assert database_password("sync@db/shop", tmp_path / "missing") == "из окружения"


def test_password_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("тайна\n", encoding="utf-8")
    os.chmod(secret, 0o600)
    assert database_password("sync@db/shop", secret) == "тайна"
    for ask, setting in ((database_password, "database.password_file"), (ssh_password, "ssh.password_file")):
        with pytest.raises(ConfigError, match="password_file_unreadable") as caught:
            ask("sync@db/shop", tmp_path / "missing")
        assert setting in Texts(Language.RUSSIAN).error(caught.value).hint


def test_secrets_of_the_server_come_from_the_environment_a_private_file_or_the_key_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text("из файла\n", encoding="utf-8")
    file.chmod(0o600)
    asked: list[str] = []

    def key_store(service: str, user: str) -> str:
        asked.append(user)
        return f"{service} {user}"

    monkeypatch.setattr("keyring.get_password", key_store)
    assert ssh_password("u@h:22", None) == "freesport_sync ssh u@h:22"
    assert ssh_passphrase(Path("/k"), None) == f"freesport_sync ssh-key {Path('/k')}"
    assert ssh_password("u@h:22", file) == ssh_passphrase(Path("/k"), file) == "из файла"
    monkeypatch.setenv("FREESPORT_SYNC_SSH_PASSWORD", "пароль")
    monkeypatch.setenv("FREESPORT_SYNC_SSH_PASSPHRASE", "пароль ключа")
    assert (ssh_password("u@h:22", file), ssh_passphrase(Path("/k"), file)) == ("пароль", "пароль ключа")
    assert len(asked) == 2


@posix_only("the rights of the folder count there")
@pytest.mark.parametrize("ask", [database_password, ssh_password])
def test_a_password_file_that_others_can_read(ask: Callable[[str, Path], str | None], tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("тайна\n", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="password_file_open"):
        ask("sync@db/shop", file)
