"""What `--print-service` prints: the same arguments as a service, which may do little and knows no password."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from freesport_sync.cli.main import run_command_line
from freesport_sync.errors import ExitCode
from freesport_sync.services import system_service
from freesport_sync.services.systemd_unit import Unit
from tests.platforms import linux_only

SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
on_linux = linux_only("systemd is there")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    code = run_command_line([str(word) for word in arguments])
    shown = capsys.readouterr()
    assert (code, shown.err) == (ExitCode.DONE, "")
    return shown.out


def value(unit: str, name: str) -> str:
    (found,) = re.findall(f"^{name}=(.*)$", unit, re.MULTILINE)
    return str(found)


@on_linux
def test_a_line_break_in_a_path_begins_no_line_of_the_unit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home = tmp_path / "a\n[Service]\nExecStartPre=b"
    unit = printed(capsys, "--work", "--home", home, "--print-service")
    assert unit.count("\n[Service]\n") == 1
    assert "\nExecStartPre" not in unit


@on_linux
def test_a_service_starts_what_it_was_printed_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    home = tmp_path / "Служба 1С"
    options = ("--serve", "--home", home, "--database-url", "postgresql://shop@db/shop", "--operator", "Анна 100%")
    unit = printed(capsys, *options, "--print-service")
    program = [sys.executable, "-m", "freesport_sync"]
    assert shlex.split(value(unit, "ExecStart").replace("%%", "%")) == [
        *program,
        *("--serve", "--home", str(home), "--database-url", "postgresql://shop@db/shop", "--operator", "Анна 100%"),
    ]
    assert value(unit, "ReadWritePaths") == f'"{home}"'
    assert value(unit, "User") != "root"
    assert not home.exists()


@on_linux
def test_a_service_may_be_both(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    unit = printed(capsys, "--work", "--jobs", "2", "--serve", "--home", tmp_path, "--print-service")
    assert value(unit, "ExecStart").endswith(f" --work --serve --jobs 2 --home {tmp_path}")
    assert "# systemctl enable --now freesport-sync-worker-exchange\n" in unit


@on_linux
def test_folders_of_the_settings_may_be_written_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        f'[pictures]\nmedia_root = "/srv/media"\n[backup]\nfolder = "{tmp_path}/copies"\n', "utf-8"
    )
    unit = printed(capsys, "--serve", "--home", tmp_path, "--print-service")
    assert value(unit, "ReadWritePaths").split() == ["/srv/media", str(tmp_path)]


@on_linux
def test_the_owner_of_the_state_runs_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "owner", lambda _: "ivanov")
    assert value(printed(capsys, "--serve", "--home", tmp_path, "--print-service"), "User") == "ivanov"
    monkeypatch.setattr(Path, "owner", lambda _: "root")
    unit = printed(capsys, "--serve", "--home", tmp_path, "--print-service")
    assert value(unit, "User") == system_service.SYSTEM_ACCOUNT
    assert f"# chown -R freesport-sync: {tmp_path}\n" in unit


@on_linux
def test_root_is_nobody_to_run_a_service(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "owner", lambda _: "root")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert run_command_line(["--serve", "--print-service"]) == ExitCode.USAGE
    assert "service_of_root" in capsys.readouterr().err


@on_linux
def test_what_lies_in_homes_stays_visible() -> None:
    unit = Unit("x", ["/opt/freesport-sync/freesport-sync", "--serve"], "shop", [Path("/var/lib/freesport-sync")])
    assert "ProtectHome=yes\nPrivateTmp=yes\n" in unit.to_text()
    home = Unit("x", ["/opt/freesport-sync/freesport-sync", "--serve"], "shop", [Path("/home/ivan/sync")])
    assert "ProtectHome=read-only\nPrivateTmp=yes\n" in home.to_text()
    temporary = Unit("x", ["/tmp/bundle/freesport-sync", "--serve"], "shop", [Path("/srv/sync")])
    assert "ProtectHome=yes\nPrivateTmp=no\n" in temporary.to_text()


@on_linux
def test_a_file_is_written_whole_and_its_commands_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "one.service"
    said = printed(capsys, "--serve", "--home", tmp_path, "--print-service", "--output", file)
    assert "systemctl enable --now freesport-sync-exchange" in said
    assert "[Install]" in file.read_text("utf-8")
    assert os.listdir(tmp_path) == ["one.service"]
    line = json.loads(printed(capsys, "--serve", "--home", tmp_path, "--print-service", "--json"))
    assert (line["event"], line["text"]) == ("service", file.read_text("utf-8"))
    missing = str(tmp_path / "missing" / "one.service")
    assert run_command_line(["--serve", "--home", str(tmp_path), "--print-service", "--output", missing]) == 2
    assert "service_not_saved" in capsys.readouterr().err


def test_a_password_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url = "postgresql://shop:geheim@db/shop"
    assert run_command_line(["--serve", "--home", str(tmp_path), "--print-service", "--database-url", url]) == 2
    shown = capsys.readouterr()
    assert "database_url_password" in shown.err
    assert "geheim" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--print-service"], "--serve"),
        (["--print-service", "--run", "all"], "--run"),
        (["--print-service", "--serve", "--demo"], "--demo"),
        (["--print-service", "--serve", "--stop-with-stdin"], "--stop-with-stdin"),
        (["--print-service", "--serve", "--data-dir", "x"], "--data-dir"),
        (["--output", "x", "--serve"], "--support-package"),
    ],
)
def test_what_is_no_service_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command_line(arguments)
    assert ended.value.code == ExitCode.USAGE
    assert reason in capsys.readouterr().err


def test_a_task_of_windows_survives_every_redirection(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("USERDOMAIN", "FIRMA")
    monkeypatch.setenv("USERNAME", "иванов")
    home, file = tmp_path / "Данные", tmp_path / "task.xml"
    said = printed(capsys, "--serve", "--home", home, "--print-service")
    assert said.isascii()
    root = ElementTree.fromstring(said)
    found = {one.tag.removeprefix(SPACE): one.text for one in root.iter()}
    assert str(found["Arguments"]).endswith(f"--serve --home {home}")
    assert found["ExecutionTimeLimit"] == "PT0S"
    assert [one.text for one in root.iter(f"{SPACE}UserId")] == ["FIRMA\\иванов"] * 2
    answer = printed(capsys, "--serve", "--home", home, "--print-service", "--output", file)
    assert 'schtasks /Create /F /TN "FREESPORT Sync exchange (иванов' in answer
    assert ElementTree.fromstring(file.read_bytes()).find(f"{SPACE}Actions") is not None
    assert file.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
