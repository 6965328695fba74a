"""This program on Windows without a Windows: Wine in a Debian chroot, and a Windows Python that was verified.

    uv run python packaging/windows make      makes or renews all that is below
    uv run python packaging/windows freeze    builds the program for Windows with PyInstaller
    uv run python packaging/windows test      runs pytest there, with what follows --
    packaging/windows/wine.sh                 runs a program there; see its head
    packaging/windows/prepare                 installs the tools, then makes and freezes

Needs root on a 64-bit Debian, and the packages mmdebstrap, osslsigncode and gcc-mingw-w64-x86-64. In the folder (3 GB):

    trixie/    the chroot               downloads/  the archive of Python   python/  Python with all packages
    stubs/     DLLs that Wine lacks     prefix/     a Windows               dist/    the frozen program
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from signatures import UntrustedError
from windows_lab import DEFAULT_FOLDER, freeze, make, test


def main() -> int:
    parser = argparse.ArgumentParser(prog="packaging/windows", description="This program on Windows without a Windows.")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="where all of it lies (%(default)s)")
    actions = parser.add_subparsers(dest="action", required=True)
    making = actions.add_parser("make", help="make the chroot, lay in the Windows Python and install the packages")
    making.add_argument("--python-zip", type=Path, metavar="FILE", help="a package of python.org instead of the usual")
    making.add_argument("--sha256", help="of FILE, as python.org publishes it; an embeddable package needs it")
    actions.add_parser("freeze", help="build the program with PyInstaller")
    testing = actions.add_parser("test", help="run pytest")
    testing.add_argument("options", nargs="*", help="of pytest, after --")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    try:
        if arguments.action == "make":
            make(folder, arguments.python_zip, arguments.sha256)
        elif arguments.action == "freeze":
            freeze(folder)
        else:
            test(folder, *arguments.options)
    except UntrustedError as error:
        print(f"Not trusted, nothing was laid in: {error}", file=sys.stderr)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        print(f"Failed: {error}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
