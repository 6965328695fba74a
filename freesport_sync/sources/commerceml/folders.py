"""Lists the folders of an export down to a reasonable depth (FILE-5)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from freesport_sync.errors import SourceMissing, reason_of

MAX_DEPTH = 8
"""Depth below the root that is searched; 1C's own tree has four levels: `webdata/000000001/goods/1/import___….xml`."""

MAX_ENTRIES = 1_000_000
"""Maximum of names in all folders; with more it is not an export but a whole disk."""

PICTURE_FOLDER = "import_files"

_NUMBER = re.compile(r"0*(\d{1,5})")
"""Number of a catalogue (`000000001`) or segment (`1`), but not the date of a backup (`20250102`)."""


def is_too_deep(folder: PurePosixPath) -> bool:
    """Return whether a folder, by its path below the root, is too deep to be searched."""
    return len(folder.parts) > MAX_DEPTH


def is_picture_folder(name: str) -> bool:
    """Return whether this is a folder of pictures, with tens of thousands of files."""
    return name.lower() == PICTURE_FOLDER


def number_of(folder: str) -> int | None:
    """Return the number of a catalogue or segment by its folder's name, or None."""
    match = _NUMBER.fullmatch(folder)
    return int(match[1]) if match else None


def xml_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every XML file below a folder, with the reason to skip it or an empty text.

    Also yields what is not searched and may contain some: folders that are links out of the root or too deep, and
    archives outside the root.

    Raises:
        SourceMissing: a folder cannot be read, or there are too many names.
    """
    yield from _FolderWalk(root).below(root, 0)


class _FolderWalk:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._real_root = root.resolve()
        self._entries = 0

    def below(self, folder: Path, depth: int) -> Iterator[tuple[Path, str]]:
        for entry in self._listing(folder):
            path, name = Path(entry.path), entry.name.lower()
            if name.endswith(".xml"):
                problem = self._link_problem(path) if entry.is_symlink() else ""
                yield path, problem or ("" if entry.is_file() else "not_a_file")
            elif name.endswith(".zip") and depth > 0 and entry.is_file():
                yield path, "archive_inside"
            elif not is_picture_folder(folder.name) and _is_folder(entry):
                yield from self._folder(path, entry.is_symlink(), depth + 1)

    def _folder(self, path: Path, is_link: bool, depth: int) -> Iterator[tuple[Path, str]]:
        if problem := self._link_problem(path):  # also a Windows junction, which is no symlink
            yield path, problem
        elif is_link:
            return  # the target of a link inside the root is found anyway
        elif depth > MAX_DEPTH and not is_picture_folder(path.name):
            yield path, "too_deep"
        elif depth <= MAX_DEPTH:
            yield from self.below(path, depth)

    def _listing(self, folder: Path) -> list[os.DirEntry[str]]:
        found = listing(folder)
        self._entries += len(found)
        if self._entries > MAX_ENTRIES:
            raise SourceMissing("folder_too_large", path=str(self._root), limit=MAX_ENTRIES)
        return found

    def _link_problem(self, path: Path) -> str:
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: a link to itself
            return "symlink_broken"
        return "" if target.is_relative_to(self._real_root) else "symlink_outside"


def listing(folder: Path) -> list[os.DirEntry[str]]:
    """List a folder, sorted by name.

    Raises:
        SourceMissing: it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SourceMissing("file_unreadable", path=str(folder), reason=reason_of(error)) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that cannot be followed
        return False
