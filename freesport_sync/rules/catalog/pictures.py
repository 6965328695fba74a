"""Decides which pictures are wanted, where they go, and what can be wrong with one (PICTURE-2 to PICTURE-6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from freesport_sync.core.file_names import is_portable

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

PICTURE_FIELD = "Картинка"
"""1C's element, named in issues."""

PRODUCT, VARIANT = "product", "variant"
"""Owners of pictures."""

MAIN_IMAGE_LIMIT = 100
"""Length of `product_variants.main_image`; any picture of a variant may become its main one."""

_FOLDERS = {PRODUCT: "products/base", VARIANT: "products/variants"}


class PictureProblem(StrEnum):
    """Why a picture is not imported; also the code of its row issue."""

    MISSING = "picture_missing"
    UNREADABLE = "picture_unreadable"
    TOO_LARGE = "picture_too_large"
    UNSAFE = "picture_path_unsafe"
    PATH_TOO_LONG = "picture_path_too_long"
    NOT_COPIED = "picture_not_copied"


class NotDeliverable(Exception):
    """One picture cannot be delivered; the run continues without it.

    Args:
        problem: the reason.
        params: of its text.
    """

    def __init__(self, problem: PictureProblem, **params: object) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.params = {name: str(value) for name, value in params.items()}


@dataclass(frozen=True, slots=True)
class PictureRules:
    """Sizes in bytes.

    Args:
        minimum: smaller pictures are skipped.
        large: if an object has a picture of this size, its smaller ones are skipped as thumbnails.
        maximum: larger pictures are refused.
    """

    minimum: int
    large: int
    maximum: int

    def smallest_wanted(self, sizes: Iterable[int]) -> int:
        """Return the minimum size of an object's pictures to import, given the sizes of all of them (PICTURE-3)."""
        return self.large if any(size >= self.large for size in sizes) else self.minimum


def file_name(path: str) -> str:
    """Return the last component of a path; it identifies a picture of an object."""
    return path.rpartition("/")[2]


def is_safe(path: str) -> bool:
    """Return whether a path from a file of 1C stays below its folder and is valid on Windows."""
    return not path.startswith("/") and all(map(is_portable, path.split("/")))


def media_path(owner: str, path: str) -> str:
    """Return the path of a picture below the shop's media root: `01/x.jpg` -> `products/base/01/x.jpg` (PICTURE-2).

    Only the first folder of the path is kept, if there is one.

    Args:
        owner: `product` or `variant`.
        path: below 1C's folder of pictures.
    """
    parts = PurePosixPath(path).parts
    return "/".join((_FOLDERS[owner], *parts[: min(1, len(parts) - 1)], parts[-1]))
