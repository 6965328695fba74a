"""The program as its user starts it: a process of its own, followed by its `--json` lines."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from freesport_sync.settings.secrets import PASSWORD_VARIABLE
from tests.watching import DEADLINE_S, wait_until

ROOT = Path(__file__).parents[1]

Json = dict[str, Any]


def _own_group() -> dict[str, Any]:
    """Arguments for `subprocess`: a child that gets a Ctrl-C only if it is meant for it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[Json]:
        """The `--json` lines."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def events(self, name: str) -> list[Json]:
        return [line for line in self.lines if line["event"] == name]

    @property
    def error(self) -> Json:
        """The only error line."""
        (error,) = self.events("error")
        return error


Command = Callable[..., Outcome]
"""Runs a command line and returns its outcome."""


class Program:
    """A running process in a session or, on Windows, a process group of its own, as if started from a terminal.

    Args:
        arguments: of the command line.
        environment: added to ours.
        folder: where it runs.
        encoding: of what it writes.
        program: what Python is told to run.
    """

    def __init__(
        self,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        encoding: str = "utf-8",
        program: Sequence[str] = ("-m", "freesport_sync"),
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
            env=clean_environment() | dict(environment or {}),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding=encoding,
            **_own_group(),
        )
        self.pid = self._process.pid
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stdout: list[str] = []
        self._stderr: list[str] = []
        self._readers = [threading.Thread(target=self._read_stdout), threading.Thread(target=self._read_stderr)]
        for reader in self._readers:
            reader.start()

    def event(self, name: str, **values: object) -> Json:
        """Wait for the next event of that name with those values."""
        deadline = time.monotonic() + DEADLINE_S
        while (line := self._lines.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
            event: Json = json.loads(line)
            if event["event"] == name and values.items() <= event.items():
                return event
        raise AssertionError(f"no {name} {values} in {self._stdout} {self._stderr}")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def interrupt(self, number: int = signal.SIGINT) -> None:
        """Ctrl-C: the terminal sends it to every process of the group; on Windows Ctrl-Break, whatever `number` is."""
        if sys.platform == "win32":
            self._process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """kill -9, the program alone."""
        self._process.kill()

    def kill_all(self) -> bool:
        """kill -9 for the program and its workers at once; returns whether it had ended by itself before."""
        had_ended = self._process.poll() is not None
        if sys.platform != "win32":
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            return had_ended
        self.kill()  # at once: to look for its workers takes a while
        for pid in self.family():
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        return had_ended

    def stop(self) -> None:
        """Suspend the program."""
        process = psutil.Process(self.pid)
        process.suspend()
        if sys.platform != "win32":  # there it has happened by now
            wait_until(lambda: process.status() == psutil.STATUS_STOPPED)

    def go_on(self) -> None:
        """Resume the program after `stop`."""
        psutil.Process(self.pid).resume()

    def stop_workers(self) -> None:
        """Suspend the workers, so that the program cannot finish reading."""
        for worker in self.workers():
            worker.suspend()

    def workers(self) -> list[psutil.Process]:
        """The processes that read files."""
        return [child for child in psutil.Process(self.pid).children() if "--multiprocessing-fork" in child.cmdline()]

    def family(self) -> set[int]:
        """The program and its workers, those that are alive; a server that it has started is none of them."""
        if sys.platform == "win32":
            return set(_descendants(self.pid))
        return {process.pid for process in psutil.process_iter() if _is_alive_in(process, self.pid)}

    def code(self, limit_s: float) -> int:
        """Wait for the exit code alone."""
        return self._process.wait(limit_s)

    def has_pending(self, number: int) -> bool:
        """Whether a signal was not delivered yet."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        pending = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
        return any(mask & 1 << (number - 1) for mask in pending)

    def ended(self, limit_s: float = DEADLINE_S) -> Outcome:
        """Wait for its end and for that of all its processes."""
        code = self._process.wait(limit_s)
        wait_until(lambda: not self.family())
        for reader in self._readers:
            reader.join()
        return Outcome(code, "".join(self._stdout), "".join(self._stderr))

    def end_by_force(self) -> None:
        self.kill_all()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._stdout.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        self._stderr.extend(self._process.stderr)


def _is_alive_in(process: psutil.Process, session: int) -> bool:
    try:
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


def _descendants(pid: int) -> Iterator[int]:
    """A process of Windows and its children that run Python; they keep the number of a parent that has died."""
    for process in psutil.process_iter(["ppid", "name"]):
        if process.pid == pid and process.is_running():
            yield pid
        elif process.info["ppid"] == pid and "postgres" not in str(process.info["name"]):
            yield from _descendants(process.pid)


@contextmanager
def started(*arguments: object, **options: Any) -> Iterator[Program]:
    """A process that does not outlive the test."""
    program = Program(*arguments, **options)
    try:
        yield program
    finally:
        program.end_by_force()


def run(*arguments: object, **options: Any) -> Outcome:
    """A process from its start to its end."""
    with started(*arguments, **options) as program:
        return program.ended()


def clean_environment() -> dict[str, str]:
    """Our environment without settings of the program, and without a key store, which may be slow."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("FREESPORT_SYNC_", "PG"))}
    if sys.platform == "win32":
        mine["PYTHONIOENCODING"] = "utf-8"  # pipes have the code page of the system otherwise
    return mine | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PYTHONPATH": str(ROOT)}


def address(url: sa.URL) -> str:
    """A URL as an operator writes it: without the password."""
    return url.set(drivername="postgresql")._replace(password=None).render_as_string()


@dataclass(frozen=True, slots=True)
class Installation:
    """The program with a home of its own, and the shop that it imports into.

    Args:
        home: for `--home`.
        url: of the shop's database, with the password; None: the private server in `home`.
    """

    home: Path
    url: sa.URL | None = None

    def start(self, *arguments: object, **options: Any) -> AbstractContextManager[Program]:
        """Start it; `options` are those of `Program`."""
        options["environment"] = self.environment | dict(options.get("environment") or {})
        return started(*arguments, *self.arguments, **options)

    def run(self, *arguments: object, **options: Any) -> Outcome:
        """Start it and wait for its end."""
        with self.start(*arguments, **options) as program:
            return program.ended()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments that name home and database."""
        if self.url is None:
            return "--home", str(self.home)
        return "--home", str(self.home), "--database-url", address(self.url)

    @property
    def environment(self) -> dict[str, str]:
        """The variable with the password."""
        return {} if self.url is None else {PASSWORD_VARIABLE: str(self.url.password)}

    @property
    def logs(self) -> str:
        """The content of its log files."""
        return "".join(file.read_text("utf-8") for file in (self.home / "logs").glob("*"))
