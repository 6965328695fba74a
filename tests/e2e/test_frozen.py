"""The program as users get it: built by PyInstaller, moved to an awkward folder, without a Python around it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from freesport_sync import os_support
from freesport_sync.errors import ExitCode
from freesport_sync.services.licences import list_components
from tests.databases import shared_folder
from tests.platforms import linux_only

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.timeout(600),  # the build takes half a minute, on a busy machine some
    linux_only("looks into /proc and into an ELF bundle"),
]

REPOSITORY = Path(__file__).parents[2]
DEMO = ("--run", "all", "--demo", "--json")
WITHOUT_COLLECTOR = "import gc; gc.disable(); from PyInstaller.__main__ import run; run()"
"""`python -m PyInstaller`, which keeps all that it makes: a sixth of its time goes into looking for garbage."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
"""Neither a locale nor anything of Python: so a scheduler would start it."""


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The folder of the program; built once for all test processes."""
    root = shared_folder()
    folder = root / "Программа обмена с 1С"
    with os_support.file_lock(root / "bundle.lock", timeout_s=500):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=root) as workshop:
                built = build(Path(workshop))
                # Renamed, not copied: what it would still look for where it was built is no longer there.
                built.rename(folder)
    return folder


@pytest.fixture
def home() -> Iterator[Path]:
    """The program's state. Everybody may pass through, because PostgreSQL does not run as root."""
    with new_home() as folder:
        yield folder


@contextmanager
def new_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="Данные программы ", dir=shared_folder()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def build(workshop: Path) -> Path:
    """Run PyInstaller; nothing lands in the repository or in the user's cache."""
    if shutil.which("objcopy") is None:
        pytest.skip("PyInstaller needs objcopy (package binutils)")
    folders = [f"--distpath={workshop / 'dist'}", f"--workpath={workshop / 'work'}"]
    command = [sys.executable, "-c", WITHOUT_COLLECTOR, "build.spec", "--log-level=ERROR", *folders]
    environment = os.environ | {"PYINSTALLER_CONFIG_DIR": str(workshop / "cache")}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    if "built without a shared library" in done.stderr:
        pytest.skip("PyInstaller needs a Python with a shared library")
    assert done.returncode == 0, done.stderr
    return workshop / "dist" / "freesport-sync"


