"""Settings as people write them: paths of the shell, files of Notepad, and errors that say where they are."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from freesport_sync.application import Application
from freesport_sync.cli.argument_values import STDOUT
from freesport_sync.cli.arguments import build_parser
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.edit import change_settings
from freesport_sync.settings.environment import refuse_unknown_variables
from freesport_sync.settings.listing import Origin, list_settings
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.model import Settings, setting_keys
from freesport_sync.settings.paths import find_paths
from freesport_sync.settings.profiles import load_profiles

ROOT = Path(Path.cwd().anchor)
"""An absolute path, with a drive on Windows."""
PREFIX = "FREESPORT_SYNC_"
TEXTS = {language: Texts(language) for language in Language}
WRONG = (
    "{}",
    "[]",
    "['x']",
    "[{}]",
    "5",
    "-5",
    "1e300",
    "99999999999",
    "nan",
    "true",
    "'x'",
    "'a:b'",
    "''",
    f"'{'x' * 999}'",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; the home folder lies beside it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "me"))
    return folder


def refused(file: Path, content: str = "") -> ConfigError:
    if content:
        file.write_text(content, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    return caught.value


def told(error: ConfigError, language: Language = Language.RUSSIAN) -> str:
    text = TEXTS[language].error(error)
    return f"{text.what} {text.hint}"


# --- paths ----------------------------------------------------------------------------------------------------------


def test_paths_of_the_file_start_from_its_folder_and_from_the_home(file: Path, elsewhere: Path) -> None:
    file.write_text(
        "[database]\npassword_file = 'secret'\n[source]\ndata_dir = '../export'\n[pictures]\nmedia_root = '~/media'\n"
        "[ssh]\nkey_file = '~/.ssh/id'\nknown_hosts = ['known', '~/known', '{root}known']\nfolder = 'export'\n"
        "[exchange]\ncertificate = 'tls.pem'\n[backup]\nfolder = '~'\n".replace("{root}", ROOT.as_posix()),
        "utf-8",
    )
    settings, me = load_settings(file), elsewhere.with_name("me")
    assert settings.database.password_file == file.with_name("secret")
    assert settings.source.data_dir == file.parent / "../export"
    assert settings.pictures.media_root == me / "media"
    assert settings.ssh.key_file == me / ".ssh/id"
    assert settings.ssh.known_hosts == (file.with_name("known"), me / "known", ROOT / "known")
    assert settings.ssh.folder == "export"  # of the server
    assert settings.exchange.certificate == file.with_name("tls.pem")
    assert settings.backup.folder == me


def test_paths_of_variables_start_from_the_current_folder(
    file: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}SOURCE__DATA_DIR", "export")
    monkeypatch.setenv(f"{PREFIX}SSH", '{"key_file": "~/id", "known_hosts": ["here"]}')
    settings = load_settings(file)
    assert settings.source.data_dir == elsewhere / "export"
    assert settings.ssh.key_file == elsewhere.with_name("me") / "id"
    assert settings.ssh.known_hosts == (elsewhere / "here",)


def test_every_path_of_the_settings_is_absolute(file: Path, elsewhere: Path) -> None:
    endings = ("_dir", "_file", "_root", "certificate", "certificate_key")
    keys = [key for key in setting_keys() if key[-1].endswith(endings)]
    keys = [key for key in keys if key != ("ssh", "media_root")]  # of the server
    assert len(keys) > 7
    for section, name in keys:
        file.write_text(f"[{section}]\n{name} = 'x'", "utf-8")
        assert getattr(getattr(load_settings(file), section), name) == file.with_name("x"), name


def test_arguments_start_from_the_current_folder_and_may_be_quoted(elsewhere: Path) -> None:
    parser = build_parser(TEXTS[Language.RUSSIAN])
    words = ["--data-dir=~/export", "--home", "~", "--file", "a/b", "--media-root", str(ROOT / "m"), "--csv", "-"]
    options, me = parser.parse_args(words), elsewhere.with_name("me")
    assert (options.data_dir, options.home, options.media_root) == (me / "export", me, ROOT / "m")
    assert options.file == elsewhere / "a/b"
    assert options.csv == STDOUT
    assert parser.parse_args(["--csv", "~/x.csv"]).csv == me / "x.csv"
    assert find_paths(Path("~/дом")).settings_file == me / "дом/settings.toml"


# --- files of other editors -----------------------------------------------------------------------------------------


def test_a_file_of_notepad_is_read_and_changed(file: Path) -> None:
    file.write_bytes("\ufeff[catalog]\r\nroot_category = 'ТУРИЗМ'\r\n".encode())
    assert load_settings(file).catalog.root_category == "ТУРИЗМ"
    change_settings(file, {"ssh.host": "shop"})
    settings = load_settings(file)
    assert (settings.catalog.root_category, settings.ssh.host) == ("ТУРИЗМ", "shop")
    profiles = file.with_name("profiles.toml")
    profiles.write_bytes("\ufeff[[profile]]\nname = 'Магазин'\ndatabase_url = 'embedded'\n".encode())
    assert [one.name for one in load_profiles(profiles)] == ["Магазин"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp866", "utf-32"])
def test_another_encoding_is_named(encoding: str, file: Path) -> None:
    file.write_bytes("[catalog]\nroot_category = 'ТУРИЗМ'".encode(encoding))
    error = refused(file)
    assert (error.code, error.params["problem"]) == ("settings_unreadable", "encoding")
    assert "UTF-8" in told(error)
    assert str(file) in told(error)
    with pytest.raises(ConfigError):  # it would be lost
        change_settings(file, {"ssh.host": "shop"})


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("[ssh]\nhost = shop", 2),
        ('[source]\n\ndata_dir = "C:\\1c\\export"\n', 3),
        ("[ssh]\nport = 22\nport = 23", 3),
        ("[ssh]\n[ssh]", 2),
        ("[ssh]\nhost = 'shop", 2),
    ],
)
def test_a_file_that_is_not_toml_names_the_line(content: str, line: int, file: Path) -> None:
    for language in Language:
        said = told(refused(file, content), language)
        assert re.search(rf"(строка|line) {line}\b", said), said
        assert "Expected" not in said
        assert "удалите" not in said


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert error.params["reason"] in ("Is a directory", "Permission denied")  # the latter on Windows


# --- where a wrong value was written --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "key", "line"),
    [
        ("# mine\n\n[ssh]\nhost = 'shop'\nport = 'x'\n", "ssh.port", 5),
        ("ssh.port = 0", "ssh.port", 1),
        ("[catalog]\nowned_fields = [\n  'name',\n  'slug',\n]\n", "catalog.owned_fields.1", 2),
        ("[[warehouses]]\nname = 'a'\n\n[[warehouses]]\nname = ''\n", "warehouses.1.name", 5),
        ("[[warehouses]]\nname = 'a'\n\n[[warehouses]]\nvat_rate = 5\n", "warehouses.1.name", 4),
        ("[history]\nmax_issues = 5\n[sssh]\nhost = 'shop'\n", "sssh", 3),
        ("[ssh]\nhost = 'shop'\nprot = 22\n", "ssh.prot", 3),
        ("ssh = { port = 1, prot = 1 }\n", "ssh.prot", 1),
        ("\n\nssh = 5", "ssh", 3),
        ("[source]\ndata_dir = ''", "source.data_dir", 2),
    ],
)
def test_a_wrong_value_of_the_file_names_its_line(content: str, key: str, line: int, file: Path) -> None:
    error = refused(file, content)
    assert error.params["key"] == key
    assert f"{file}, строка {line}." in told(error)


def test_the_place_stands_before_a_command_that_can_be_pasted() -> None:
    place = {"setting_place": "variable", "variable": f"{PREFIX}DATABASE__URL"}
    hint = Texts(Language.RUSSIAN).error(ConfigError("database_url_password", login="u@h/db", **place)).hint
    assert hint.startswith(f"Задано переменной окружения {PREFIX}DATABASE__URL. ")
    assert hint.splitlines()[-1] == "  keyring set freesport_sync u@h/db"


def test_a_wrong_variable_is_named_and_the_file_is_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[history]\nmax_issues = 5\n[[warehouses]]\nname = 'a'\n", "utf-8")

    def said(name: str, value: str) -> str:
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            text = told(refused(file))
            assert f"переменной окружения {name}." in text or (name.upper() in text and sys.platform == "win32")
            assert "settings.toml" not in text
            return text

    assert "history.max_issues" in said(f"{PREFIX}HISTORY__MAX_ISSUES", "много")
    assert "history.max_issues" in said("freesport_sync_history__max_issues", "0")
    assert "exchange.allow" in said(f"{PREFIX}EXCHANGE__ALLOW", "10.0.0.0/8")
    assert "warehouses" in said(f"{PREFIX}WAREHOUSES", "[{]")
    assert "warehouses.0.vat_rate" in said(f"{PREFIX}WAREHOUSES", '[{"name": "b", "vat_rate": "x"}]')
    assert "ssh" in said(f"{PREFIX}SSH", "shop")
    assert "ssh.prot" in said(f"{PREFIX}SSH", '{"prot": 1}')
    assert "source.data_dir" in said(f"{PREFIX}SOURCE__DATA_DIR", "")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db/shop",
        "",
        "postgresql://me:secret@db/shop",
        "postgresql://me@[secret]:1/shop",
        "postgresql://me@127.0.0.1:5433:5432/shop",
        "postgresql://me@my%20secret/shop",
        "postgresql://db/shop%00",
    ],
)
def test_a_wrong_address_of_the_database_names_its_place(url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(argument: str | None = None) -> str:
        with pytest.raises(ConfigError, match="database_url") as caught:
            Application(file.parent, argument)
        assert "secret" not in told(caught.value)
        return told(caught.value)

    assert "параметром --database-url." in said(url)
    file.write_text(f"[database]\nurl = '{url}'\n", "utf-8")
    assert f"{file}, строка 2." in said()
    monkeypatch.setenv(f"{PREFIX}DATABASE__URL", url)
    assert f"{PREFIX}DATABASE__URL." in said()


def test_an_unknown_setting_comes_with_the_nearest(file: Path) -> None:
    assert refused(file, "[ssh]\nprot = 22").params["nearest"] == "ssh.port"


def test_every_problem_of_every_setting_has_words_of_ours(file: Path) -> None:
    problems: set[str] = set()
    said: list[str] = []
    for key in [*setting_keys(), *((name,) for name in Settings.model_fields)]:
        for value in (*WRONG, "'ssh://shop/x'"):
            file.write_text(f"{'.'.join(key)} = {value}", "utf-8")
            try:
                load_settings(file)
            except ConfigError as error:
                problems.add(str(error.params.get("setting_problem")))
                said += [told(error, language) for language in Language]
    assert [text for text in said if re.search(r"nput|should|\{|pydantic", text)] == []
    assert problems >= {"whole_number", "number", "true_or_false", "too_small", "too_large", "text", "empty"}
    assert problems >= {"too_long", "characters", "path", "choice", "list", "section", "missing", "network", "address"}
    assert "other" not in problems
    words = [resource("i18n", f"{one.value}.toml").read_text("utf-8") for one in Language]
    explained = [set(tomllib.loads(text)["setting_problem"]) for text in words]
    assert [problems - known - {"None"} for known in explained] == [set(), set()]


# --- former names ---


@pytest.mark.parametrize(
    ("former", "current"), [("hold_s", "long_poll_s"), ("patience_s", "queue_timeout_s")], ids=["hold", "patience"]
)
class TestFormerNames:
    """Settings that earlier versions called otherwise are still read."""

    def test_in_the_file(self, file: Path, former: str, current: str) -> None:
        file.write_text(f"[exchange]\nport = 1\n{former} = 7\n")
        assert getattr(load_settings(file).exchange, current) == 7
        listed = {one.key: one for one in list_settings(load_settings(file), file)}
        assert (listed[f"exchange.{current}"].value, listed[f"exchange.{current}"].origin) == ("7", Origin.FILE)
        file.write_text(f"[exchange]\n{former} = 7\n{current} = 8\n")
        assert getattr(load_settings(file).exchange, current) == 8, "the current name counts"

    def test_in_the_environment(self, file: Path, former: str, current: str, monkeypatch: pytest.MonkeyPatch) -> None:
        file.write_text(f"[exchange]\n{current} = 7\n")
        monkeypatch.setenv(f"{PREFIX}EXCHANGE__{former.upper()}", "9")
        refuse_unknown_variables(())
        assert getattr(load_settings(file).exchange, current) == 9, "the environment goes before the file"

    def test_an_error_says_where_it_was_written(
        self, file: Path, former: str, current: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = refused(file, f"[exchange]\nport = 1\n{former} = 0\n")
        assert (error.params["key"], error.params["line"]) == (f"exchange.{current}", 3)
        variable = f"{PREFIX}EXCHANGE__{former.upper()}"
        monkeypatch.setenv(variable, "0")
        assert refused(file).params["variable"] == variable
