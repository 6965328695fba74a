"""Prints the exact versions of pyproject.toml as a file for `pip install -c` and `uv tool install -c`.

A wheel says only which libraries it needs; these are the versions that the tests have seen.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def constraints(project: Path = PROJECT) -> str:
    """A line `name==version` for every library, the tools of developers among them."""
    pins = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]
    return "".join(f"{pin}\n" for pin in pins)


if __name__ == "__main__":
    print(constraints(), end="")
