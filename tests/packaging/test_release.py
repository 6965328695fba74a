"""A release is one folder with everything in it, or nothing at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import release_folder
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from release_folder import NoRelease, release
from sbom import bill_of_materials

from freesport_sync import __version__
from freesport_sync.services.licences import list_components
from tests.program import ROOT

OTHERS = {"python", "server", "windows"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """What a frozen program looks like to the packages: programs, and libraries with their metadata."""
    folder = tmp_path / "built" / "freesport-sync"
    for name in ("freesport-sync", "freesport-sync-window", "freesport-sync-worker"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (lxml,) = (one for one in list_components() if one.name == "lxml")
    metadata = lxml.texts[0].parents[1]
    shutil.copytree(metadata, folder / "_internal" / metadata.name)
    return folder


def test_the_folder_has_packages_bill_licences_and_sums(program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    told = release(folder, {"linux": program}, OTHERS, is_rehearsal=True)
    start = f"freesport-sync-{__version__}"
    assert {file.name for file in folder.iterdir()} == {
        "RELEASE_NOTES.md",
        "SHA256SUMS",
        f"{start}-1.x86_64.rpm",
        f"{start}-linux-licences.txt",
        f"{start}-linux-x86_64.tar.zst",
        f"{start}-linux.cdx.json",
        f"freesport-sync_{__version__}_amd64.deb",
    }
    assert [line.split()[-1] for line in told if "NOT BUILT" in line] == sorted(OTHERS)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)
    listed = subprocess.run(
        ["tar", "--zstd", "-tf", folder / f"{start}-linux-x86_64.tar.zst"], capture_output=True, text=True, check=True
    ).stdout
    assert "freesport-sync/freesport-sync-window\n" in listed
    bill = json.loads((folder / f"{start}-linux.cdx.json").read_text(encoding="utf-8"))
    assert bill["metadata"]["component"]["version"] == __version__
    (lxml,) = (one for one in bill["components"] if one["name"] == "lxml")
    assert lxml["purl"] == f"pkg:pypi/lxml@{lxml['version']}"
    assert {one["name"] for one in lxml["components"]} >= {"libxml2", "libxslt"}
    assert "Copyright (C) 1998-2012 Daniel Veillard" in (folder / f"{start}-linux-licences.txt").read_text("utf-8")


def test_what_fails_halfway_leaves_nothing(program: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(program, broken)
    (broken / "freesport-sync").unlink()
    folder = tmp_path / "releases" / "1"
    with pytest.raises(NoRelease, match="server failed, nothing is left"):
        release(folder, {"linux": program, "server": broken}, {"python", "windows"}, is_rehearsal=True)
    assert list(folder.parent.iterdir()) == []


def test_missing_tools_are_named_before_anything_is_built(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = shutil.which("git")
    assert git is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(NoRelease) as refused:
        release(tmp_path / "releases" / "1", {"linux": program}, {"python"}, is_rehearsal=True)
    for problem in ("zstd is missing: install zstd", "nfpm is missing", "makensis is missing: install nsis"):
        assert problem in str(refused.value)
    assert not (tmp_path / "releases").exists()


@pytest.mark.parametrize(
    ("changelog", "problem"),
    [
        (f"## [Unreleased]\n\n- New.\n\n## [{__version__}] - 2026-11-29\n\n- Old.\n", "has changes under"),
        ("## [Unreleased]\n\n## [9.9.9] - 2026-11-29\n\n- Other.\n", "newest release in CHANGELOG.md is 9.9.9"),
        (f"## [{__version__}] - 2026-11-29\n\n- New.\n", "changed that no commit has"),
    ],
)
def test_refuses_what_is_not_released(
    changelog: str, problem: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources"
    subprocess.run(["git", "init", "--quiet", str(sources)], check=True)
    (sources / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    monkeypatch.setattr(release_folder, "ROOT", sources)
    with pytest.raises(NoRelease, match=problem):
        release(tmp_path / "1", {"linux": program}, OTHERS, is_rehearsal=False)


def test_never_overwrites_a_release(program: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRelease, match="exists already"):
        release(tmp_path, {"linux": program}, OTHERS, is_rehearsal=True)


def test_the_bill_of_the_whole_environment_fits_the_schema() -> None:
    """All libraries of this program, with what their own bills say."""
    components = list_components()
    (place,) = {text.parents[2] for one in components if one.name == "cryptography" for text in one.texts}
    text = bill_of_materials(components, place, __version__, date(2026, 11, 29))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    (cryptography,) = (one for one in json.loads(text)["components"] if one["name"] == "cryptography")
    assert {"OpenSSL (cryptography)", "asn1"} <= {one["name"] for one in cryptography["components"]}


def test_the_script_explains_itself() -> None:
    done = subprocess.run(
        [sys.executable, "packaging/release", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--rehearsal" in done.stdout
