"""A Windows Python is refused if anything in it is not what its publisher has signed."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from signatures import CATALOGUE, UntrustedError, catalogued_digests, verify, verify_signature
from windows_python import downloaded, lay_in, require_digest

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

Lay = Callable[..., Path]


@pytest.fixture(scope="session")
def archive(lab: Path) -> Path:
    return downloaded(lab / "downloads")


@pytest.fixture(scope="session")
def genuine(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that was verified."""
    folder = tmp_path_factory.mktemp("genuine") / "python"
    lay_in(archive, folder)
    return folder


@pytest.fixture
def python(genuine: Path, tmp_path: Path) -> Path:
    """A copy, to be tampered with."""
    return Path(shutil.copytree(genuine, tmp_path / "python"))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as members:
        for path in folder.rglob("*"):
            members.write(path, path.relative_to(folder))
    return archive


def test_the_genuine_one_is_kept_without_what_nobody_has_signed(genuine: Path) -> None:
    names = {path.relative_to(genuine).as_posix() for path in genuine.rglob("*")}
    assert {"python.exe", "python313.dll", "DLLs/_ssl.pyd", "Lib/asyncio/base_events.py", "LICENSE.txt"} <= names
    unwanted = ("Scripts", "tcl", "include", "Lib/site-packages", "Lib/idlelib", "DLLs/_tkinter.pyd")
    assert not [name for name in names if name.startswith(unwanted) or "__pycache__" in name]


@pytest.mark.parametrize("name", ["python313.dll", "python.exe", "DLLs/_ssl.pyd", "Lib/ssl.py", CATALOGUE])
def test_one_changed_bit_is_noticed(python: Path, name: str) -> None:
    flip_a_bit(python / name)
    with pytest.raises(UntrustedError, match=name):
        verify(python, library=True)


@pytest.mark.parametrize("name", ["Lib/sitecustomize.py", "Lib/json/extra.pyc", "DLLs/extra.pyd", "version.dll"])
def test_one_added_file_is_noticed(python: Path, name: str) -> None:
    (python / name).write_bytes(b"import os\n")
    with pytest.raises(UntrustedError, match=name):
        verify(python, library=True)


def test_a_signature_of_somebody_else_does_not_count(python: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = "/O=Python Software Foundation/CN=Python Software Foundation"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-days", "30"]
    make += ["-addext", "extendedKeyUsage=codeSigning", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    signed = python / "signed.exe"
    sign = ["osslsigncode", "sign", "-certs", str(certificate), "-key", str(key)]
    sign += ["-in", str(python / "python.exe"), "-out", str(signed)]
    subprocess.run(sign, check=True, capture_output=True)
    with pytest.raises(UntrustedError, match=r"signed\.exe: its signature is missing or wrong"):
        verify_signature(signed)


def test_nothing_is_laid_in_from_an_archive_with_a_changed_module(python: Path, tmp_path: Path) -> None:
    flip_a_bit(python / "Lib" / "os.py")
    with pytest.raises(UntrustedError, match=r"Lib/os\.py"):
        lay_in(zipped(python, tmp_path / "changed.zip"), tmp_path / "laid" / "python")
    assert list((tmp_path / "laid").iterdir()) == []


def test_a_digest_added_beside_what_is_signed_does_not_count(python: Path) -> None:
    """Bytes after the signed catalogue are ignored or refused, never believed."""
    catalogue = python / CATALOGUE
    added = bytes.fromhex("3031300d060960864801650304020105000420") + b"\x11" * 32
    catalogue.write_bytes(catalogue.read_bytes() + added)
    try:
        known = catalogued_digests(catalogue)
    except (UntrustedError, ValueError):
        return
    assert "11" * 32 not in known


def test_an_embeddable_package_is_taken_if_its_digest_is_known(python: Path, tmp_path: Path) -> None:
    """Its modules lie compiled in a zip of their own, which no catalogue covers."""
    embeddable = tmp_path / "embeddable"
    embeddable.mkdir()
    with zipfile.ZipFile(embeddable / "python313.zip", "w") as modules:
        modules.writestr("os.pyc", b"compiled")
    (embeddable / "python313._pth").write_text("python313.zip\n.\n")
    shutil.copy(python / "python.exe", embeddable)
    archive = zipped(embeddable, tmp_path / "embeddable.zip")

    with pytest.raises(UntrustedError, match=r"python_lib\.cat: missing"):
        lay_in(archive, tmp_path / "refused")
    lay_in(archive, tmp_path / "taken", vouched=True)
    assert sorted(path.name for path in (tmp_path / "taken").rglob("*.*")) == ["os.pyc", "python.exe"]
    with pytest.raises(UntrustedError, match="its SHA-256 is not"):
        require_digest(archive, "0" * 64)
