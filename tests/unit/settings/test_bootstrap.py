"""The bootstrap file: taken over once, never over settings, refused with the place that is wrong."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from freesport_sync import os_support
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.services.database import refuse_unusable_url
from freesport_sync.settings import bootstrap_file
from freesport_sync.settings.bootstrap import Bootstrap, BootstrapState, apply_bootstrap
from freesport_sync.settings.bootstrap_file import bootstrap_places, find_bootstrap
from freesport_sync.settings.loading import load_settings
from tests.platforms import needs_symlinks, posix_only

GOOD = """
# Магазин FREESPORT
language = "en"
[database]
url = "postgresql://sync@db.example.ru:5432/freesport"
[source]
data_dir = "выгрузка"
[ssh]
host = "shop.example.ru"
user = "onec"
known_hosts = ["known_hosts"]
[exchange]
port = 8190
allow = ["10.0.0.0/8"]
[[warehouses]]
name = "Склад"
vat_rate = 5
"""

posix = posix_only("access lists instead of mode bits")

Apply = Callable[[], Bootstrap]


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "settings.toml"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good bootstrap file, which everybody can read."""
    folder = tmp_path / "policy"
    folder.mkdir(mode=0o755)
    file = folder / "bootstrap.toml"
    file.write_text(GOOD, "utf-8")
    file.chmod(0o644)
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", str(file))
    return file


@pytest.fixture
def apply(settings_file: Path) -> Apply:
    return lambda: apply_bootstrap(settings_file, refuse_unusable_url)


def refusal(found: Bootstrap) -> ConfigError:
    assert found.state is BootstrapState.REFUSED
    assert isinstance(found.error, ConfigError)
    return found.error


def test_the_first_start_takes_it_over(file: Path, settings_file: Path, apply: Apply) -> None:
    found = apply()
    assert (found.state, found.file) == (BootstrapState.NEW, file)
    settings = load_settings(settings_file)
    assert settings.database.url == "postgresql://sync@db.example.ru:5432/freesport"
    assert (settings.ssh.host, settings.ssh.user) == ("shop.example.ru", "onec")
    assert settings.source.data_dir == file.parent / "выгрузка", "relative to the file that says so"
    assert settings.ssh.known_hosts == (file.parent / "known_hosts",)
    assert (settings.exchange.port, settings.exchange.allow) == (8190, ("10.0.0.0/8",))
    assert [(one.name, one.vat_rate) for one in settings.warehouses] == [("Склад", Decimal(5))]
    assert settings.language is Language.ENGLISH
    assert str(file) in settings_file.read_text("utf-8").splitlines()[0]
    assert {path.name for path in settings_file.parent.iterdir()} == {"settings.toml", "bootstrap.json"}


def test_later_starts_do_not_touch_the_settings(file: Path, settings_file: Path, apply: Apply) -> None:
    first = apply()
    settings_file.write_text("[exchange]\nport = 1\n", "utf-8")
    again = apply()
    assert (again.state, again.file, again.applied_at) == (BootstrapState.APPLIED, file, first.applied_at)
    file.write_text(GOOD.replace("8190", "8191"), "utf-8")
    assert apply().state is BootstrapState.CHANGED
    file.unlink()
    assert apply().state is BootstrapState.CHANGED, "the environment still names it"
    assert settings_file.read_text("utf-8") == "[exchange]\nport = 1\n"


