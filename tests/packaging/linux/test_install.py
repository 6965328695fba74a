"""The Linux packages in bare Debians: what they need, install, run, upgrade, remove.

Needs root, mmdebstrap, rpm and the network of Debian's and Python's packages. FREESPORT_PACKAGING_FOLDER keeps the
compiled Python and the bundles from run to run, which saves a quarter of an hour.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from linux_glibc import libraries, needed
from linux_packages import PACKAGE, ROOT, SERVER_PACKAGE, make_packages

from freesport_sync import __version__
from freesport_sync.errors import ExitCode
from tests.packaging.linux.packages import empty_bundle
from tests.packaging.linux.roots import Root, make_root
from tests.platforms import linux_only

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    linux_only("dpkg and rpm run there"),
]

FOLDER_VARIABLE = "FREESPORT_PACKAGING_FOLDER"
LARGEST_DEB = 90_000_000
STATE = "/var/lib/freesport-sync"
AS_SERVICE = f"setpriv --reuid freesport-sync --regid freesport-sync --clear-groups env HOME={STATE}"
DEMO_IMPORT = f"cd /; {AS_SERVICE} freesport-sync --run all --demo --home {STATE}"
DONE_WITH_ROW_ERRORS = ExitCode.ROW_ERRORS


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get(FOLDER_VARIABLE)
    return Path(kept) if kept else tmp_path_factory.mktemp("workshop")


def build_bundle(workshop: Path, edition: str) -> Path:
    bundle = workshop / edition / "freesport-sync"
    if not bundle.exists():
        subprocess.run([str(ROOT / "packaging" / "linux" / "bundle.sh"), str(workshop), edition], check=True)
    return bundle


@pytest.fixture(scope="module")
def window_bundle(workshop: Path) -> Path:
    return build_bundle(workshop, "window")


@pytest.fixture(scope="module")
def server_bundle(workshop: Path) -> Path:
    return build_bundle(workshop, "server")


@pytest.fixture(scope="module")
def window_packages(window_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_packages(window_bundle, tmp_path_factory.mktemp("window"), PACKAGE)


@pytest.fixture(scope="module")
def server_packages(server_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_packages(server_bundle, tmp_path_factory.mktemp("server"), SERVER_PACKAGE)


def bare_debian(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Root:
    folder = tmp_path_factory.mktemp(suite)
    folder.chmod(0o755)
    return make_root(folder, suite)


@pytest.fixture
def bookworm(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """A system with glibc 2.36."""
    return bare_debian("bookworm", tmp_path_factory)


@pytest.fixture
def bullseye(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The oldest that Debian still serves: glibc 2.31."""
    return bare_debian("bullseye", tmp_path_factory)


def known_libraries(root: Root) -> set[str]:
    return {line.split()[0] for line in root.do("ldconfig -p").splitlines()[1:]} | {"ld-linux-x86-64.so.2"}


def test_the_bundles_need_no_newer_glibc(window_bundle: Path, server_bundle: Path) -> None:
    assert max(needed(window_bundle).values()) <= (2, 34)
    assert max(needed(server_bundle).values()) <= (2, 28)
    assert not [path for path in server_bundle.rglob("*") if path.name.startswith(("libQt6", "PySide6", "shiboken6"))]


def test_install_upgrade_remove_purge(
    bookworm: Root, window_bundle: Path, window_packages: list[Path], tmp_path: Path
) -> None:
    """From an older version, which had nothing in it, to this one."""
    deb = window_packages[0]
    assert deb.stat().st_size <= LARGEST_DEB
    older = make_packages(empty_bundle(tmp_path / "bundle", has_window=True), tmp_path, PACKAGE, "0.0.1")[0]
    bookworm.do(f"apt-get update; apt-get install --yes --no-install-recommends {bookworm.bring(older)}", 600)
    assert "freesport-sync:" in (bookworm.folder / "etc/passwd").read_text("utf-8")
    secrets = bookworm.folder / "etc/freesport_sync/environment"
    with secrets.open("a", encoding="utf-8") as file:
        file.write("FREESPORT_SYNC_DB_PASSWORD=kept\n")

    bookworm.do(f"apt-get install --yes {bookworm.bring(deb)}", 600)
    assert "FREESPORT_SYNC_DB_PASSWORD=kept" in secrets.read_text("utf-8")
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert not libraries(window_bundle) - known_libraries(bookworm)
    assert __version__ in bookworm.do("freesport-sync --version")
    assert bookworm.run(DEMO_IMPORT).returncode in (ExitCode.DONE, DONE_WITH_ROW_ERRORS)
    # It ends by itself only if it cannot open.
    window = bookworm.run(
        f"{AS_SERVICE} QT_QPA_PLATFORM=offscreen timeout --signal=TERM 20 freesport-sync-window --demo --home {STATE}"
    )
    assert window.returncode == 124, window.stderr

    bookworm.do(f"apt-get remove --yes {PACKAGE}")
    assert not bookworm.exists("/opt/freesport-sync")
    assert not bookworm.exists("/usr/bin/freesport-sync")
    assert bookworm.exists(f"{STATE}/postgres")
    assert "kept" in secrets.read_text("utf-8")

    bookworm.do(f"apt-get purge --yes {PACKAGE}")
    assert not bookworm.exists(STATE)
    assert not bookworm.exists("/etc/freesport_sync")


