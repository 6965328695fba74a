"""File locks and the environment of the frozen program; the rest is tested through its users."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from freesport_sync import os_support
from tests.platforms import posix_only


@posix_only("it locks otherwise")
@pytest.mark.parametrize("held", [0, errno.EAGAIN, errno.EACCES])
def test_a_held_lock_whatever_the_system_calls_it(held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", MagicMock(side_effect=OSError(held, "Error")))
    with (tmp_path / "lock").open("wb") as file:
        assert not os_support.try_lock(file)


@posix_only("it locks otherwise")
def test_a_file_system_without_locks_is_no_held_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", MagicMock(side_effect=OSError(errno.ENOLCK, "No locks available")))
    with (tmp_path / "lock").open("wb") as file, pytest.raises(OSError, match="No locks"):
        os_support.try_lock(file)


def test_a_file_that_is_read_can_be_replaced_under_its_other_name(tmp_path: Path) -> None:
    """1C sends a file again while an import reads it through a link."""
    received, kept = tmp_path / "received.xml", tmp_path / "kept.xml"
    received.write_bytes(b"first")
    os.link(received, kept)
    with os_support.open_shared(kept) as reader:
        received.rename(tmp_path / "aside.xml")
        (tmp_path / "aside.xml").unlink()
        received.write_bytes(b"second")
        assert reader.read() == b"first"
    assert (kept.read_bytes(), received.read_bytes()) == (b"first", b"second")
    with pytest.raises(FileNotFoundError):
        os_support.open_shared(tmp_path / "missing")


def test_a_private_file_is_replaced_once_its_reader_has_finished(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old", "utf-8")
    reader = path.open("rb")
    leaving = threading.Timer(0.3, reader.close)
    leaving.start()
    try:
        os_support.write_private_file(path, "new")
    finally:
        leaving.join()
    assert path.read_text("utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


BUNDLE = "/opt/freesport-sync/_internal"


@pytest.mark.parametrize("original", [None, "/opt/oracle/lib"])
def test_other_programs_do_not_get_our_libraries(original: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", BUNDLE)
    if original is None:
        monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    else:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", original)
    assert os_support.foreign_environment().get("LD_LIBRARY_PATH") == original


def test_unfrozen_program_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/oracle/lib")
    assert os_support.foreign_environment()["LD_LIBRARY_PATH"] == "/opt/oracle/lib"
