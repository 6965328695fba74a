"""What is in the Linux packages; the bundle in them is an empty one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from linux_packages import PACKAGE, SERVER_PACKAGE, SOURCES, application_metadata, make_packages

from freesport_sync import __version__
from freesport_sync.cli.arguments import build_parser
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.environment import refuse_unknown_variables
from freesport_sync.settings.loading import load_settings
from freesport_sync.tasks.registry import TASKS
from tests.packaging.linux.packages import contents, empty_bundle, output
from tests.platforms import linux_only

pytestmark = linux_only("dpkg and systemd are its programs")

SERVICES = ("freesport-sync-exchange.service", "freesport-sync-import.service", "freesport-sync-worker.service")
UNITS = (*SERVICES, "freesport-sync-import.timer")
OPTIONS = {"$IMPORT_OPTIONS": "--pull", "$WORKER_OPTIONS": "--jobs 2"}
HIGHEST_EXPOSURE = 2.0
"""Of 10, as `systemd-analyze security` counts."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .deb with the window."""
    folder = tmp_path_factory.mktemp("package")
    return make_packages(empty_bundle(folder / "bundle", has_window=True), folder, PACKAGE)[0]


@pytest.fixture(scope="module")
def server_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .deb without it."""
    folder = tmp_path_factory.mktemp("server")
    return make_packages(empty_bundle(folder / "bundle", has_window=False), folder, SERVER_PACKAGE)[0]


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A folder with the units; what they start exists."""
    for unit in UNITS:
        text = (SOURCES / "units" / unit).read_text("utf-8")
        (tmp_path / unit).write_text(text.replace("ExecStart=/usr/bin/freesport-sync", "ExecStart=/bin/true"), "utf-8")
    return tmp_path


def field(package: Path, name: str) -> str:
    return output("dpkg-deb", "--field", str(package), name).strip()


def test_the_package_has_everything_at_its_place(package: Path) -> None:
    found = contents(package)
    assert found["/opt/freesport-sync/freesport-sync"].mode == "-rwxr-xr-x"
    assert "/opt/freesport-sync/_internal/libfreesport.so" in found
    for program in ("freesport-sync", "freesport-sync-window"):
        assert found[f"/usr/bin/{program}"].target == f"/opt/freesport-sync/{program}"
    assert {f"/usr/lib/systemd/system/{unit}" for unit in UNITS} < set(found)
    assert "/usr/share/applications/freesport-sync.desktop" in found
    assert "/usr/share/icons/hicolor/scalable/apps/freesport-sync.svg" in found
    assert "/usr/share/metainfo/ru.freesport.sync.metainfo.xml" in found
    for name in ("copyright", "changelog.gz", "CHANGELOG.md.gz"):
        assert f"/usr/share/doc/freesport-sync/{name}" in found
    assert {entry.owner for entry in found.values()} == {"root/root"}
    assert field(package, "Version") == __version__


def test_what_an_administrator_edits_is_kept(package: Path) -> None:
    files = set(output("dpkg-deb", "--info", str(package), "conffiles").split())
    assert files == {"/etc/freesport_sync/environment", "/etc/freesport_sync/settings.toml"}
    assert contents(package)["/etc/freesport_sync/environment"].mode == "-rw-------"  # has passwords


def test_the_server_edition_differs_by_the_window_alone(package: Path, server_package: Path) -> None:
    with_window = {name.replace("/doc/freesport-sync", "/doc/freesport-sync-server") for name in contents(package)}
    without = set(contents(server_package))
    assert without < with_window
    assert all(re.search("window|/applications|/icons|/metainfo", name) for name in with_window - without)
    assert set(dependencies(server_package)) - set(dependencies(package)) == {"libc6 (>= 2.28)", "libgcc-s1 | libgcc1"}
    for one, other in ((package, SERVER_PACKAGE), (server_package, PACKAGE)):
        assert field(one, "Conflicts") == field(one, "Replaces") == other


def dependencies(package: Path) -> list[str]:
    return field(package, "Depends").split(", ")


def test_a_folder_without_the_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"bundle\.sh"):
        make_packages(tmp_path, tmp_path, PACKAGE)


