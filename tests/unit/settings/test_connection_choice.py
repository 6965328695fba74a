"""What is written when the window chooses a server: its settings, and its secrets where only the owner reads them."""

from __future__ import annotations

from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from freesport_sync.core.connections import PasswordPlace
from freesport_sync.errors import ConfigError
from freesport_sync.os_support import is_private
from freesport_sync.settings.connection_choice import (
    ChosenDatabase,
    choose_database,
    choose_ssh_host,
    database_password_file,
    keep_ssh_secrets,
)
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.model import SshSettings
from freesport_sync.settings.profiles import Profile, load_profiles, save_profiles
from freesport_sync.settings.secrets import ssh_passphrase, ssh_password

KEY = Path(Path.cwd().anchor, "keys", "id")
"""An absolute path, with a drive on Windows."""
SHOP = SshSettings(host="shop.example.ru", port=2222, user="onec", key_file=KEY, use_agent=False, folder="/srv/1c")
OTHER = SHOP.model_copy(update={"host": "other.example.ru"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "set_password", keyring.backends.fail.Keyring().set_password)  # type: ignore[no-untyped-call]


def test_a_server_is_written_and_taken_away_and_the_rest_stays(file: Path) -> None:
    file.write_text("# mine\n[catalog]\nroot_category = 'ТУРИЗМ'\n[ssh]\narchive_folder = '/old'\n", "utf-8")
    choose_ssh_host(file, SHOP)
    settings = load_settings(file)
    assert (settings.ssh, settings.catalog.root_category) == (SHOP, "ТУРИЗМ")
    choose_ssh_host(file, None)
    assert load_settings(file).ssh == SshSettings()
    assert "# mine" in file.read_text("utf-8")
    choose_ssh_host(file.with_name("none.toml"), None)
    assert load_settings(file.with_name("none.toml")).ssh == SshSettings()


@pytest.mark.usefixtures("no_key_store")
def test_a_secret_that_cannot_be_kept_is_told_of(file: Path) -> None:
    folder = file.parent / "no folder"
    folder.write_text("")
    with pytest.raises(ConfigError, match="settings_not_writable"):
        keep_ssh_secrets(folder / "settings.toml", SHOP, "тигр", None)


@pytest.mark.usefixtures("no_key_store")
def test_without_a_key_store_each_login_has_its_own_file(file: Path) -> None:
    kept, place = keep_ssh_secrets(file, SHOP, "тигр", "лев")
    assert place is PasswordPlace.FILE
    assert ssh_password(kept.login, kept.password_file) == "тигр"
    assert ssh_passphrase(KEY, kept.passphrase_file) == "лев"
    assert {is_private(one) for one in file.parent.glob("*.password")} == {True}
    other, place = keep_ssh_secrets(file, kept.model_copy(update={"host": "other.example.ru"}), None, None)
    assert (other.password_file, place) == (None, PasswordPlace.UNCHANGED)  # that of the shop is not sent there
    assert other.passphrase_file == kept.passphrase_file
    again, _ = keep_ssh_secrets(file, SHOP, None, None)
    assert again == kept
    by_hand = SHOP.model_copy(update={"password_file": Path("/run/secrets/ssh")})
    assert keep_ssh_secrets(file.with_name("elsewhere") / file.name, by_hand, None, None)[0] == by_hand


def test_a_key_store_leaves_no_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_ssh_secrets(file, SHOP, None, None)
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda service, name, secret: kept.update({name: secret}))
    ssh, place = keep_ssh_secrets(file, SHOP, "тигр", "лев")
    assert (ssh, place) == (SHOP, PasswordPlace.KEY_STORE)
    assert kept == {"ssh onec@shop.example.ru:2222": "тигр", f"ssh-key {SHOP.key_file}": "лев"}
    assert not list(file.parent.glob("*.password"))


def test_profiles_come_back_whole_and_go_to_others_without_secrets(file: Path) -> None:
    secret = SHOP.model_copy(update={"password_file": Path("/home/me/ssh.password"), "archive_folder": "/done"})
    profiles = (Profile("Магазин", "postgresql://sync@db/shop", secret), Profile("Без сервера", "embedded"))
    save_profiles(file, profiles)
    assert load_profiles(file) == profiles
    save_profiles(file, profiles, is_for_others=True)
    assert load_profiles(file)[0].ssh == SHOP.model_copy(update={"archive_folder": "/done"})
    assert "ssh.password" not in file.read_text("utf-8")


@pytest.mark.parametrize("line", ["password = 'тигр'", "port = 70000", "host = ''"])
def test_a_server_that_cannot_be_is_refused(line: str, file: Path) -> None:
    file.write_text(f"[[profile]]\nname = 'x'\ndatabase_url = 'embedded'\n[profile.ssh]\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match="profiles_unreadable"):
        load_profiles(file)


def test_the_password_of_a_database_is_never_that_of_another(file: Path, no_key_store: None) -> None:
    nothing = ChosenDatabase("", None)
    first, second = "postgresql://sync@first:5432/shop", "postgresql://sync@second:5432/shop"
    assert choose_database(file, nothing, first, "sync@first/shop", "the first") is PasswordPlace.FILE
    chosen = ChosenDatabase("sync@first/shop", load_settings(file).database.password_file)
    assert chosen.password_file is not None
    assert chosen.password_file.read_text() == "the first"

    assert database_password_file(file, "sync@second/shop", chosen) is None
    assert choose_database(file, chosen, second, "sync@second/shop", None) is PasswordPlace.UNCHANGED
    assert load_settings(file).database.password_file is None

    choose_database(file, ChosenDatabase("sync@second/shop", None), first, "sync@first/shop", None)
    assert load_settings(file).database.password_file == chosen.password_file


def test_a_password_file_of_the_operators_own_stays_with_its_database(file: Path, tmp_path: Path) -> None:
    chosen = ChosenDatabase("sync@first/shop", tmp_path / "own")
    choose_database(file, chosen, "postgresql://sync@first:5432/shop", "sync@first/shop", None)
    assert load_settings(file).database.password_file == tmp_path / "own"