def run_frozen(program: Path, *arguments: str, home: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Start the program in a folder that tells it nothing."""
    command = [str(program), *arguments, "--home", str(home)]
    environment = ENVIRONMENT | {"HOME": str(home)}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, encoding="utf-8", **options)


def run_unfrozen(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "freesport_sync", *arguments, "--home", str(home)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, encoding="utf-8")


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What a program said with `--json`, and nothing but that."""
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What an import did: counts, issues, files."""
    result = events(done)[-1]
    assert result["event"] == "result"
    return {key: result[key] for key in ("status", "counts", "issue_totals", "files")}


def session_processes(session: int) -> dict[str, set[str]]:
    """Executables that run in a session, with their command lines."""
    found = defaultdict(set)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(process.name)) == session:
                # In this order: a child that is just being started has our executable and our command line.
                command = (process / "cmdline").read_text("utf-8").replace("\0", " ")
                name = Path(os.readlink(process / "exe")).name
                if command:  # a process that is ending has none any more
                    found[name].add(command)
    return found


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


def test_has_the_guide_with_its_pictures(bundle: Path, home: Path) -> None:
    shown = run_frozen(bundle / "freesport-sync", "--help-topic", "undo", home=home)
    assert (shown.returncode, "--undo 12" in shown.stdout) == (ExitCode.DONE, True)
    docs = bundle / "_internal" / "freesport_sync" / "docs"
    expected = {file.name for file in (REPOSITORY / "docs" / "pictures").glob("*.png")}
    assert {file.name for file in (docs / "pictures").iterdir()} == expected


def test_imports_like_the_unfrozen_program(bundle: Path, home: Path) -> None:
    """Demo data, SQL files, migrations and the private server come from the bundle."""
    program, untouched = bundle / "freesport-sync", snapshot(bundle)
    frozen, again = (run_frozen(program, *DEMO, home=home) for _ in range(2))
    with new_home() as other_home:
        unfrozen = run_unfrozen(*DEMO, home=other_home)
        unfrozen_check = run_unfrozen("--check", "--demo", "--json", home=other_home)

    assert frozen.returncode == again.returncode == unfrozen.returncode == ExitCode.DONE
    assert outcome(frozen) == outcome(unfrozen)
    assert all(count["created"] == count["updated"] == 0 for count in outcome(again)["counts"].values())
    check = run_frozen(program, "--check", "--demo", "--json", home=home)
    assert check.returncode == ExitCode.DONE
    assert events(check) == events(unfrozen_check)
    assert any(item["code"] == "schema" and item["params"]["revision"] for item in events(check))
    history = run_frozen(program, "--history", "--demo", home=home)
    assert (history.returncode, history.stderr) == (ExitCode.DONE, "")
    assert "│ 2 │" in history.stdout
    assert not list(home.rglob("postmaster.pid"))
    assert snapshot(bundle) == untouched


def test_shows_the_licence_of_everything_inside(bundle: Path) -> None:
    """Names and texts come along; what is under the LGPL can be replaced, because it is not in the executables."""
    inside = bundle / "_internal"
    components = {one.name: one for one in list_components(inside)}
    assert [one.name for one in components.values() if not (one.licence and one.read_texts())] == []
    assert components["Python"].version == platform.python_version()
    assert components["libxml2"].version
    assert components["pyside6-essentials"].version
    replaceable = {one.replaced for one in components.values() if not one.within} - {""}
    drivers = {"psycopg", "psycopg_binary", "psycopg_pool", "psycopg2"}
    assert replaceable == {"paramiko", "PySide6", "shiboken6"} | drivers
    assert [name for name in replaceable if not (inside / name / "__init__.pyc").is_file()] == []
    tools = {"hypothesis", "mypy", "pyinstaller", "pytest", "ruff"}
    assert not tools & set(components)


def test_workers_are_the_other_executable(bundle: Path, home: Path) -> None:
    command = [str(bundle / "freesport-sync"), *DEMO, "--home", str(home)]
    seen: dict[str, set[str]] = defaultdict(set)
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while process.poll() is None:
            for name, commands in session_processes(process.pid).items():
                seen[name] |= commands
            time.sleep(0.005)

    assert process.returncode == ExitCode.DONE
    assert seen["freesport-sync"] == {" ".join([*command, ""])}
    workers = seen["freesport-sync-worker"]
    assert any(" --multiprocessing-fork " in worker for worker in workers)
    assert any("multiprocessing.resource_tracker" in worker for worker in workers)
    deadline = time.monotonic() + 5
    while session_processes(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not session_processes(process.pid)


def test_needs_no_rights_in_its_own_folder(bundle: Path, home: Path) -> None:
    """Somebody else has installed it."""
    if (account := os_support.unprivileged_account()) is not None:
        os_support.set_owner(home, account)
        identity = {"user": account.user_id, "group": account.group_id, "extra_groups": []}
        done = run_frozen(bundle / "freesport-sync", *DEMO, home=home, **identity)
    else:
        folders = [bundle, *(path for path in bundle.rglob("*") if path.is_dir())]
        try:
            for folder in folders:
                folder.chmod(0o555)
            done = run_frozen(bundle / "freesport-sync", *DEMO, home=home)
        finally:
            for folder in folders:
                folder.chmod(0o755)
    assert done.returncode == ExitCode.DONE
    assert outcome(done)["status"] == "completed"


def test_starts_through_a_link(bundle: Path, home: Path) -> None:
    link = home / "ссылка"
    link.symlink_to(bundle / "freesport-sync")
    done = run_frozen(link, "--help", home=home)
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
    assert "--run" in done.stdout


def test_asks_the_key_store_for_the_password(bundle: Path, home: Path) -> None:
    """keyring finds its back ends by their metadata, which a bundle may lack."""
    done = run_frozen(
        bundle / "freesport-sync", "--check", "--database-url", "postgresql://shop@127.0.0.1:1/shop", home=home
    )
    assert done.returncode == ExitCode.UNREACHABLE
    assert "Traceback" not in done.stderr
    assert list(bundle.glob("_internal/keyring-*.dist-info/entry_points.txt"))


def test_bundle_is_free_of_what_developers_use(bundle: Path) -> None:
    names = {path.name for path in bundle.rglob("*")}
    assert not names & {"__pycache__", "mypy", "hypothesis", "_pytest", "tkinter", "include"}


def test_only_the_window_loads_qt(bundle: Path, home: Path) -> None:
    """A server without a screen lacks what Qt needs of the system."""
    command = [str(bundle / "freesport-sync"), *DEMO, "--home", str(home)]
    loaded: set[str] = set()
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            with suppress(OSError):
                loaded |= set(Path(f"/proc/{process.pid}/maps").read_text("utf-8").split())
    assert process.returncode == ExitCode.DONE
    assert any("psycopg2" in name for name in loaded)
    assert not any("Qt6" in name for name in loaded)


def test_a_worker_runs_what_waits(bundle: Path, home: Path) -> None:
    """What only workers need is there too: the queue, its driver, time zones."""
    program = bundle / "freesport-sync"
    schedule = ("--add-schedule", "backup", "--cron", "0 3 * * *", "--zone", "Europe/Moscow")
    assert run_frozen(program, *schedule, "--demo", home=home).returncode == ExitCode.DONE
    submitted = run_frozen(program, "--submit", "all", "--demo", "--json", home=home)
    assert submitted.returncode == ExitCode.DONE, submitted.stdout
    command = [str(program), "--work", "--demo", "--json", "--home", str(home)]
    environment = ENVIRONMENT | {"HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            left = next(event for event in map(json.loads, process.stdout) if event["event"] == "task_left")
        finally:  # else everybody would wait for a worker that nobody stops
            process.terminate()
        process.communicate(timeout=60)
    assert (left["status"], process.returncode) == ("completed", ExitCode.DONE)
    assert not list(home.rglob("postmaster.pid"))


def wait_for_1c(process: subprocess.Popen[str], home: Path, program: Path) -> None:
    log = home / "logs" / "freesport_sync.log"
    deadline = time.monotonic() + 60
    while "database_found" not in (log.read_text("utf-8") if log.exists() else ""):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    while True:
        probe = run_frozen(program, "--probe-exchange", "--json", home=home, input="password\n")
        if probe.returncode == ExitCode.DONE:
            return
        assert probe.returncode == ExitCode.UNREACHABLE, probe.stdout
        assert time.monotonic() < deadline


def test_the_window_opens_and_serves_1c(bundle: Path, home: Path) -> None:
    """Closed again by the signal with which a desktop ends its programs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "settings.toml").write_text(f"[exchange]\nport = {port}\n", "utf-8")
    (home / "window.ini").write_text("[server]\nautostart=yes\n", "utf-8")
    program = bundle / "freesport-sync"
    assert run_frozen(program, "--set-exchange-password", home=home, input="password\n").returncode == ExitCode.DONE
    environment = ENVIRONMENT | {"HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
    command = [str(bundle / "freesport-sync-window"), "--demo", "--home", str(home)]
    with subprocess.Popen(command, cwd="/", env=environment, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            wait_for_1c(process, home, program)
        finally:  # else everybody would wait for a window that nobody closes
            process.terminate()
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said.replace("This plugin does not support propagateSizeHints()\n", "")) == (0, "")
    assert run_frozen(program, "--probe-exchange", home=home, input="password\n").returncode == ExitCode.UNREACHABLE