def test_systemd_understands_the_units(units: Path) -> None:
    command = ["systemd-analyze", "verify", "--man=no", *(str(units / unit) for unit in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if str(units) in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_little(units: Path, service: str) -> None:
    limit = f"--threshold={round(HIGHEST_EXPOSURE * 10)}"
    output("systemd-analyze", "security", "--offline=yes", limit, "--no-pager", str(units / service))


@pytest.fixture(params=[("--serve",), ("--work", "--jobs", "2"), ("--work", "--serve")], ids=" ".join)
def printed_unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What `--print-service` makes of these options; what it starts exists."""
    command = ["--language", "en", *request.param, "--home", str(tmp_path / "state of 100%"), "--print-service"]
    text = output(sys.executable, "-m", "freesport_sync", *command)
    file = tmp_path / "printed.service"
    file.write_text(text, "utf-8")
    return file


def test_systemd_understands_a_printed_unit_which_may_do_little(printed_unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", printed_unit], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if printed_unit.name in line]
    assert (done.returncode, complaints) == (0, []), done.stderr
    limit = f"--threshold={round(HIGHEST_EXPOSURE * 10)}"
    output("systemd-analyze", "security", "--offline=yes", limit, "--no-pager", str(printed_unit))


@pytest.mark.parametrize("service", SERVICES)
def test_a_printed_unit_may_do_no_more_than_that_of_the_package(printed_unit: Path, service: str) -> None:
    ours = protection(printed_unit.read_text("utf-8")) | {"ProtectHome=yes", "PrivateTmp=yes"}
    assert protection((SOURCES / "units" / service).read_text("utf-8")) <= ours


def protection(unit: str) -> set[str]:
    """The lines that limit a service."""
    pattern = r"^(?:Protect|Private|Proc|No|Cap|Amb|Lock|Restrict|Remove|System|UMask|Kill|Timeout)\w+=.*$"
    return set(re.findall(pattern, unit, re.MULTILINE))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("has_options", [False, True])
def test_a_service_starts_what_the_program_knows(service: str, has_options: bool) -> None:
    unit = (SOURCES / "units" / service).read_text("utf-8")
    (line,) = re.findall("^ExecStart=/usr/bin/freesport-sync (.*)$", unit, re.MULTILINE)
    words = [(OPTIONS[word] if has_options else "") if word in OPTIONS else word for word in line.split()]
    arguments = " ".join(words).split()
    parsed = build_parser(Texts(Language.ENGLISH), False, TASKS).parse_args(arguments)
    assert str(parsed.home) == "/var/lib/freesport-sync"
    assert (parsed.serve, parsed.work, parsed.run) == (
        "exchange" in service,
        "worker" in service,
        "all" if "import" in service else None,
    )


def test_the_settings_that_the_file_suggests_are_valid(tmp_path: Path) -> None:
    suggested = re.sub(r"^# (?=\[|\w+ = )", "", (SOURCES / "settings.toml").read_text("utf-8"), flags=re.MULTILINE)
    assert set(tomllib.loads(suggested)) == {"database", "source", "exchange"}
    (tmp_path / "settings.toml").write_text(suggested, "utf-8")
    assert load_settings(tmp_path / "settings.toml").exchange.host == "0.0.0.0"


def test_the_variables_that_the_file_suggests_are_known() -> None:
    suggested = re.findall(r"^#(\w+)=", (SOURCES / "environment").read_text("utf-8"), re.MULTILINE)
    assert len(suggested) == 4
    refuse_unknown_variables((), dict.fromkeys(suggested, "x"))


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_a_script_is_one_for_every_shell(script: str) -> None:
    output("sh", "-n", str(SOURCES / "scripts" / script))


def test_the_menu_entry_is_valid() -> None:
    assert output("desktop-file-validate", str(SOURCES / "freesport-sync.desktop")) == ""


def test_the_data_for_software_centres_are_valid(tmp_path: Path) -> None:
    file = tmp_path / "ru.freesport.sync.metainfo.xml"
    file.write_text(application_metadata(), "utf-8")
    output("appstreamcli", "validate", "--no-net", str(file))
    assert f'version="{__version__}"' in file.read_text("utf-8")
