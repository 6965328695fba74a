"""The switch for the start with the session, where this system keeps it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import own_command
from freesport_sync.services.autostart import Autostart
from tests.platforms import posix_only


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def test_it_is_switched_on_and_off(config: Path, tmp_path: Path) -> None:
    """With a home of its own, so that on Windows, where the registry is the real one, nobody's own is touched."""
    one, other = Autostart(tmp_path / "one"), Autostart(tmp_path / "other")
    assert one.is_available
    assert not one.is_on()
    try:
        one.switch(True)
        one.switch(True)
        assert one.is_on()
        assert not other.is_on()
    finally:
        one.switch(False)
    assert not one.is_on()
    one.switch(False)


@posix_only("there it is in the registry")
def test_the_entry_starts_the_window_in_the_tray(config: Path, tmp_path: Path) -> None:
    home = tmp_path / 'Дом "100 %" $HOME'
    Autostart(home).switch(True)
    (entry,) = (config / "autostart").iterdir()
    line = next(line for line in entry.read_text("utf-8").splitlines() if line.startswith("Exec="))
    words = shlex.split(line.removeprefix("Exec=").replace("%%", "%").replace("\\\\", "\\"))
    words = [word.replace("\\$", "$") for word in words]  # which shlex leaves
    assert words == [*own_command(has_console=False), "--tray", "--home", str(home)]
    if (validate := shutil.which("desktop-file-validate")) is not None:
        assert subprocess.run([validate, entry], capture_output=True, text=True).stdout == ""


@posix_only("there it is in the registry")
def test_a_place_that_is_closed_to_us_is_named(config: Path) -> None:
    config.write_text("a file in place of the folder", "utf-8")
    with pytest.raises(ConfigError) as caught:
        Autostart(None).switch(True)
    assert caught.value.code == "autostart_refused"
    assert caught.value.params["place"] == str(config / "autostart" / "freesport-sync.desktop")
