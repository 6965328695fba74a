"""Pictures that arrive in a later batch than the records that name them (EXCHANGE-9)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from freesport_sync.core.issues import RowIssue
from freesport_sync.rules.catalog.pictures import file_name
from freesport_sync.tasks.shop_import.run_folders import RunFolders

_NOTES = "missing_pictures.txt"
"""In the folder of a run: a line for each missing picture, the file that names it, a tab, the picture."""


class LatePictures:
    """The pictures that earlier runs missed, for as long as the files of those runs are kept.

    Args:
        folders: with the files of past runs.
    """

    def __init__(self, folders: RunFolders) -> None:
        self._folders = folders

    def note(self, folder: Path, issues: Iterable[RowIssue]) -> None:
        """Remember the pictures that a run missed.

        Args:
            folder: with the files of the run.
            issues: its row issues about missing pictures.
        """
        _write(folder, {(one.file, one.value) for one in issues})

    def wanted(self, pictures: Iterable[PurePosixPath]) -> dict[str, Path]:
        """The files of earlier runs whose records name these pictures.

        Returns:
            The path in the folder of a new run -> the file.
        """
        names = {picture.name.lower() for picture in pictures}
        files: dict[str, Path] = {}
        for number, folder in enumerate(self._folders.newest_first()):
            found = {(file, path) for file, path in _read(folder) if file_name(path).lower() in names}
            names -= {file_name(path).lower() for _, path in found}
            for name in {file for file, _ in found}:
                files |= {f"{number:05}/{name}": path for path in folder.rglob(PurePosixPath(name).name)}
        return files

    def forget(self, pictures: Iterable[PurePosixPath]) -> None:
        """Forget pictures that are in the shop now."""
        names = {picture.name.lower() for picture in pictures}
        for folder in self._folders.newest_first():
            missed = _read(folder)
            left = {(file, path) for file, path in missed if file_name(path).lower() not in names}
            if left != missed:
                _write(folder, left)


def _read(folder: Path) -> set[tuple[str, str]]:
    try:
        lines = (folder / _NOTES).read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return set()
    return {(file, path) for file, _, path in (line.partition("\t") for line in lines)}


def _write(folder: Path, missed: Iterable[tuple[str, str]]) -> None:
    text = "".join(f"{file}\t{path}\n" for file, path in sorted(missed))
    with suppress(OSError):
        if text:
            (folder / _NOTES).write_text(text, "utf-8")
        else:
            (folder / _NOTES).unlink(missing_ok=True)
