"""Reports of native crashes: where the threads were when a library brought the whole process down.

Python can neither catch nor log such a crash; `faulthandler` writes into a file that is open all the time. Each process
has a file of its own, because on Windows an open file can be neither renamed nor deleted by others. A process that ends
as it should removes its file; what others have left behind is sorted by the next one that looks.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

from freesport_sync import __version__
from freesport_sync.os_support import make_private, try_lock

KEPT = 10
"""How many reports are kept; older ones are deleted."""
_OPEN, _CRASH, _SUFFIX = "running-", "crash-", ".txt"
_HEADER_END = b"\n\n"
_HEADER_BYTES = 2000


class ProcessKind(StrEnum):
    """What a process of the program does."""

    WINDOW = "window"
    COMMAND_LINE = "command-line"
    EXCHANGE = "exchange"
    WORKER = "worker"
    """Reads files for another one."""
    TASK_WORKER = "task-worker"
    """Runs queued tasks."""


@dataclass(frozen=True, slots=True)
class CrashReport:
    """The report of a process that crashed.

    Args:
        path: of the file; its name begins with the moment, so that names sort by time.
        process_kind: a `ProcessKind`, or the value of another version.
        crashed_at: by the clock of this computer.
    """

    path: Path
    process_kind: str
    crashed_at: datetime


@dataclass(frozen=True, slots=True)
class _OwnReport:
    path: Path
    file: IO[bytes]


_own: _OwnReport | None = None
"""The open report of this process; like the handler that writes into it, there can be only one."""


def keep_report(folder: Path, process_kind: ProcessKind) -> None:
    """Have crashes of this process reported; without a word if the folder cannot be written to.

    Args:
        folder: of the reports; created.
        process_kind: for its name.
    """
    global _own
    drop_report()
    try:
        make_private(folder)
        path = folder / f"{_OPEN}{process_kind.value}-{os.getpid()}-{secrets.token_hex(2)}{_SUFFIX}"
        file = open(os.open(path, _FLAGS, 0o600), "wb", buffering=0)  # noqa: SIM115 - closed by `drop_report`
    except OSError:
        return
    with suppress(OSError):  # a full disk, or a file system without locks
        try_lock(file)
        file.write(_header(process_kind).encode())
    faulthandler.enable(file)
    _own = _OwnReport(path, file)
    atexit.register(drop_report)


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def drop_report() -> None:
    """Remove the report of this process, which ends as it should."""
    global _own
    own, _own = _own, None
    if own is None:
        return
    faulthandler.disable()
    own.file.close()
    atexit.unregister(drop_report)
    with suppress(OSError):
        own.path.unlink()


def report_folder() -> Path | None:
    """Where this process keeps its report, for the processes that it starts; None: nowhere."""
    return None if _own is None else _own.path.parent


def add_to_report(text: str) -> None:
    """Write into the report of this process, which is about to end by force."""
    if _own is not None:
        with suppress(OSError):
            _own.file.write(text.encode("utf-8", "replace"))


def crash_reports(folder: Path) -> tuple[CrashReport, ...]:
    """The reports of crashes, newest first; those beyond `KEPT` are deleted, and what dead processes left is sorted.

    Args:
        folder: of the reports; may be missing.
    """
    sort_reports(folder)
    names = sorted((path.name for path in _files(folder, _CRASH)), reverse=True)
    found = [_report_of(folder / name) for name in names]
    return tuple(one for one in found if one is not None)


def sort_reports(folder: Path) -> None:
    """Rename the reports of processes that have crashed, and remove those of processes that were only killed."""
    for path in _files(folder, _OPEN):
        with suppress(OSError):  # another process sorts too, or a virus scanner reads the file
            if not _is_in_use(path):
                _sort(path)
    old = sorted((path.name for path in _files(folder, _CRASH)), reverse=True)[KEPT:]
    for name in old:
        with suppress(OSError):
            (folder / name).unlink()


def _sort(path: Path) -> None:
    with path.open("rb") as file:
        is_crash = file.read(_HEADER_BYTES).partition(_HEADER_END)[2] != b""
    if not is_crash:
        path.unlink()
        return
    moment = datetime.fromtimestamp(path.stat().st_mtime)
    process_kind = path.name.removeprefix(_OPEN).rpartition("-")[0].rpartition("-")[0]
    unique = path.stem.rpartition("-")[2]
    path.rename(path.with_name(f"{_CRASH}{moment:%Y%m%d-%H%M%S}-{unique}-{process_kind}{_SUFFIX}"))


def _is_in_use(path: Path) -> bool:
    with path.open("ab") as file:
        return not try_lock(file)


def _files(folder: Path, prefix: str) -> list[Path]:
    try:
        named = [path for path in folder.iterdir() if path.name.startswith(prefix) and path.suffix == _SUFFIX]
        return [path for path in named if path.is_file() and not path.is_symlink()]  # reading a pipe would never end
    except OSError:
        return []


def _report_of(path: Path) -> CrashReport | None:
    parts = path.stem.removeprefix(_CRASH).split("-", 3)
    try:
        return CrashReport(path, parts[3], datetime.strptime("-".join(parts[:2]), "%Y%m%d-%H%M%S"))
    except (ValueError, IndexError):  # not ours
        return None


def _header(process_kind: ProcessKind) -> str:
    started = f"{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M:%S %z}"
    lines = (
        f"freesport_sync {__version__}, {process_kind.value}, process {os.getpid()}, started {started}",
        f"Python {sys.version}, {sys.platform}",
    )
    return "\n".join(one.replace("\n", " ") for one in lines) + _HEADER_END.decode()
