"""Finds the files of an export's `Картинка`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from freesport_sync.errors import reason_of
from freesport_sync.rules.catalog.pictures import (
    PICTURE_SUFFIXES,
    PRODUCT,
    NotDeliverable,
    PictureProblem,
    file_name,
    is_safe,
)
from freesport_sync.sources.commerceml.folders import (
    MAX_DEPTH,
    PICTURE_FOLDER,
    is_picture_folder,
    listing,
    number_of,
)


def is_packed_picture(path: PurePosixPath) -> bool:
    """Return whether a file in an archive is a picture of the export."""
    folders = (folder.lower() for folder in path.parts[:-1])
    return path.suffix.lower() in PICTURE_SUFFIXES and PICTURE_FOLDER in folders


class _Folder:
    """A folder of pictures.

    Args:
        path: of the folder.
        root: of the export.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root.resolve()
        self.parent = PurePosixPath(path.parent.relative_to(root).as_posix())

    def rank(self, *parents: str) -> int:
        """Return the index of its parent in `parents`, ignoring segment numbers; an empty text matches any."""
        names = [name.lower() for name in self.parent.parts if number_of(name) is None]
        return parents.index(names[-1] if names and names[-1] in parents else "")


class PictureFolders:
    """The folders `import_files` of an export.

    1C puts them beside the goods (3.x) or into the root of the export (2.x); pictures of offers are beside the offers
    or among those of the goods; each segment of goods has its own folder. An exchange that flattens names (PICTURE-1)
    drops the subfolders. The name of the file may differ in case, or in `%20`.

    Args:
        roots: the folder with the unpacked export, and the one that the archives came from.

    Raises:
        SourceMissing: a folder cannot be read.
    """

    def __init__(self, *roots: Path) -> None:
        self._names: dict[Path, dict[str, str]] = {}
        found = [_Folder(folder, root) for root in dict.fromkeys(roots) for folder in _folders(root, MAX_DEPTH + 1)]
        self._of_goods = sorted(found, key=lambda folder: folder.rank("goods", "", "offers"))
        self._of_offers = sorted(found, key=lambda folder: folder.rank("offers", "goods", ""))
        self._beside = cache(self._beside_first)

    def find(self, owner: str, path: str, file: str = "") -> tuple[Path, int] | None:
        """Return the file of a picture and its size, or None.

        Args:
            owner: `product` or `variant`.
            path: below a folder of pictures; checked, see `rules.catalog.pictures.is_safe`.
            file: that lists it, by its path below the root; pictures beside it take precedence.

        Raises:
            NotDeliverable: it is not a readable file inside the export.
        """
        folders = self._beside(owner, str(PurePosixPath(file).parent) if file else "")
        written = dict.fromkeys((path, file_name(path)))
        for folder in folders:
            for below in written:
                if (size := _size_of(folder.path / below, folder.root)) is not None:
                    return folder.path / below, size
        # `%20` for a blank, and `X.JPG` for `x.jpg`, only if no file has the exact name.
        decoded = [name for name in map(unquote, written) if name not in written and is_safe(name)]
        for folder in folders:
            for below in (*decoded, *written):
                place = self._in_any_case(folder.path, below)
                if place is not None and (size := _size_of(place, folder.root)) is not None:
                    return place, size
        return None

    def _beside_first(self, owner: str, parent: str) -> list[_Folder]:
        folders = self._of_goods if owner == PRODUCT else self._of_offers
        return sorted(folders, key=lambda folder: str(folder.parent) != parent)

    def _in_any_case(self, folder: Path, below: str) -> Path | None:
        """Return the path below a folder, ignoring case in every component."""
        for part in below.split("/"):
            if folder not in self._names:
                self._names[folder] = _names_in(folder)
            found = self._names[folder].get(_folded(part))
            if found is None:
                return None
            folder = folder / found
        return folder


def _names_in(folder: Path) -> dict[str, str]:
    """Return folded name -> name of a folder's content; of equal folded names the first."""
    try:
        names = sorted(os.listdir(folder), reverse=True)
    except OSError:  # not a folder
        return {}
    return {_folded(name): name for name in names}


def _folded(name: str) -> str:
    return normalize("NFC", name).casefold()  # macOS decomposes letters such as `й`


def _size_of(path: Path, root: Path) -> int | None:
    try:
        if not os.path.lexists(path):
            return None
        target = path.resolve(strict=True)
        if not target.is_relative_to(root):
            raise NotDeliverable(PictureProblem.UNSAFE)
        if not target.is_file():
            raise NotDeliverable(PictureProblem.UNREADABLE, reason=os.strerror(errno.EISDIR))
        return target.stat().st_size
    except RuntimeError as error:  # a link to itself
        raise NotDeliverable(PictureProblem.UNREADABLE, reason=error) from error
    except OSError as error:
        raise NotDeliverable(PictureProblem.UNREADABLE, reason=reason_of(error)) from error


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    for entry in listing(folder):
        if not entry.is_dir():
            continue
        if is_picture_folder(entry.name):
            yield Path(entry.path)
        elif depth > 1 and not entry.is_symlink():
            yield from _folders(Path(entry.path), depth - 1)
