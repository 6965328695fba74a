"""Concurrent SFTP requests over one channel, without threads."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol

from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.transport import (
    Kind,
    Message,
    MessageBuffer,
    Reply,
    SftpRequest,
)

SftpTask = Generator[tuple[SftpRequest, ...], Reply, None]
"""A generator that yields requests to send and is resumed with each reply to them, in the order of the replies. It may
yield no requests only while one is pending."""

WIDTH = 16
"""Concurrent tasks."""


class Pipe(Protocol):
    """An SSH channel; both methods raise `ConnectionLost` once it is closed."""

    def send(self, data: bytes) -> None: ...
    def receive(self) -> bytes: ...


class Sftp:
    """One SFTP session.

    Args:
        pipe: a channel with the SFTP subsystem.

    Raises:
        ConnectionFailed: the other end does not speak SFTP.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._buffer = MessageBuffer()
        self._last_number = 0
        self._waiting: dict[int, tuple[SftpTask, SftpRequest]] = {}
        self._outbox = bytearray()
        pipe.send(b"\0\0\0\x05\x01\0\0\0\x03")
        # The version is in the place of the reply's number.
        hello = self._receive()[0]
        if hello.kind != Kind.VERSION:
            raise transport.broken(f"a message of type {hello.kind} in place of a greeting")

    def run(self, tasks: Iterable[SftpTask], width: int = WIDTH, check: Callable[[], None] = lambda: None) -> None:
        """Run tasks to completion; each is started when there is room.

        Args:
            tasks: the tasks.
            width: maximum of concurrent tasks.
            check: called for every chunk received; may raise.

        Raises:
            ConnectionFailed: the host violates the protocol.
            ConnectionLost: the connection broke; earlier replies have been passed on.
        """
        waiting: Iterator[SftpTask] = iter(tasks)
        at_work: set[SftpTask] = set()

        def resume(task: SftpTask, reply: Reply | None) -> None:
            try:
                requests = next(task) if reply is None else task.send(reply)
            except StopIteration:
                at_work.discard(task)
                return
            at_work.add(task)
            for request in requests:
                self._last_number = (self._last_number + 1) & 0xFFFFFFFF
                self._waiting[self._last_number] = (task, request)
                self._outbox += transport.packed(self._last_number, request)

        try:
            while True:
                while len(at_work) < width and (new := next(waiting, None)) is not None:
                    resume(new, None)
                if not self._waiting:
                    return
                self._send()
                for number, kind, body in self._receive():
                    if number not in self._waiting:
                        raise transport.broken(f"an unsolicited reply {number}")
                    task, request = self._waiting.pop(number)
                    if task in at_work:
                        resume(task, Reply(kind, body, request))
                check()
        finally:
            for task in at_work:
                task.close()

    def ask(self, request: SftpRequest) -> Reply:
        """Send one request and return its reply."""
        replies: list[Reply] = []

        def task() -> SftpTask:
            replies.append((yield (request,)))

        self.run([task()])
        return replies[0]

    def _send(self) -> None:
        if self._outbox:
            self._pipe.send(bytes(self._outbox))
            self._outbox.clear()

    def _receive(self) -> list[Message]:
        while True:
            if messages := self._buffer.feed(self._pipe.receive()):
                return messages
