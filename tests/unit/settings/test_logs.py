"""The program's own log must never be in its way."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from freesport_sync import __version__
from freesport_sync.core.log_entries import parse_log_entry
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.os_support import file_lock
from freesport_sync.services.log_files import newest_log_bytes
from freesport_sync.settings.logs import configure_logs, log_files
from freesport_sync.settings.shared_log import LONGEST_ENTRY, SharedLog
from tests.platforms import linux_only, posix_only
from tests.program import clean_environment


@pytest.fixture(autouse=True)
def _own_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Other tests want to see what is logged, and what goes wrong with it."""
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logger = logging.getLogger("freesport_sync")
    level = logger.level
    yield
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        with suppress(OSError):  # what the full disk did not take is still waiting
            handler.close()
    logger.setLevel(level)
    logger.propagate = True


def log_of(folder: Path) -> Path:
    return folder / "freesport_sync.log"


def test_errors_are_logged(tmp_path: Path) -> None:
    configure_logs(tmp_path / "logs", False, ProcessKind.WINDOW)
    logging.getLogger("freesport_sync.x").error("boom")
    assert f"ERROR {os.getpid()} freesport_sync.x boom" in log_of(tmp_path / "logs").read_text("utf-8")


@posix_only("the rights of the folder count there")
def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    configure_logs(tmp_path / "home/logs", False, ProcessKind.WINDOW)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("home", "home/logs")] == [0o700] * 2
    assert stat.S_IMODE(log_of(tmp_path / "home/logs").stat().st_mode) == 0o600
    log_of(tmp_path / "home/logs").chmod(0o644)  # of an earlier version
    configure_logs(tmp_path / "home/logs", False, ProcessKind.WINDOW)
    assert stat.S_IMODE(log_of(tmp_path / "home/logs").stat().st_mode) == 0o600


@linux_only("a file that is always full")
def test_a_full_disk_is_no_word_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log_of(tmp_path).symlink_to("/dev/full")
    configure_logs(tmp_path, False, ProcessKind.WINDOW)
    for _ in range(3):
        logging.getLogger("freesport_sync.x").error("boom")
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    configure_logs(tmp_path / "file", False, ProcessKind.WINDOW)
    logging.getLogger("freesport_sync.x").error("boom")
    assert capfd.readouterr() == ("", "")


def lines_of(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def test_the_log_names_the_version_of_each_process(tmp_path: Path) -> None:
    for kind in (ProcessKind.WINDOW, ProcessKind.EXCHANGE):
        configure_logs(tmp_path, False, kind)
    told = [parse_log_entry(line.partition("settings.logs ")[2]) for line in lines_of(log_of(tmp_path))]
    assert [one and (one.code, one.params["version"], one.params.get("process_kind")) for one in told] == [
        ("log_file_begun", __version__, None),
        ("program_started", __version__, "window"),
        ("program_started", __version__, "exchange"),
    ]


def small_log(folder: Path, max_bytes: int = 2000, kept: int = 3) -> logging.Logger:
    logger = logging.Logger("small")

    def first_line() -> logging.LogRecord:
        return logger.makeRecord("", logging.INFO, "", 0, "version 7", (), None)

    logger.addHandler(SharedLog(log_of(folder), first_line, max_bytes, kept))
    return logger


def test_files_are_bounded_in_size_and_number_and_each_begins_with_the_version(tmp_path: Path) -> None:
    logger = small_log(tmp_path)
    for number in range(400):
        logger.info("entry %d %s", number, "щ" * 20)
    files = log_files(tmp_path)
    assert [file.name for file in files] == ["freesport_sync.log", *(f"freesport_sync.log.{n}" for n in (1, 2, 3))]
    assert not log_of(tmp_path).with_name("freesport_sync.log.4").exists()
    assert all(file.stat().st_size <= 2000 for file in files)
    assert all(lines_of(file)[0] == "version 7" for file in files)
    numbers = [int(line.split()[1]) for file in reversed(files) for line in lines_of(file)[1:]]
    assert numbers == list(range(numbers[0], 400))


def test_one_entry_cannot_fill_the_disk(tmp_path: Path) -> None:
    logger = small_log(tmp_path, max_bytes=2 * LONGEST_ENTRY)
    logger.info("x" * 10 * LONGEST_ENTRY)
    assert lines_of(log_of(tmp_path)) == ["version 7", f"{'x' * LONGEST_ENTRY}…"]


def test_text_that_is_no_unicode_is_logged(tmp_path: Path) -> None:
    small_log(tmp_path).info("name \udcff\ud800")
    assert "name \\udcff\\ud800" in log_of(tmp_path).read_text("utf-8")


def test_files_that_cannot_be_rotated_do_not_grow_for_ever(tmp_path: Path) -> None:
    # Folders can no more be replaced than files that others have open on Windows.
    folders = [log_of(tmp_path).with_name(f"freesport_sync.log.{number}") for number in (1, 2, 3)]
    for folder in folders:
        (folder / "inside").mkdir(parents=True)
    logger = small_log(tmp_path)
    for number in range(1000):
        logger.info("entry %d", number)
    assert all(folder.is_dir() for folder in folders)
    assert 2000 < log_of(tmp_path).stat().st_size < 4100


def test_an_entry_waits_for_its_turn_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freesport_sync.settings.shared_log.LOCK_TIMEOUT_S", 0.0)
    logger = small_log(tmp_path)
    with file_lock(tmp_path / "freesport_sync.log.lock", 0):  # of a process that hangs
        logger.info("boom")
    assert lines_of(log_of(tmp_path)) == ["version 7", "boom"]


WRITER = """
import logging, sys
from pathlib import Path
from freesport_sync.settings.shared_log import SharedLog
logger = logging.Logger("small")
first_line = lambda: logger.makeRecord("", 20, "", 0, "version 7", (), None)
logger.addHandler(SharedLog(Path(sys.argv[1]), first_line, 20_000, 50))
sys.stdin.read(1)
for number in range(300):
    logger.info("%s %d %s", sys.argv[2], number, "-" * 50)
"""


def test_processes_share_the_log_and_lose_nothing_when_it_is_rotated(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(log_of(tmp_path))]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
        for name in "abcd"
    ]
    for writer in writers:  # all begin at once, as far as that can be
        assert writer.stdin is not None
        writer.stdin.write(b"x")
        writer.stdin.flush()
    for writer in writers:
        assert writer.communicate()[1] == b""
        assert writer.returncode == 0
    files = [log_of(tmp_path), *tmp_path.glob("freesport_sync.log.[0-9]*")]
    assert len(files) > 3
    assert all(lines_of(file)[0] == "version 7" and file.stat().st_size <= 20_000 for file in files)
    entries = [line.split() for file in files for line in lines_of(file)[1:]]
    assert sorted((name, int(number)) for name, number, _ in entries) == [
        (name, number) for name in "abcd" for number in range(300)
    ]


def test_the_end_of_the_log_reaches_into_the_file_before(tmp_path: Path) -> None:
    assert newest_log_bytes(tmp_path, 100) == b""
    log_of(tmp_path).with_name("freesport_sync.log.1").write_bytes(b"cut\nolder\n")
    log_of(tmp_path).write_bytes(b"newer\n")
    assert newest_log_bytes(tmp_path, 100) == b"cut\nolder\nnewer\n"
    assert newest_log_bytes(tmp_path, 8) == b"older\nnewer\n"
