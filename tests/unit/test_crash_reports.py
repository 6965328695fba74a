"""What is left of a process that a library has brought down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freesport_sync import __version__
from freesport_sync.crash_reports import KEPT, CrashReport, ProcessKind, crash_reports, sort_reports
from tests.platforms import posix_only
from tests.program import clean_environment

KEEPING = """
import ctypes, faulthandler, os, sys
from pathlib import Path
sys.stdout = sys.stderr = None  # as in a program with a window
from freesport_sync.crash_reports import ProcessKind, add_to_report, keep_report
keep_report(Path(sys.argv[1]), ProcessKind(sys.argv[2]))
def bring_down():
    faulthandler._sigsegv()
exec(sys.argv[3])
"""


def end(folder: Path, how: str, kind: ProcessKind = ProcessKind.WINDOW) -> int:
    """The exit code of a real process that ends in this way."""
    command = [sys.executable, "-c", KEEPING, str(folder), kind.value, how]
    # Not in the folder of the project: the system may leave a memory dump.
    return subprocess.run(command, env=clean_environment(), cwd=folder, stderr=subprocess.PIPE).returncode


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


BAD_ADDRESS = pytest.param("ctypes.string_at(0)", marks=posix_only("a bad address is an OSError there"))


@pytest.mark.parametrize("how", ["bring_down()", "os.abort()", BAD_ADDRESS])
def test_a_native_crash_leaves_a_report_with_version_time_and_place(tmp_path: Path, how: str) -> None:
    assert end(tmp_path, how) not in (0, 1)
    (report,) = crash_reports(tmp_path)
    assert report.process_kind == "window"
    assert names(tmp_path) == [report.path.name]
    assert report.path.name == f"crash-{report.crashed_at:%Y%m%d-%H%M%S}-{report.path.stem.split('-')[3]}-window.txt"
    words = report.path.read_text("utf-8")
    assert words.startswith(f"freesport_sync {__version__}, window, process ")
    assert ", started 20" in words
    assert 'File "<string>", line ' in words
    assert crash_reports(tmp_path) == (report,), "sorted once"


@pytest.mark.parametrize("how", ["pass", "sys.exit(3)", "raise ValueError"])
def test_a_process_that_ends_as_it_should_leaves_nothing(tmp_path: Path, how: str) -> None:
    end(tmp_path, how)
    assert names(tmp_path) == []


def test_a_process_that_was_killed_has_not_crashed(tmp_path: Path) -> None:
    end(tmp_path, "os._exit(9)", ProcessKind.WORKER)
    assert len(names(tmp_path)) == 1
    assert crash_reports(tmp_path) == ()
    assert names(tmp_path) == []


def test_what_a_process_wrote_before_it_ended_itself_by_force_is_kept(tmp_path: Path) -> None:
    end(tmp_path, "add_to_report('Traceback: it broke'); os._exit(70)", ProcessKind.COMMAND_LINE)
    (report,) = crash_reports(tmp_path)
    assert report.process_kind == "command-line"
    assert "Traceback: it broke" in report.path.read_text("utf-8")


def test_the_report_of_a_running_process_is_left_alone(tmp_path: Path) -> None:
    code = f"{KEEPING}\nsys.__stdout__.write('ready'); sys.__stdout__.flush(); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path), "exchange", "add_to_report('x')"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=clean_environment(), stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"ready"
        before = names(tmp_path)
        sort_reports(tmp_path)
        assert names(tmp_path) == before
        assert len(before) == 1
        process.communicate(b"")
    assert names(tmp_path) == []


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        (tmp_path / f"crash-20261101-1200{number:02}-abcd-worker.txt").write_text("x")
    (tmp_path / "crash-of-another-program.txt").write_text("x")
    (tmp_path / "crash-20261101.log").write_text("x")
    found = crash_reports(tmp_path)
    assert [report.path.name[6:21] for report in found] == [
        f"20261101-1200{number:02}" for number in range(KEPT + 4, 5, -1)
    ]
    assert isinstance(found[0], CrashReport)


@posix_only("pipes with a name")
def test_what_is_no_file_is_no_report(tmp_path: Path) -> None:
    names = [f"{state}-20261129-12000{number}-abcd-window.txt" for state in ("crash", "running") for number in range(3)]
    for pipe, folder, link in (names[:3], names[3:]):
        os.mkfifo(tmp_path / pipe)
        (tmp_path / folder).mkdir()
        (tmp_path / link).symlink_to("/etc/passwd")
    assert crash_reports(tmp_path) == ()
    assert len(list(tmp_path.iterdir())) == len(names)


def test_without_a_folder_the_program_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert crash_reports(tmp_path / "missing") == ()
    command = [sys.executable, "-c", KEEPING, str(tmp_path / "file"), "window", "os._exit(7)"]
    assert subprocess.run(command, env=clean_environment()).returncode == 7


@posix_only("the rights of the folder count there")
def test_nobody_else_can_read_a_report(tmp_path: Path) -> None:
    end(tmp_path / ".", "bring_down()")
    (report,) = crash_reports(tmp_path)
    assert os.stat(report.path).st_mode & 0o077 == 0
