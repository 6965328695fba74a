"""A Windows of its own under Wine, and the program in it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from windows_lab import windows_path, wine

from tests.watching import wait_until

LIMIT_S = 400.0
"""Starting a program may take half a minute here, initdb two, on a busy machine more."""
POLL_S = 0.2
ANSI = "cp1251"
WINDOW_TITLE = "FREESPORT"
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\].*?\x07)")
_WHERE_IS_THE_CURSOR = b"\x1b[6n"


@dataclass(frozen=True, slots=True)
class Windows:
    """A prefix.

    Args:
        folder: with Wine and Python, as `packaging/windows` makes it.
        prefix: of this Windows.
    """

    folder: Path
    prefix: Path

    @property
    def drive_c(self) -> Path:
        return self.prefix / "drive_c"

    def command(self, *words: str) -> list[str]:
        return wine(self.folder, self.prefix, *words)

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program to its end.

        Args:
            text: what it reads from stdin.
        """
        given = {"input": text} if text is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(
            self.command(*words), cwd=self.prefix, capture_output=True, encoding=ANSI, timeout=LIMIT_S, **given
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a program that reads from us and writes to us."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.prefix,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding=ANSI,
        )

    def processes(self, program: str) -> list[psutil.Process]:
        """What runs in this Windows under that name."""
        return [process for process in psutil.process_iter() if self._is_here(process, program)]

    def _is_here(self, process: psutil.Process, program: str) -> bool:
        try:
            name = process.cmdline()[0].replace("\\", "/").rpartition("/")[2]
            return name == program and process.environ().get("WINEPREFIX") == f"/host{self.prefix}"
        except (psutil.Error, IndexError):
            return False

    def end(self) -> None:
        """End all programs of this Windows."""
        subprocess.run(self.command("--end"), cwd="/", check=True, timeout=LIMIT_S)

    def interrupt(self, *words: str, after: bytes) -> tuple[int, str]:
        """Run a program on a terminal and press Ctrl-C once it has written `after`; its exit code and what it wrote."""
        command = self.command("--terminal", *words)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.prefix)
            os.execv(command[0], command)
        written, is_pressed, answered = b"", False, 0
        status: int | None = None
        deadline = time.monotonic() + LIMIT_S
        # Its end, not that of the terminal: a server that it leaves behind keeps the terminal open.
        while status is None:
            assert time.monotonic() < deadline, written
            if select.select([terminal], [], [], POLL_S)[0]:
                with suppress(OSError):  # everybody has closed the other side
                    written += os.read(terminal, 65536)
            if written.count(_WHERE_IS_THE_CURSOR) > answered:
                os.write(terminal, b"\x1b[1;1R")
                answered += 1
            if not is_pressed and after in _ESCAPES.sub(b"", written):
                os.write(terminal, b"\x03")
                is_pressed = True
            ended, code = os.waitpid(pid, os.WNOHANG)
            status = code if ended else None
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), _ESCAPES.sub(b" ", written).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Installed:
    """The program in a Windows.

    Args:
        windows: where.
        console: starts the command line.
        window: starts the window.
        home: its folder, with Cyrillic letters and spaces.
    """

    windows: Windows
    console: Sequence[str]
    window: Sequence[str]
    home: Path

    @property
    def home_words(self) -> tuple[str, str]:
        return "--home", "C:\\" + self.home.name

    def run(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return self.windows.run(*self.console, *arguments, *self.home_words, text=text)

    def log(self) -> str:
        """What it has written into its log."""
        file = self.home / "logs" / "freesport_sync.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def leaves_nothing_running(self) -> None:
        """Fail if a server of the program stays."""
        wait_until(lambda: not self.windows.processes("postgres.exe"))
        assert not list(self.home.rglob("postmaster.pid"))


@contextmanager
def installed(windows: Windows, kind: str) -> Iterator[Installed]:
    """The program as wheels (`python`) or as PyInstaller builds it (`frozen`), with an empty home."""
    home = windows.drive_c / f"Данные программы {kind}"
    console: tuple[str, ...]
    window: tuple[str, ...]
    if kind == "python":
        python, module = windows.folder / "python", ("-B", "-m", "freesport_sync")
        console = (windows_path(python / "python.exe"), *module)
        window = (windows_path(python / "pythonw.exe"), *module)
    else:
        bundle = windows.folder / "dist" / "freesport-sync"
        console = (windows_path(bundle / "freesport-sync.exe"),)
        window = (windows_path(bundle / "freesport-sync-window.exe"),)
    try:
        yield Installed(windows, console, window, home)
    finally:
        windows.end()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def screen(windows: Windows) -> Iterator[str]:
    """A screen; the assignment that shows it to a program. What runs in this Windows is ended first.

    Its desktop is made by the first program and stays for a while; made without a screen, it never shows a window.
    """
    windows.end()
    command = windows.command("--unix", "Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
    with subprocess.Popen(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="ascii"
    ) as server:
        assert server.stdout is not None
        try:
            yield f"DISPLAY=:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def found_window(windows: Windows, display: str) -> str:
    """The id of the program's window, "" until it is there."""
    done = windows.run("--unix", display, "xdotool", "search", "--onlyvisible", "--name", WINDOW_TITLE)
    return done.stdout.partition("\n")[0]
