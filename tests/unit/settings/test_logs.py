"""The program's own log must never be in its way."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from freesport_sync.settings.logs import configure_logs
from tests.platforms import linux_only, posix_only


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
    configure_logs(tmp_path / "logs", is_verbose=False)
    logging.getLogger("freesport_sync.x").error("boom")
    assert "ERROR freesport_sync.x boom" in log_of(tmp_path / "logs").read_text("utf-8")


@posix_only("the rights of the folder count there")
def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    configure_logs(tmp_path / "home/logs", is_verbose=False)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("home", "home/logs")] == [0o700] * 2
    assert stat.S_IMODE(log_of(tmp_path / "home/logs").stat().st_mode) == 0o600
    log_of(tmp_path / "home/logs").chmod(0o644)  # of an earlier version
    configure_logs(tmp_path / "home/logs", is_verbose=False)
    assert stat.S_IMODE(log_of(tmp_path / "home/logs").stat().st_mode) == 0o600


@linux_only("a file that is always full")
def test_a_full_disk_is_no_word_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log_of(tmp_path).symlink_to("/dev/full")
    configure_logs(tmp_path, is_verbose=False)
    for _ in range(3):
        logging.getLogger("freesport_sync.x").error("boom")
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    configure_logs(tmp_path / "file", is_verbose=False)
    logging.getLogger("freesport_sync.x").error("boom")
    assert capfd.readouterr() == ("", "")
