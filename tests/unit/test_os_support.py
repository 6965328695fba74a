"""What the frozen program needs of the operating system; the rest is tested by those who use it."""

from __future__ import annotations

import sys

import pytest

from freesport_sync import os_support

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
