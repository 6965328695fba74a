"""File locks and the environment of the frozen program; the rest is tested through its users."""

from __future__ import annotations

import errno
import sys
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
