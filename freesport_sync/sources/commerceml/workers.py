"""The worker processes that read the export's files, and the pipes to them."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from freesport_sync.core.cancel import CancelToken
from freesport_sync.crash_reports import report_folder, sort_reports
from freesport_sync.errors import ImportFailed
from freesport_sync.os_support import children_shielded_from_interrupt
from freesport_sync.sources.commerceml.parse_messages import (
    FileDone,
    FileFailed,
    Message,
    ParseTask,
)
from freesport_sync.sources.commerceml.worker import work

MAX_WORKERS = 4
BYTES_PER_WORKER = 8_000_000
"""Less is read faster than another process starts."""
POLL_S = 0.1
"""Interval of checks for a cancel while no worker sends anything."""


def useful_workers() -> int:
    """Return how many workers can be busy at once on this computer."""
    return max(1, min(os.cpu_count() or 1, MAX_WORKERS))


class WorkerPool:
    """Spawned processes that read one file at a time each; parsing scales with processes, not with threads (measured).

    Each worker has its own pipe: killing one loses no messages of others, and a full pipe makes it wait, so that memory
    stays flat however large the export is.
    """

    def __init__(self) -> None:
        self._workers: list[tuple[BaseProcess, Connection]] = []

    def __enter__(self) -> Self:
        self._start(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def start_for(self, size_bytes: int) -> None:
        """Start as many workers as pay off for an export of this size, at most one per core and `MAX_WORKERS`."""
        self._start(min(useful_workers(), 1 + size_bytes // BYTES_PER_WORKER))

    def _start(self, size: int) -> None:
        # Ctrl-C reaches every process of a terminal, and SIGTERM often every process of a service: workers ignore both
        # from their first instruction, and leave them to the runner.
        context = multiprocessing.get_context("spawn")
        with children_shielded_from_interrupt():
            for number in range(len(self._workers), size):
                ours, theirs = context.Pipe()
                process = context.Process(
                    target=work, args=(theirs, number, report_folder()), name=f"freesport-sync-{number}", daemon=True
                )
                process.start()
                theirs.close()  # otherwise the pipe would stay open when the worker ends
                self._workers.append((process, ours))

    def _stop(self) -> None:
        self._kill()
        for _, connection in self._workers:
            connection.close()
        for process, _ in self._workers:
            process.join()
            process.close()
        self._workers.clear()
        if (folder := report_folder()) is not None:
            sort_reports(folder)  # those that were killed had no time to remove theirs

    def _kill(self) -> None:
        for process, _ in self._workers:
            process.kill()  # they have nothing to clean up

    def read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        """Read files, each completely by one worker; messages of different files are interleaved.

        Raises:
            ImportFailed: a worker process died.
            Cancelled: the token was set.
        """
        # A worker stopped in the middle of a message would block the runner, which waits for the rest.
        with cancel.interrupting(self._kill):
            yield from self._read(tasks, cancel)

    def _read(self, tasks: Sequence[ParseTask], cancel: CancelToken) -> Iterator[Message]:
        waiting = list(reversed(tasks))
        busy: dict[Connection, ParseTask] = {}
        for _, connection in self._workers[: len(waiting)]:
            self._assign(connection, waiting.pop(), busy)
        while busy:
            cancel.check()
            ready = set(map(id, wait(list(busy), timeout=POLL_S)))
            for connection in [connection for connection in busy if id(connection) in ready]:
                message = self._receive(connection, busy[connection])
                yield message
                if isinstance(message, FileDone | FileFailed):
                    del busy[connection]
                    if waiting:
                        self._assign(connection, waiting.pop(), busy)

    def _assign(self, connection: Connection, task: ParseTask, busy: dict[Connection, ParseTask]) -> None:
        try:
            connection.send(task)
        except OSError as error:
            raise self._died(connection, task) from error
        busy[connection] = task

    def _receive(self, connection: Connection, task: ParseTask) -> Message:
        try:
            message: Message = connection.recv()
        except (EOFError, OSError) as error:
            raise self._died(connection, task) from error
        return message

    def _died(self, connection: Connection, task: ParseTask) -> ImportFailed:
        process = next(process for process, own in self._workers if own is connection)
        process.join(timeout=1)
        return ImportFailed("worker_died", file=task.file.name, exit_code=process.exitcode)
