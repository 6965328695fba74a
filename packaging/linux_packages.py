"""Makes the Linux packages of a bundle: `python packaging/linux_packages.py BUNDLE FOLDER [--server]`.

BUNDLE is what PyInstaller has made (packaging/linux/bundle.sh). FOLDER gets a .deb and a .rpm; with `--server` those of
the edition without a window. What they contain is in packaging/linux/nfpm.yaml.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from changelog import releases

from freesport_sync import __version__

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "packaging" / "linux"
METADATA = "ru.freesport.sync.metainfo.xml"
PACKAGE, SERVER_PACKAGE = "freesport-sync", "freesport-sync-server"
CONFIGURATIONS = {PACKAGE: "nfpm.yaml", SERVER_PACKAGE: "nfpm-server.yaml"}


def make_packages(bundle: Path, folder: Path, package: str, version: str = __version__) -> list[Path]:
    """Make a .deb and a .rpm.

    Args:
        bundle: folder of the frozen program.
        folder: for the packages; must exist.
        package: one of CONFIGURATIONS.
        version: of the program.

    Returns:
        The two files.

    Raises:
        FileNotFoundError: there is no program in the bundle.
        CalledProcessError: nfpm refused; it has said why.
    """
    if not (bundle / "freesport-sync").is_file():
        raise FileNotFoundError(f"{bundle} has no freesport-sync: build it with packaging/linux/bundle.sh")
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / METADATA).write_text(application_metadata(version), "utf-8")
        for name, text in (
            ("CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_text("utf-8")),
            ("changelog.gz", debian_changelog(package, version)),
        ):
            (Path(work) / name).write_bytes(gzip.compress(text.encode(), mtime=0))
        given = {"VERSION": version, "NAME": package, "BUNDLE": str(bundle.absolute()), "WORK": work}
        return [_package(package, kind, folder.absolute(), given) for kind in ("deb", "rpm")]


def application_metadata(version: str = __version__) -> str:
    """AppStream data of the program, with its version and day."""
    text = (SOURCES / METADATA).read_text("utf-8")
    return text.replace("@VERSION@", version).replace("@DATE@", _day().isoformat())


def debian_changelog(package: str, version: str) -> str:
    """What dpkg's tools want to read; people read ours."""
    return (
        f"{package} ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n"
        f" -- FREESPORT <support@freesport.example>  {_day():%a, %d %b %Y} 00:00:00 +0000\n"
    )


def _day() -> date:
    """Of the newest release; today if there is none yet."""
    known = releases((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return known[0].day if known else date.today()


def _package(package: str, kind: str, folder: Path, given: dict[str, str]) -> Path:
    version = given["VERSION"]
    names = {"deb": f"{package}_{version}_amd64.deb", "rpm": f"{package}-{version}-1.x86_64.rpm"}
    file = folder / names[kind]
    command = ["nfpm", "package", "--config", CONFIGURATIONS[package], "--packager", kind, "--target", str(file)]
    subprocess.run(command, cwd=SOURCES, env=os.environ | given, check=True, stdout=sys.stderr)
    return file


def main(arguments: list[str]) -> int:
    """Make what the arguments ask for and print the files."""
    parser = argparse.ArgumentParser(description="Makes the Linux packages of a bundle.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", action="store_true", help="the edition without a window")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for file in make_packages(options.bundle, options.folder, SERVER_PACKAGE if options.server else PACKAGE):
        print(f"{file} {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
