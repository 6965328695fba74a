"""Says how new a glibc a bundle needs: `python packaging/linux_glibc.py BUNDLE [--highest 2.34]`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Version = tuple[int, ...]

_SYMBOL = re.compile(r"\(?GLIBC_(\d+(?:\.\d+)+)\)?")
_ELF = b"\x7fELF"


def needed(bundle: Path) -> dict[Path, Version]:
    """The version of glibc that each program and library of a folder needs; those that need none are left out.

    Raises:
        CalledProcessError: objdump (package binutils) cannot read a file.
    """
    found = {file: _needed_by(file) for file in _binaries(bundle)}
    return {file: version for file, version in found.items() if version}


def libraries(bundle: Path) -> set[str]:
    """Names of the libraries that a bundle uses and does not carry."""
    carried = {file.name for file in bundle.rglob("*") if not file.is_dir()}
    return {name for file in _binaries(bundle) for name in re.findall(r"NEEDED +(\S+)", _objdump("-p", file))} - carried


def _binaries(bundle: Path) -> Iterator[Path]:
    for file in sorted(bundle.rglob("*")):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                if opened.read(len(_ELF)) == _ELF:
                    yield file


def _needed_by(file: Path) -> Version:
    versions = _SYMBOL.findall(_objdump("-T", file))
    return max((tuple(map(int, version.split("."))) for version in versions), default=())


def _objdump(option: str, file: Path) -> str:
    command = ["objdump", option, str(file)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def main(arguments: list[str]) -> int:
    """Print what needs the newest glibc; returns 1 if it is newer than allowed."""
    parser = argparse.ArgumentParser(description="Says how new the C library must be that a bundle runs with.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--highest", help="version that must do, as 2.34")
    options = parser.parse_args(arguments)
    found = needed(options.bundle)
    newest = max(found.values())
    print(f"glibc {'.'.join(map(str, newest))}, for {', '.join(file.name for file in found if found[file] == newest)}")
    if options.highest is None or newest <= tuple(map(int, options.highest.split("."))):
        return 0
    print(f"{options.bundle} must run with glibc {options.highest}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
