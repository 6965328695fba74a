"""Starts the window as an icon of the system tray when the user logs in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import make_private, write_private_file
from freesport_sync.services.background_command import background_command
from freesport_sync.settings.paths import home_mark

if sys.platform == "win32":
    import winreg

RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
RUN_VALUE = "FREESPORT Sync"
"""The installer writes the same value."""
IN_TRAY = "--tray"
_UNSAFE = str.maketrans({character: f"\\{character}" for character in '"`$\\'})


class Autostart:
    """The switch of one installation.

    Args:
        home: of the program's state, as on the command line; each has a switch of its own.
    """

    def __init__(self, home: Path | None) -> None:
        self._home = home
        self._command = background_command(home, IN_TRAY)

    @property
    def is_available(self) -> bool:
        """Whether we know how this system does it."""
        return sys.platform in ("win32", "linux")

    @property
    def place(self) -> str:
        """Where the system looks for it, for messages."""
        return rf"HKCU\{RUN_KEY}" if sys.platform == "win32" else str(self._file)

    def is_on(self) -> bool:
        """Whether the window starts with the session."""
        if sys.platform == "win32":
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                    winreg.QueryValueEx(key, self._value)
            except OSError:
                return False
            return True
        return self._file.is_file()

    def switch(self, is_on: bool) -> None:
        """Start it with the session from now on, or no more.

        Raises:
            ConfigError: the system does not let us.
        """
        try:
            self._switch(is_on)
        except OSError as error:
            raise ConfigError("autostart_refused", place=self.place, reason=reason_of(error)) from error

    def _switch(self, is_on: bool) -> None:
        if sys.platform == "win32":
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, RUN_KEY, access=winreg.KEY_SET_VALUE) as key:
                if is_on:
                    winreg.SetValueEx(key, self._value, 0, winreg.REG_SZ, subprocess.list2cmdline(self._command))
                elif self.is_on():
                    winreg.DeleteValue(key, self._value)
        elif is_on:
            make_private(self._file.parent)
            write_private_file(self._file, _desktop_entry(self._command))
        else:
            self._file.unlink(missing_ok=True)

    @property
    def _value(self) -> str:
        return f"{RUN_VALUE}{home_mark(self._home, ' ')}"

    @property
    def _file(self) -> Path:
        config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        return Path(os.path.expanduser(config), "autostart", f"freesport-sync{home_mark(self._home, '-')}.desktop")


def _desktop_entry(command: list[str]) -> str:
    """An entry of the freedesktop specification; its words are quoted, then escaped once more as values are."""
    words = " ".join(f'"{word.translate(_UNSAFE)}"' for word in command).replace("\\", "\\\\").replace("%", "%%")
    lines = ("[Desktop Entry]", "Type=Application", "Name=FREESPORT Sync", f"Exec={words}", "Icon=freesport-sync", "")
    return "\n".join(lines)
