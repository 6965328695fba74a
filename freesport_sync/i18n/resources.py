"""Finds the files of `resources/` and `docs/`: inside the package where it is installed or frozen, else beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def resource(*parts: str) -> Path:
    """Path of a file or folder of `resources/`."""
    inside = _PACKAGE / "resources"
    return (inside if inside.is_dir() else _PACKAGE.parent / "resources").joinpath(*parts)


def document(*parts: str) -> Path:
    """Path of a page or picture of `docs/` that comes with the program."""
    inside = _PACKAGE / "docs"
    return (inside if inside.is_dir() else _PACKAGE.parent / "docs").joinpath(*parts)
