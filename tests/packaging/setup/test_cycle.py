"""The setup on Windows, with small programs in place of ours: install, upgrade, refuse, kill, repair, remove."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.packaging.setup.machine import ENVIRONMENT, OWN, RUN, RUN_ONCE, SERVER, UNINSTALL, Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

OLD, NEW = "1.0.0", "1.1.0"
LONG = ";".join(rf"C:\tools\folder{number:03}" for number in range(60))
"""A PATH of 1,139 characters."""
RUNNING, FOREIGN_FOLDER, NO_TASK = 3, 5, 6
LATER = 1.15
"""Than the kill before."""


def test_it_is_installed_upgraded_and_removed(machine: Machine) -> None:
    assert machine.install(OLD) == 0
    assert machine.version == OLD
    assert machine.menu_link.exists()
    assert not machine.desktop_link.exists()
    entry = machine.registry(UNINSTALL)
    assert entry["DisplayVersion"] == OLD
    assert entry["QuietUninstallString"].endswith(r'\uninstall.exe" /S')
    assert int(entry["EstimatedSize"], 16) > 1000
    assert machine.registry(ENVIRONMENT)["Path"] == machine.app
    assert "FREESPORT Sync" not in machine.registry(RUN)
    machine.data.mkdir()
    settings = machine.data / "settings.toml"
    settings.write_text("mine", "utf-8")
    assert machine.install(NEW) == 0
    assert machine.version == NEW
    assert machine.registry(UNINSTALL)["DisplayVersion"] == NEW
    assert machine.registry(ENVIRONMENT)["Path"] == machine.app
    assert sorted(path.name for path in machine.folder.iterdir()) == ["app", "uninstall.exe"]
    assert machine.uninstall() == 0
    assert not machine.folder.exists()
    assert not machine.menu_link.exists()
    assert settings.read_text("utf-8") == "mine"
    for key in (UNINSTALL, OWN):
        assert machine.registry(key) == {}
    assert "Path" not in machine.registry(ENVIRONMENT)


def test_what_was_chosen_stays_until_it_is_chosen_otherwise(machine: Machine) -> None:
    machine.data.mkdir()
    calls = machine.data / "calls.txt"
    assert machine.install(OLD, "/DESKTOP=1", "/AUTOSTART=1", "/PATH=0", "/TASK=03:30", "/WORKER=1") == 0
    assert machine.desktop_link.exists()
    command = rf'"{machine.app}\freesport-sync-window.exe" --tray'
    assert machine.registry(RUN)["FREESPORT Sync"] == command
    assert "Path" not in machine.registry(ENVIRONMENT)
    schedule, worker = calls.read_text().splitlines()
    assert schedule == "--schedule-import 03:30"
    assert worker.startswith("--work --print-service --output ")
    assert machine.install(NEW) == 0
    assert machine.desktop_link.exists()
    assert machine.registry(RUN)["FREESPORT Sync"] == command
    assert "Path" not in machine.registry(ENVIRONMENT)
    assert calls.read_text().count("--schedule-import") == 1, "the time that the user may have changed stays"
    assert calls.read_text().count("--work --print-service") == 2, "the worker is that of the new program"
    assert machine.install(NEW, "/WORKER=0") == 0
    assert calls.read_text().count("--work --print-service") == 2
    assert machine.install(NEW, "/DESKTOP=0", "/AUTOSTART=0", "/PATH=1") == 0
    assert not machine.desktop_link.exists()
    assert "FREESPORT Sync" not in machine.registry(RUN)
    assert machine.registry(ENVIRONMENT)["Path"] == machine.app
    assert machine.install(NEW, "/AUTOSTART=1", "/DESKTOP=1", "/TASK=99:99") == NO_TASK
    assert machine.version == NEW
    assert machine.uninstall() == 0
    assert "FREESPORT Sync" not in machine.registry(RUN)
    assert not machine.desktop_link.exists()


@pytest.mark.parametrize(
    "program", ["freesport-sync.exe", "freesport-sync-window.exe", "freesport-sync-worker.exe", SERVER]
)
def test_what_runs_is_not_replaced(machine: Machine, program: str) -> None:
    assert machine.install(OLD) == 0
    with machine.running(program):
        assert machine.install(NEW) == RUNNING
        assert machine.version == OLD
        assert not (machine.folder / "app.new").exists()
        assert machine.uninstall() == RUNNING
        assert machine.version == OLD
        assert machine.menu_link.exists()
        assert machine.registry(UNINSTALL)["DisplayVersion"] == OLD
    assert machine.install(NEW) == 0
    assert machine.version == NEW


def test_two_setups_do_not_meet(machine: Machine) -> None:
    assert machine.install(OLD) == 0
    copy = machine.windows.drive_c / "other.exe"
    shutil.copy(machine.folder / "app" / "freesport-sync.exe", copy)
    with machine.running(r"..\..\..\..\..\..\..\other.exe", "hold"):
        assert machine.install(NEW) == RUNNING
        assert machine.uninstall() == RUNNING
        assert machine.version == OLD
    assert machine.install(NEW) == 0


def test_killed_at_any_moment_it_leaves_a_whole_program(machine: Machine) -> None:
    """Upgrades to and fro, each killed a little later than the one before, until one is over before it is killed."""
    assert machine.install(OLD) == 0
    seconds, left = 0.01, Counter[str]()
    has_ended = False
    while not has_ended:
        before = machine.version
        has_ended = machine.killed_after(NEW if before == OLD else OLD, seconds)
        seconds *= LATER
        if machine.version is None:
            machine.heal()
            left["healed"] += 1
        after = machine.version
        assert after in (OLD, NEW)
        left["old" if after == before else "new"] += 1
    assert left["old"] > 0, left
    assert left["new"] > 0, left
    machine.heal()
    assert machine.version in (OLD, NEW)
    assert machine.install(NEW) == 0
    assert machine.version == NEW
    assert sorted(path.name for path in machine.folder.iterdir()) == ["app", "uninstall.exe"]
    assert "freesport-sync" not in machine.registry(RUN_ONCE)


@pytest.mark.parametrize("is_logon", [True, False])
def test_between_the_renames_the_old_program_comes_back(machine: Machine, is_logon: bool) -> None:
    """The moment is too short to hit it: as a setup that was killed there leaves it."""
    assert machine.install(OLD) == 0
    (machine.folder / "app").rename(machine.folder / "app.old")
    shutil.copytree(machine.folder / "app.old", machine.folder / "app.new")
    healing = rf'"{machine.app[:-4]}\uninstall.exe" /S /HEAL _?={machine.app[:-4]}'
    assert machine.windows.run("reg", "add", RUN_ONCE, "/v", "freesport-sync", "/d", healing, "/f").returncode == 0
    if is_logon:
        machine.heal()
    else:
        # A setup that is refused has healed nevertheless.
        with machine.running("../app.old/freesport-sync.exe"):
            assert machine.install(NEW) == RUNNING
    assert machine.version == OLD
    assert sorted(path.name for path in machine.folder.iterdir()) == ["app", "uninstall.exe"]
    assert "freesport-sync" not in machine.registry(RUN_ONCE)


def test_setup_repairs(machine: Machine) -> None:
    assert machine.install(OLD) == 0
    (machine.folder / "app" / "freesport-sync.exe").unlink()
    (machine.folder / "app" / "_internal" / "часть 7.dat").write_bytes(b"")
    machine.menu_link.unlink()
    assert machine.install(OLD) == 0
    assert machine.version == OLD
    assert machine.menu_link.exists()


def test_the_path_is_changed_with_care(machine: Machine) -> None:
    machine.set_path(LONG)
    assert machine.install(OLD) == 0
    assert machine.registry(ENVIRONMENT)["Path"] == LONG
    assert machine.uninstall() == 0
    assert machine.registry(ENVIRONMENT)["Path"] == LONG
    mine = r"%USERPROFILE%\bin;C:\Инструменты"
    machine.set_path(mine)
    for version in (OLD, NEW):
        assert machine.install(version) == 0
        assert machine.registry(ENVIRONMENT)["Path"] == f"{mine};{machine.app}"
    assert machine.kind(ENVIRONMENT, "Path") == "REG_EXPAND_SZ"
    machine.set_path(f"{mine};{machine.app};{LONG}")
    assert machine.uninstall() == 0
    assert machine.registry(ENVIRONMENT)["Path"] == f"{mine};{LONG}", "it has grown since"


def test_a_bootstrap_file_beside_the_setup_comes_along(machine: Machine) -> None:
    beside = machine.setups[OLD].with_name("bootstrap.toml")
    installed = machine.folder / "app" / "bootstrap.toml"
    beside.write_text("first", "utf-8")
    try:
        assert machine.install(OLD) == 0
    finally:
        beside.unlink()
    assert installed.read_text("utf-8") == "first"
    assert machine.install(NEW) == 0
    assert machine.version == NEW
    assert installed.read_text("utf-8") == "first"


def test_a_folder_of_others_is_left_alone(machine: Machine) -> None:
    file = machine.folder / "app" / "книга.xlsx"
    file.parent.mkdir(parents=True)
    file.write_text("mine", "utf-8")
    assert machine.install(OLD) == FOREIGN_FOLDER
    assert [path for path in machine.folder.rglob("*") if path.is_file()] == [file]


def test_another_folder_is_taken_and_kept(machine: Machine) -> None:
    folder = machine.windows.drive_c / "Мои-программы" / "sync"
    assert machine.install(OLD, r"/D=C:\Мои-программы\sync") == 0
    assert machine.version_in(folder / "app") == OLD
    assert machine.install(NEW) == 0
    assert machine.version_in(folder / "app") == NEW
    assert not machine.folder.exists()
    (folder / "книга.xlsx").write_text("mine", "utf-8")
    uninstaller = r"C:\Мои-программы\sync\uninstall.exe"
    assert machine.windows.run(uninstaller, "/S", r"_?=C:\Мои-программы\sync").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == ["uninstall.exe", "книга.xlsx"]


def test_the_data_go_only_when_asked(machine: Machine, tmp_path: Path) -> None:
    assert machine.install(OLD) == 0
    (machine.data / "logs").mkdir(parents=True)
    program = rf"{machine.app}\freesport-sync.exe"
    other = machine.windows.drive_c / "other.exe"
    shutil.copy(machine.folder / "app" / "freesport-sync.exe", other)
    kept = ("freesport_sync", "ssh ivanov@server:22@freesport_sync", "freesport_sync_of_others")
    for name in kept:
        assert machine.windows.run(program, "keep", name).returncode == 0
        assert machine.windows.run(program, "has", name).returncode == 0
    assert machine.uninstall("/PURGE") == 0
    assert not machine.data.exists()
    found = [name for name in kept if machine.windows.run(r"C:\other.exe", "has", name).returncode == 0]
    assert found == ["freesport_sync_of_others"]
