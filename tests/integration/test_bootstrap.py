"""A bootstrap file sets the command line up, and a wrong one is not passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from freesport_sync.cli.main import run_command_line
from freesport_sync.errors import ExitCode
from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from tests.program import Outcome, address
from tests.shop import Shop

Run = Callable[..., Outcome]


@pytest.fixture
def file(tmp_path: Path, stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sets the program up for `stocked_shop` and the export that raises a price."""
    file = tmp_path / "bootstrap.toml"
    url, data_dir = json.dumps(address(stocked_shop.url)), json.dumps(str(dearer))
    file.write_text(f'language = "en"\n[database]\nurl = {url}\n[source]\ndata_dir = {data_dir}\n', "utf-8")
    file.chmod(0o644)
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", str(file))
    monkeypatch.setenv(PASSWORD_VARIABLE, str(stocked_shop.url.password))
    return file


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """The command line of a new workstation."""

    def run_here(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = run_command_line([*arguments, "--home", str(tmp_path / "home")])
        return Outcome(code, *capfd.readouterr())

    return run_here


def log_of(home: Path) -> str:
    return (home / "logs" / "freesport_sync.log").read_text("utf-8")


def test_a_new_workstation_imports_into_the_shop(file: Path, run: Run, stocked_shop: Shop, tmp_path: Path) -> None:
    done = run("--run")
    assert done.code == ExitCode.DONE, done.stderr
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    log = log_of(tmp_path / "home")
    assert "bootstrap_applied" in log
    assert str(file) in log


def test_settings_and_check_say_that_it_was_applied(file: Path, run: Run, tmp_path: Path) -> None:
    settings = run("--settings")
    assert settings.code == ExitCode.DONE
    assert f"Set up by {file}" in " ".join(settings.stdout.split()), "in the language that it names, at once"
    lines = [json.loads(line) for line in run("--settings", "--json").stdout.splitlines()]
    assert lines[-1] | {"params": {}} == {
        "event": "check",
        "code": "bootstrap_applied",
        "is_ok": True,
        "params": {},
        "text": lines[-1]["text"],
    }
    check = run("--check")
    assert check.code == ExitCode.DONE
    assert f"✓ Set up by {file}" in " ".join(check.stdout.split())
    assert log_of(tmp_path / "home").count("bootstrap_applied") == 1


def test_settings_that_were_there_are_kept(file: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text("", "utf-8")
    said = " ".join(run("--settings").stdout.split())
    assert f"Файл первичной настройки {file} не применён: настройки уже были" in said


def test_where_it_is_looked_for_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freesport_sync.services.installation.bootstrap_places", lambda: (Path("/no/bootstrap.toml"),))
    monkeypatch.setattr("freesport_sync.settings.bootstrap.find_bootstrap", lambda: None)
    assert f"ищет его здесь: {Path('/no/bootstrap.toml')}" in " ".join(run("--settings").stdout.split())


def test_nothing_is_imported_elsewhere_because_it_is_wrong(
    file: Path, run: Run, stocked_shop: Shop, tmp_path: Path
) -> None:
    file.write_text(file.read_text("utf-8").replace("[source]", "[sourse]"), "utf-8")
    refused = run("--run")
    assert refused.code == ExitCode.USAGE
    said = " ".join(refused.stderr.split())
    assert "There is no setting sourse" in said or "sourse" in said
    assert f"{file}, line 4" in said
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 100
    assert not (tmp_path / "home" / "postgres").exists(), "not even the private database was started"
    settings = run("--settings")
    assert settings.code == ExitCode.DONE
    assert f"✗ The bootstrap file {file} was not applied" in " ".join(settings.stdout.split())
    assert "bootstrap_refused" in log_of(tmp_path / "home")


def test_a_password_in_it_goes_nowhere(file: Path, run: Run, tmp_path: Path) -> None:
    file.write_text('[database]\nurl = "postgresql://u:tiger@127.0.0.1/shop"\n', "utf-8")
    for arguments in (
        ("--run",),
        ("--run", "--json"),
        ("--settings",),
        ("--check", "--database-url", "postgresql://x/y"),
    ):
        done = run(*arguments)
        assert "tiger" not in done.stdout + done.stderr
    assert run("--run").code == ExitCode.USAGE
    assert "tiger" not in log_of(tmp_path / "home")
    assert not (tmp_path / "home" / "settings.toml").exists()
