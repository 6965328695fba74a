"""Makes the Windows installer: `python packaging/windows_setup.py PROGRAM_FOLDER OUTPUT_FOLDER`.

PROGRAM_FOLDER is what `pyinstaller build.spec` made on Windows. Needs makensis 3 (Debian: `nsis`), which runs anywhere.
With a certificate in the environment, see `code_signing`, our programs, the uninstaller and the setup are signed.
"""

from __future__ import annotations

import argparse
import re
import struct
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import code_signing
from tools import ToolFailed, run_tool

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "packaging" / "windows" / "installer" / "installer.nsi"
ICON = ROOT / "resources" / "icons" / "program.ico"
PROGRAMS = ("freesport-sync.exe", "freesport-sync-window.exe", "freesport-sync-worker.exe")
LIGHT, DARK = (0xEB, 0x63, 0x25), (0x8A, 0x3A, 0x1E)
"""Blue, green, red."""
COMPILE_LIMIT_S = 1800
"""Compressing 200 MB takes five minutes on two cores."""


class NoSetup(Exception):
    """The setup was not made."""


def make_setup(program: Path, output: Path, version: str) -> Path:
    """Compile the installer.

    Args:
        program: the folder of the frozen program.
        output: folder for the setup; created if missing.
        version: `1.2.3`; Windows compares its numbers.

    Returns:
        The setup.

    Raises:
        NoSetup: the folder is not the program, or makensis failed.
        NotSigned: see `code_signing.sign`.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise NoSetup(f"the version has to be three numbers, not {version}")
    missing = [name for name in PROGRAMS if not (program / name).is_file()]
    if missing:
        raise NoSetup(f"not the frozen program for Windows, {', '.join(missing)} missing: {program}")
    output.mkdir(parents=True, exist_ok=True)
    setup = output.absolute() / f"freesport-sync-{version}-setup.exe"
    if code_signing.is_wanted():
        for name in PROGRAMS:
            code_signing.sign(program / name)
    with tempfile.TemporaryDirectory() as workshop:
        panel = Path(workshop, "panel.bmp")
        panel.write_bytes(_panel())
        _compile(_definitions(program, setup, panel, version))
    return setup


def _definitions(program: Path, setup: Path, panel: Path, version: str) -> dict[str, str]:
    definitions = {
        "VERSION": version,
        "PAYLOAD": str(program.absolute()),
        "SIZE_KB": str(sum(file.stat().st_size for file in program.rglob("*") if file.is_file()) // 1024),
        "ICON": str(ICON),
        "PANEL": str(panel),
        "OUT": str(setup),
    }
    if code_signing.is_wanted():
        definitions["SIGN"] = f'"{sys.executable}" "{code_signing.__file__}"'
    return definitions


def _panel() -> bytes:
    """The picture at the left of the first and the last page, in the colours of the icon; NSIS has one of its own."""
    width, height = 164, 314
    rows = []
    for row in range(height):  # from below
        share = row / height
        color = bytes(round(dark + share * (light - dark)) for dark, light in zip(DARK, LIGHT, strict=True))
        rows.append(color * width)  # a row has a multiple of four bytes
    pixels = b"".join(rows)
    header = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    return header + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0) + pixels


def _compile(definitions: Mapping[str, str]) -> None:
    command = ["makensis", "-V2", "-WX", *(f"-D{name}={value}" for name, value in definitions.items()), str(SCRIPT)]
    try:
        run_tool(command, COMPILE_LIMIT_S)
    except ToolFailed as error:
        raise NoSetup(str(error)) from error


def main(arguments: Sequence[str]) -> int:
    """Make it and say where it is; returns the exit code."""
    sys.path.insert(0, str(ROOT))
    from freesport_sync import __version__

    parser = argparse.ArgumentParser(description="Makes the Windows installer.")
    parser.add_argument("program", type=Path, help="folder of the frozen program")
    parser.add_argument("output", type=Path, help="folder for the setup")
    options = parser.parse_args(arguments)
    try:
        setup = make_setup(options.program, options.output, __version__)
    except (NoSetup, code_signing.NotSigned) as error:
        print(f"No setup: {error}", file=sys.stderr)
        return 1
    print(f"{setup} ({setup.stat().st_size / 1_000_000:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
