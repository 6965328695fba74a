"""What the tests of the Linux packages share: packages of a bundle that has nothing in it, and how to look inside."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("freesport-sync", "freesport-sync-window", "freesport-sync-worker")


def empty_bundle(folder: Path, has_window: bool) -> Path:
    """A folder as PyInstaller makes it; its programs do nothing."""
    (folder / "_internal").mkdir(parents=True)
    (folder / "_internal" / "libfreesport.so").touch()
    for name in PROGRAMS if has_window else (PROGRAMS[0], PROGRAMS[2]):
        (folder / name).write_text("#!/bin/sh\n", "utf-8")
        (folder / name).chmod(0o755)
    return folder


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or link of a package.

    Attributes:
        mode: as `ls` writes it.
        owner: `root/root`.
        target: of a link, else empty.
    """

    mode: str
    owner: str
    target: str


def contents(package: Path) -> dict[str, Entry]:
    """What a .deb installs, by absolute path."""
    found = {}
    for line in output("dpkg-deb", "--contents", str(package)).splitlines():
        mode, owner, _, _, _, name = line.split(maxsplit=5)
        path, _, target = name.partition(" -> ")
        found[path.removeprefix(".").rstrip("/")] = Entry(mode, owner, target)
    return found


def output(*command: str) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
