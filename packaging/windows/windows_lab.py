"""The folder with Wine, a Windows Python and the frozen program; see `__main__`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from windows_python import REPOSITORY, downloaded, install, lay_in, require_digest

HERE = Path(__file__).parent
DEFAULT_FOLDER = Path(os.environ.get("FREESPORT_WINDOWS_FOLDER", Path.home() / ".cache" / "freesport-sync-windows"))
PACKAGES = "wine,wine64,xvfb,xdotool,scrot,locales,libgnutls30t64,libgl1,libegl1,fonts-dejavu-core"
NEEDED_PROGRAMS = ("mmdebstrap", "osslsigncode", "unshare", "x86_64-w64-mingw32-gcc")


def make(folder: Path, python_zip: Path | None = None, sha256: str | None = None) -> None:
    """Make what is missing in the folder; Python and its packages are laid in anew each time.

    Args:
        python_zip: a package of python.org instead of the Python that tests use.
        sha256: its digest (hex), by somebody to be trusted.

    Raises:
        UntrustedError: nothing of this Python was laid in.
        CalledProcessError: a program failed and has said why.
        FileNotFoundError: a program that is needed is not installed.
    """
    if missing := [program for program in NEEDED_PROGRAMS if shutil.which(program) is None]:
        raise FileNotFoundError(f"not installed: {', '.join(missing)}")
    archive = python_zip or downloaded(folder / "downloads")
    if sha256 is not None:
        require_digest(archive, sha256)
    shutil.rmtree(folder / "python", ignore_errors=True)
    lay_in(archive, folder / "python", vouched=sha256 is not None)
    install(folder / "python", folder / "wheel")
    make_stubs(folder / "stubs")
    make_chroot(folder / "trixie")
    # Wine asks this file, which Debian leaves to the installer, for the name that every Windows knows.
    (folder / "trixie" / "etc" / "hosts").write_text("127.0.0.1 localhost\n", "ascii")


def make_stubs(folder: Path) -> None:
    """Compile the DLLs that stand in for what Wine lacks."""
    folder.mkdir(exist_ok=True)
    for source in (HERE / "stubs").glob("*.c"):
        target = folder / f"{source.stem}.dll"
        subprocess.run(["x86_64-w64-mingw32-gcc", "-O1", "-s", "-shared", "-o", target, source], check=True)


def make_chroot(root: Path) -> None:
    """Install Debian with Wine into a folder, if it is not there yet. Takes two minutes."""
    if root.exists():
        return
    with tempfile.TemporaryDirectory(dir=root.parent) as workshop:
        draft = Path(workshop, "root")
        options = ["--quiet", "--variant=apt", f"--include={PACKAGES}", '--aptopt=APT::Install-Recommends "false"']
        hook = '--customize-hook=chroot "$1" localedef --inputfile ru_RU --charmap UTF-8 ru_RU.UTF-8'
        subprocess.run(["mmdebstrap", *options, hook, "trixie", draft], check=True)
        draft.rename(root)


def freeze(folder: Path) -> None:
    """Build `dist/freesport-sync` from the sources of this repository, which stays as it is. Takes nine minutes."""
    with tempfile.TemporaryDirectory(dir=folder) as workshop:
        folders = [f"--distpath={windows_path(folder / 'dist')}", f"--workpath={windows_path(Path(workshop))}"]
        _run_module(folder, "PyInstaller", "build.spec", "--noconfirm", "--log-level=WARN", *folders)


def test(folder: Path, *options: str) -> None:
    """Run pytest with the sources and tests of this repository. All unit tests take five minutes."""
    _run_module(folder, "pytest", *options)


def _run_module(folder: Path, module: str, *options: str) -> None:
    command = wine(folder, folder / "prefix", windows_path(folder / "python" / "python.exe"), "-B", "-m", module)
    subprocess.run([*command, *options], cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=True)


def wine(folder: Path, prefix: Path, *words: str) -> list[str]:
    """The command that runs a program in a Windows of its own.

    Args:
        prefix: the folder of that Windows.
        words: as `wine.sh` wants them.
    """
    return [str(HERE / "wine.sh"), str(folder), str(prefix), *words]


def windows_path(path: Path) -> str:
    """How a program under Wine names a file of this machine."""
    return "Z:\\host" + str(path.resolve()).replace("/", "\\")
