"""The Windows installer can be made and signed, here without Windows; what it does there is in `test_cycle.py`."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import code_signing
import pytest
import windows_setup
from code_signing import NotSigned
from windows_setup import ICON, PROGRAMS, NoSetup, make_setup

from freesport_sync.services.autostart import RUN_VALUE
from freesport_sync.services.import_schedule import ImportSchedule
from freesport_sync.services.worker_task import WorkerTask
from freesport_sync.settings.secrets import KEYRING_SERVICE
from tests.packaging.setup.certificates import PASSWORD, make_certificate

needs_makensis = pytest.mark.skipif(shutil.which("makensis") is None, reason="the package nsis is not installed")
needs_osslsigncode = pytest.mark.skipif(shutil.which("osslsigncode") is None, reason="osslsigncode is not installed")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Files in place of the frozen program; a Cyrillic name, because folders of users have them."""
    folder = tmp_path / "Программа"
    (folder / "_internal").mkdir(parents=True)
    for name in PROGRAMS:
        (folder / name).write_bytes(b"MZ")
    return folder


def test_the_installer_writes_where_the_program_looks() -> None:
    script = windows_setup.SCRIPT.read_text(encoding="utf-8-sig")
    assert f'!define RUN_VALUE "{RUN_VALUE}"' in script
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("USERNAME", "$UserName")
        task, worker = ImportSchedule(None, "").task, WorkerTask(None, "").task
    assert f'!define TASK "{task}"' in script
    assert f'!define WORKER_TASK "{worker}"' in script
    passwords = windows_setup.SCRIPT.with_name("passwords.nsh").read_text(encoding="utf-8-sig")
    assert f'!define SERVICE "{KEYRING_SERVICE}"' in passwords


@needs_makensis
def test_a_setup_is_made(program: Path, tmp_path: Path) -> None:
    setup = make_setup(program, tmp_path / "out", "1.20.3")
    assert setup.name == "freesport-sync-1.20.3-setup.exe"
    content = setup.read_bytes()
    header = struct.unpack_from("<I", content, 0x3C)[0]
    assert struct.unpack_from("<4sH", content, header) == (b"PE\0\0", 0x8664), "for 64 bits"
    for text in ("1.20.3", "FREESPORT Sync", "Установка FREESPORT Sync"):
        assert text.encode("utf-16-le") in content, text
    fixed = content.index(struct.pack("<I", 0xFEEF04BD))  # VS_FIXEDFILEINFO
    assert struct.unpack_from("<4H", content, fixed + 8) == (20, 1, 0, 3), "the version that Windows compares"
    png = ICON.read_bytes()[-1000:]
    assert png in content, "the program's own icon"
    assert b'level="asInvoker"' in content, "no administrator rights"


@needs_makensis
def test_what_is_no_program_is_refused(program: Path, tmp_path: Path) -> None:
    (program / PROGRAMS[1]).unlink()
    with pytest.raises(NoSetup, match=r"freesport-sync-window\.exe missing"):
        make_setup(program, tmp_path, "1.0.0")
    with pytest.raises(NoSetup, match="three numbers"):
        make_setup(program, tmp_path, "1.0rc1")
    assert not list(tmp_path.glob("*.exe"))


def test_a_missing_compiler_is_named(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSetup, match="makensis"):
        make_setup(program, tmp_path, "1.0.0")
    assert windows_setup.main([str(program), str(tmp_path)]) == 1


@needs_makensis
@needs_osslsigncode
def test_setup_and_programs_are_signed(tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, public = make_certificate(tmp_path)
    monkeypatch.setenv(code_signing.CERTIFICATE, str(certificate))
    monkeypatch.setenv(code_signing.PASSWORD, PASSWORD)
    some_program = Path(make_unsigned(tmp_path, program)).read_bytes()
    for name in PROGRAMS:
        (program / name).write_bytes(some_program)
    setup = make_setup(program, tmp_path / "out", "1.0.0")
    for file in (setup, *(program / name for name in PROGRAMS)):
        command = ["osslsigncode", "verify", "-in", str(file), "-CAfile", str(public)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    setup.write_bytes(setup.read_bytes().replace(b"NullsoftInst", b"NullsoftInsT"))
    command = ["osslsigncode", "verify", "-in", str(setup), "-CAfile", str(public)]
    assert subprocess.run(command, capture_output=True).returncode != 0, "a changed setup is not what was signed"


def make_unsigned(tmp_path: Path, program: Path) -> Path:
    """Any program for Windows that is not signed: a setup."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(code_signing.CERTIFICATE)
        return make_setup(program, tmp_path / "unsigned", "1.0.0")


@needs_osslsigncode
def test_a_wrong_password_leaves_the_file(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path)
    file = tmp_path / "some.exe"
    file.write_bytes(b"MZ")
    environment = {code_signing.CERTIFICATE: str(certificate), code_signing.PASSWORD: "wrong"}
    with pytest.raises(NotSigned, match=r"some\.exe"):
        code_signing.sign(file, environment)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["signing.pem", "signing.pfx", "some.exe"]
    assert file.read_bytes() == b"MZ"


def test_the_password_is_no_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments are visible to every user of a computer."""
    tool, seen = tmp_path / "osslsigncode", tmp_path / "seen"
    tool.write_text(
        f'#!/bin/sh\necho "$@" > {seen}\nwhile [ $# -gt 0 ]; do\n'
        f'  [ "$1" = -readpass ] && cat "$2" >> {seen}\n  [ "$1" = -out ] && touch "$2"\n  shift\ndone\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    file = tmp_path / "some.exe"
    file.touch()
    code_signing.sign(file, {code_signing.CERTIFICATE: "a.pfx", code_signing.PASSWORD: PASSWORD})
    arguments, password = seen.read_text().splitlines()
    assert password == PASSWORD
    assert PASSWORD not in arguments
    assert not code_signing.is_wanted({})
