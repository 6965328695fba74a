"""The model of pictures: which files there are, and which of them an object shows (PICTURE-1 to PICTURE-7)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import unquote

MINIMUM, LARGE = 8 * 1024, 100 * 1024
MAIN_IMAGE_LIMIT = 100
LONG = f"01/{'l' * 76}.jpg"
"""One letter too much for a variant's main picture."""

FILES = {
    "goods": {
        "01/large.jpg": LARGE,
        "01/nearly.jpg": LARGE - 1,
        "01/medium.png": MINIMUM,
        "02/medium.png": LARGE,
        "01/small.jpg": MINIMUM - 1,
        "01/both.jpg": MINIMUM,
        "02/deep/deep.jpeg": MINIMUM,
        "flat.webp": MINIMUM,
        "01/Two Words.JPG": MINIMUM,
        "01/manual.pdf": LARGE,
        "../secret.jpg": LARGE,
        LONG: MINIMUM,
    },
    "offers": {"01/both.jpg": LARGE, "01/offered.jpg": MINIMUM},
}
"""Folder of an export -> the files below its `import_files`, and their sizes."""


def write_pictures(folder: Path) -> None:
    """All files, once; `send_pictures` makes them a part of exports."""
    for place, files in FILES.items():
        for path, size in files.items():
            file = folder / place / "import_files" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x" * size)


def send_pictures(written: Path, places: Iterable[str], export: Path) -> None:
    """Let an export have the files of some folders."""
    for place in places:
        shutil.copytree(written / place, export / place, copy_function=os.link, dirs_exist_ok=True)


def sizes_of(media: Path) -> dict[str, int]:
    """What a folder of pictures has: path -> size."""
    return {path.relative_to(media).as_posix(): path.stat().st_size for path in media.rglob("*") if path.is_file()}


def picture_paths(texts: Iterable[str]) -> list[str]:
    """The pictures among the `Картинка` of a record, below `import_files`."""
    paths = ["/".join(part for part in re.split(r"[/\\]", text.strip()) if part not in ("", ".")) for text in texts]
    below = [path.removeprefix("import_files/") for path in paths]
    return [path for path in below if path.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))]


def name_of(path: str) -> str:
    """An object shows one picture of a name, wherever it lies."""
    return path.split("/")[-1]


class Pictures:
    """The pictures that a run can deliver.

    Args:
        places: folders of the export that have their files.
        media: path -> size of what the shop's media has; what is delivered comes to it.
    """

    def __init__(self, places: Collection[str], media: dict[str, int]) -> None:
        self._places = places
        self._media = media

    def for_product(self, paths: Iterable[str], shown: Collection[str]) -> list[str]:
        """What a product shows in addition, see `_additional`."""
        return self._additional(paths, shown, "products/base", ("goods", "offers"), None)

    def for_variant(self, paths: Iterable[str], shown: Collection[str], *, are_lent: bool = False) -> list[str]:
        """What a variant shows in addition, see `_additional`; those that its product lends lie beside the goods."""
        places = ("goods", "offers") if are_lent else ("offers", "goods")
        return self._additional(paths, shown, "products/variants", places, MAIN_IMAGE_LIMIT)

    def _additional(
        self, paths: Iterable[str], shown: Collection[str], folder: str, places: tuple[str, ...], limit: int | None
    ) -> list[str]:
        """Of the pictures that there are, the first of each name; where one is large, the smaller are thumbnails.

        Args:
            paths: what 1C lists.
            shown: what the shop shows already.
            folder: where they lie in the shop's media.
            places: where they lie in the export, the first goes first.
            limit: how long a path in the shop's media may be.
        """
        there: dict[str, tuple[str, int]] = {}
        for path in paths:
            *folders, name = path.split("/")
            relative = "/".join([folder, *folders[:1], name])
            size = self._size(path, relative, places)
            if ".." not in folders and size is not None and (limit is None or len(relative) <= limit):
                there.setdefault(name, (relative, size))
        smallest = LARGE if any(size >= LARGE for _, size in there.values()) else MINIMUM
        names_shown = {name_of(path) for path in shown}
        new = {
            relative: size for name, (relative, size) in there.items() if size >= smallest and name not in names_shown
        }
        self._media.update(new)
        return list(new)

    def _size(self, path: str, relative: str, places: tuple[str, ...]) -> int | None:
        """Of the file that 1C sends, with its folders or (PICTURE-1) without, else of what the shop has.

        The very name goes first; then one without percents, then one in other letters.
        """
        names = [path, name_of(path)]
        present = [(place, name) for place in places if place in self._places for name in FILES[place]]
        for place in places:
            for name in names:
                if (place, name) in present:
                    return FILES[place][name]
        for wanted_place in places:
            for name in [unquote(name) for name in names if "%" in name] + names:
                for place, file in present:
                    if place == wanted_place and file.lower() == name.lower():
                        return FILES[place][file]
        return self._media.get(relative)