def test_the_server_edition_runs_on_an_old_system(
    bullseye: Root, server_bundle: Path, server_packages: list[Path]
) -> None:
    deb = server_packages[0]
    bullseye.do(f"apt-get update; apt-get install --yes --no-install-recommends {bullseye.bring(deb)}", 600)
    assert not libraries(server_bundle) - known_libraries(bullseye)
    assert __version__ in bullseye.do("freesport-sync --version")
    assert bullseye.run(DEMO_IMPORT).returncode in (ExitCode.DONE, DONE_WITH_ROW_ERRORS)
    said = bullseye.run("freesport-sync --language en")
    assert said.returncode == ExitCode.USAGE
    assert "no window" in said.stderr


def test_one_edition_replaces_the_other(bookworm: Root, tmp_path: Path) -> None:
    """Settings and data stay, also when what is left of the former one is purged."""
    window = make_packages(empty_bundle(tmp_path / "window", has_window=True), tmp_path, PACKAGE)[0]
    server = make_packages(empty_bundle(tmp_path / "server", has_window=False), tmp_path, SERVER_PACKAGE)[0]
    # Not its libraries: nothing of it is started.
    bookworm.do("apt-get update; apt-get install --yes --no-install-recommends systemd", 600)
    bookworm.do(f"dpkg --install --force-depends {bookworm.bring(window)}")
    (bookworm.folder / "var/lib/freesport-sync/history").write_text("kept", "utf-8")
    with (bookworm.folder / "etc/freesport_sync/settings.toml").open("a", encoding="utf-8") as file:
        file.write("# kept\n")

    bookworm.do(f"dpkg --install --force-depends --auto-deconfigure --force-confold {bookworm.bring(server)}")
    bookworm.do(f"dpkg --purge {PACKAGE}")
    assert "kept" in (bookworm.folder / "etc/freesport_sync/settings.toml").read_text("utf-8")
    assert bookworm.exists(f"{STATE}/history")
    assert bookworm.exists("/usr/bin/freesport-sync")


def test_the_rpm_installs_upgrades_and_goes(bookworm: Root, server_packages: list[Path], tmp_path: Path) -> None:
    """With Debian's rpm, which knows nothing of the packages there: dependencies are left out."""
    older = make_packages(empty_bundle(tmp_path / "bundle", has_window=False), tmp_path, SERVER_PACKAGE, "0.0.1")[1]
    bookworm.do("apt-get update; apt-get install --yes --no-install-recommends systemd rpm zlib1g libstdc++6", 600)
    bookworm.do(f"rpm --install --nodeps --force-debian {bookworm.bring(older)}")
    with (bookworm.folder / "etc/freesport_sync/settings.toml").open("a", encoding="utf-8") as file:
        file.write("# kept\n")

    bookworm.do(f"rpm --upgrade --nodeps --force-debian {bookworm.bring(server_packages[1])}")
    assert "# kept" in (bookworm.folder / "etc/freesport_sync/settings.toml").read_text("utf-8")
    assert __version__ in bookworm.do("freesport-sync --version")
    assert bookworm.run(DEMO_IMPORT).returncode in (ExitCode.DONE, DONE_WITH_ROW_ERRORS)

    bookworm.do(f"rpm --erase {SERVER_PACKAGE}")
    assert not bookworm.exists("/opt/freesport-sync/freesport-sync")
    assert bookworm.exists(f"{STATE}/postgres")
    shutil.rmtree(bookworm.folder / "var/lib/freesport-sync")
