"""Entry point of a worker process: receives files to parse, sends the messages of `parsing`."""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections.abc import Iterator
from multiprocessing import connection as connections
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import NoReturn

from freesport_sync.crash_reports import ProcessKind, add_to_report, keep_report
from freesport_sync.errors import ExitCode, ImportFailed, SyncError
from freesport_sync.sources.commerceml.parse_messages import FileFailed, Message, ParseTask
from freesport_sync.sources.commerceml.parsing import parse_file
from freesport_sync.sources.commerceml.property_values import PropertyValues

GARBAGE_THRESHOLD = 50_000
"""Records have no reference cycles: the default threshold of 700 objects would cost 5 % of the time."""


def work(connection: Connection, number: int, crash_folder: Path | None = None) -> None:
    """Target of a spawned process: answers every `ParseTask` with messages that end in `FileDone` or `FileFailed`.

    The pipe throttles a worker that is faster than the runner. Ends when the other side closes the pipe, and at once
    when the runner's process dies, even in the middle of a file. Writes nothing to the terminal.

    Args:
        connection: two-way pipe to the runner.
        number: of the worker in its run, from 0.
        crash_folder: for a report if the process crashes; None: without one.
    """
    if crash_folder is not None:
        keep_report(crash_folder, ProcessKind.WORKER)
    # Ctrl-C reaches the whole process group; the runner alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(GARBAGE_THRESHOLD)
    Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()
    try:
        with connection:
            _answer_all(connection, PropertyValues(number))
    except (EOFError, OSError):
        return  # the runner has closed the pipe
    except Exception:
        add_to_report(traceback.format_exc())
        os._exit(ExitCode.INTERNAL)  # otherwise a traceback would appear in the runner's output


def _answer_all(connection: Connection, property_values: PropertyValues) -> NoReturn:
    while True:
        for message in answers(connection.recv(), property_values):
            connection.send(message)


def answers(task: ParseTask, property_values: PropertyValues) -> Iterator[Message]:
    """Parse a file; a failure becomes the last message."""
    file = task.file
    try:
        yield from parse_file(task, property_values)
    except SyncError as error:
        yield FileFailed(file.file_no, error)
    except MemoryError:
        yield FileFailed(file.file_no, ImportFailed("out_of_memory", file=file.name))
    except Exception as error:
        details = {"reason": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        yield FileFailed(file.file_no, SyncError("internal_error", file=file.name, **details))


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:  # None in tests that call `work` directly
        connections.wait([parent.sentinel])
        os._exit(ExitCode.INTERNAL)