def test_it_is_still_known_when_an_upgrade_has_removed_it(
    file: Path, apply: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply()
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", "")
    found = apply()
    assert (found.state, found.file) == (BootstrapState.APPLIED, file)


@pytest.mark.parametrize("text", ["", "[exchange]\nport = 1\n", "broken ["])
def test_existing_settings_stay_as_they_are(text: str, file: Path, settings_file: Path, apply: Apply) -> None:
    settings_file.parent.mkdir()
    settings_file.write_text(text, "utf-8")
    found = apply()
    assert (found.state, found.file, found.applied_at) == (BootstrapState.KEPT, file, None)
    assert settings_file.read_text("utf-8") == text


def test_settings_that_appear_meanwhile_win(
    file: Path, settings_file: Path, apply: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second program starts at the same moment, and its operator is quick."""

    def publish(draft: Path, target: Path) -> bool:
        target.write_text("[exchange]\nport = 1\n", "utf-8")
        return os_support.publish_new(draft, target)

    monkeypatch.setattr("freesport_sync.settings.bootstrap.publish_new", publish)
    assert apply().state is BootstrapState.APPLIED
    assert settings_file.read_text("utf-8") == "[exchange]\nport = 1\n"
    assert not list(settings_file.parent.glob("*.new"))


def test_a_start_that_was_killed_halfway_is_made_up_for(file: Path, settings_file: Path, apply: Apply) -> None:
    apply()
    settings_file.unlink()  # the record is written first
    assert apply().state is BootstrapState.NEW
    assert settings_file.exists()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("language = 'de'", "setting_invalid", 1),
        ("\n[ssh]\nport = 'x'", "setting_invalid", 3),
        ("\n[database]\nadress = 'x'", "setting_unknown", 3),
        ("\n[database]\nurl = 'mysql://h/d'", "database_url_invalid", 3),
        ("\n[database]\nurl = 'postgresql://u:tiger@h/d'", "bootstrap_password", 3),
        ("\n[database]\nurl = 'postgresql://u@h/d?password=tiger'", "bootstrap_password", 3),
        ("[database]\npassword = 'tiger'", "bootstrap_password", 2),
        ("[exchange]\npassword = 'tiger'", "bootstrap_password", 2),
        ("[ssh]\npassphrase = 'tiger'", "bootstrap_password", 2),
        ("[[warehouses]]\nname = 'x'\ndb_password = 'tiger'", "bootstrap_password", 3),
        ("[ssh]\nkey_file = '''-----BEGIN OPENSSH PRIVATE KEY-----\ntiger'''", "bootstrap_password", 2),
        ("a = 1\nb = [", "settings_unreadable", None),
        (f"a = {'[' * 20_000}", "settings_unreadable", None),
        (f"a = {'9' * 5000}", "settings_unreadable", None),
        ("[ssh]\nhost = 'a@h'\nuser = 'b'", "ssh_address_contradicts", None),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_a_wrong_file_is_refused_with_the_place(
    text: str, code: str, line: int | None, language: Language, file: Path, settings_file: Path, apply: Apply
) -> None:
    file.write_text(text, "utf-8")
    error = refusal(apply())
    assert error.code == code
    assert error.params.get("line", None if code != "settings_unreadable" else line) == line or "column" in error.params
    said = " ".join((Texts(language).error(error).what, Texts(language).error(error).hint))
    assert "tiger" not in f"{said} {error}"
    assert str(file) in said or code == "ssh_address_contradicts"
    assert not settings_file.exists()
    assert not settings_file.parent.exists()


@pytest.mark.parametrize(
    ("content", "code", "problem"),
    [
        (GOOD.encode("utf-16"), "settings_unreadable", "encoding"),
        (GOOD.encode("cp1251"), "settings_unreadable", "encoding"),
        (b"#" * 64 * 1024 + b"\n", "bootstrap_too_large", None),
    ],
)
def test_unreadable_content_is_refused(
    content: bytes, code: str, problem: str | None, file: Path, apply: Apply
) -> None:
    file.write_bytes(content)
    error = refusal(apply())
    assert (error.code, error.params.get("problem")) == (code, problem)


def test_a_byte_order_mark_of_notepad_is_no_mistake(file: Path, apply: Apply) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert apply().state is BootstrapState.NEW


def test_a_file_that_the_environment_names_must_exist(file: Path, apply: Apply) -> None:
    file.unlink()
    error = refusal(apply())
    assert (error.code, error.params["file"]) == ("settings_unreadable", str(file))


def test_a_folder_is_no_file(file: Path, apply: Apply) -> None:
    file.unlink()
    file.mkdir()
    assert refusal(apply()).code == "bootstrap_not_a_file"


@posix
def test_a_pipe_is_not_waited_for(file: Path, apply: Apply) -> None:
    file.unlink()
    os.mkfifo(file)
    assert refusal(apply()).code == "bootstrap_not_a_file"


@posix
@pytest.mark.parametrize(("mode", "is_folder"), [(0o666, False), (0o664, False), (0o777, True), (0o775, True)])
def test_a_file_that_others_may_change_is_refused(mode: int, is_folder: bool, file: Path, apply: Apply) -> None:
    place = file.parent if is_folder else file
    place.chmod(mode)
    error = refusal(apply())
    assert (error.code, error.params["path"]) == ("bootstrap_open_to_others", str(place))
    assert f"chmod go-w {place}" in Texts(Language.RUSSIAN).error(error).hint
    place.chmod(mode & ~0o022)
    assert apply().state is BootstrapState.NEW


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_account_is_refused(file: Path, apply: Apply) -> None:
    os.chown(file, 4711, 4711)
    assert refusal(apply()).code == "bootstrap_open_to_others"


@posix
def test_a_link_counts_as_the_file_behind_it(file: Path, apply: Apply, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.toml"
    file.rename(target)
    file.symlink_to(target)
    target.chmod(0o666)
    assert refusal(apply()).code == "bootstrap_open_to_others"


@posix
def test_a_folder_that_cannot_be_written_is_reported(file: Path, apply: Apply, settings_file: Path) -> None:
    settings_file.parent.parent.joinpath("home").write_text("a file in place of the folder")
    assert refusal(apply()).code == "settings_not_writable"


@posix
def test_settings_are_only_for_their_owner(file: Path, settings_file: Path, apply: Apply) -> None:
    apply()
    assert stat.S_IMODE(settings_file.parent.stat().st_mode) == 0o700


def test_the_places_are_those_of_the_documentation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FREESPORT_SYNC_BOOTSTRAP")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "freesport-sync"))
    monkeypatch.setenv("PROGRAMDATA", r"D:\Общее")
    policy = Path(r"D:\Общее") if sys.platform == "win32" else Path("/etc")
    places = (policy / "freesport_sync" / "bootstrap.toml", tmp_path / "bootstrap.toml")
    assert bootstrap_places() == places
    page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text("utf-8")
    assert "`/etc/freesport_sync/bootstrap.toml`" in page
    assert r"`%PROGRAMDATA%\freesport_sync\bootstrap.toml`" in page


def test_the_first_place_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FREESPORT_SYNC_BOOTSTRAP")
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    monkeypatch.setattr(bootstrap_file, "bootstrap_places", lambda: (first, second))
    assert find_bootstrap() is None
    second.touch()
    assert find_bootstrap() == second
    first.touch()
    assert find_bootstrap() == first


@needs_symlinks
def test_a_broken_policy_is_not_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FREESPORT_SYNC_BOOTSTRAP")
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    monkeypatch.setattr(bootstrap_file, "bootstrap_places", lambda: (first, second))
    second.touch()
    first.symlink_to("nowhere")
    assert find_bootstrap() == first


def test_an_empty_variable_turns_it_off(monkeypatch: pytest.MonkeyPatch, apply: Apply) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", "")
    assert bootstrap_places() == ()
    assert apply().state is BootstrapState.ABSENT
