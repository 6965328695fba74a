"""The wheel as a user gets it: installed by uv or pipx, started in a folder that knows nothing of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from constraints import constraints

from freesport_sync import __version__
from freesport_sync.errors import ExitCode
from tests.databases import shared_folder
from tests.program import ROOT, clean_environment

UV = os.environ.get("UV") or shutil.which("uv") or "uv"
"""`uv run` says where it is: it need not be on the PATH."""


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the root folder, with the user's folders elsewhere."""
    return subprocess.run(
        [str(word) for word in command],
        cwd="/",
        env=clean_environment() | environment,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of wheel and source archive, the wheel made of what the archive contains."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(UV, "build", "--quiet", "--out-dir", folder, ROOT)
    assert done.returncode == 0, done.stderr
    (folder / "constraints.txt").write_text(constraints(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return dist / f"freesport_sync-{__version__}-py3-none-any.whl"


def test_the_wheel_has_the_version_and_every_file_that_the_program_reads(wheel: Path, dist: Path) -> None:
    assert {file.name for file in dist.iterdir()} == {
        wheel.name,
        f"freesport_sync-{__version__}.tar.gz",
        ".gitignore",
        "constraints.txt",
    }
    with zipfile.ZipFile(wheel) as archive:
        contents = set(archive.namelist())
        metadata = archive.read(f"freesport_sync-{__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {__version__}\n" in metadata
    places = {"freesport_sync": "freesport_sync"} | included()
    tracked = subprocess.run(["git", "ls-files", *places], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {
        file.replace(source, target, 1)
        for file in tracked.stdout.split()
        for source, target in places.items()
        if file == source or file.startswith(f"{source}/")
    }
    assert contents - {name for name in contents if ".dist-info/" in name} == expected


def included() -> dict[str, str]:
    """Files and folders beside the package that the wheel has inside of it."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    found: dict[str, str] = build["targets"]["wheel"]["force-include"]
    return found


@pytest.fixture
def home() -> Iterator[Path]:
    """The program's state; everybody may pass through, because PostgreSQL does not run as root."""
    with tempfile.TemporaryDirectory(dir=shared_folder()) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_uv_installs_a_program_that_runs_anywhere(wheel: Path, dist: Path, tmp_path: Path, home: Path) -> None:
    programs = tmp_path / "bin"
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(programs)}
    requirement = f"freesport-sync[embedded] @ {wheel.as_uri()}"
    installed = run(UV, "tool", "install", "-c", dist / "constraints.txt", requirement, **folders)
    assert installed.returncode == 0, installed.stderr
    check_program(programs, home)


@pytest.mark.long
def test_pipx_installs_a_program_that_runs_anywhere(wheel: Path, dist: Path, tmp_path: Path, home: Path) -> None:
    programs = tmp_path / "bin"
    folders = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(programs)}
    pins = f"--constraint={dist / 'constraints.txt'}"
    requirement = f"freesport-sync[embedded] @ {wheel.as_uri()}"
    installed = run(UV, "tool", "run", "pipx", "install", f"--pip-args={pins}", requirement, **folders)
    assert installed.returncode == 0, installed.stderr
    check_program(programs, home)


def check_program(programs: Path, home: Path) -> None:
    """Version, demo import with the private server, and the window's program without a screen."""
    version = run(programs / "freesport-sync", "--version")
    assert (version.stdout, version.stderr) == (f"{__version__}\n", "")

    demo = run(programs / "freesport-sync", "--run", "all", "--demo", "--json", "--home", home)
    assert (demo.returncode, demo.stderr) == (ExitCode.DONE, "")
    result = json.loads(demo.stdout.splitlines()[-1])
    assert result["status"] == "completed"
    assert result["counts"]["product"]["created"] > 0
    guide = run(programs / "freesport-sync", "--help-topic", "undo")
    assert (guide.returncode, "--undo 12" in guide.stdout) == (ExitCode.DONE, True)

    if sys.platform == "linux":
        without = {name: "" for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
        window = run(programs / "freesport-sync-window", **without)
        assert (window.returncode, window.stdout) == (ExitCode.USAGE, "")
        assert "экрана" in window.stderr
