"""Many SFTP requests on their way at once, over one channel and without a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol

from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.transport import (
    Kind,
    Message,
    MessageBuffer,
    Reply,
    Request,
)

Task = Generator[tuple[Request, ...], Reply, None]
"""One piece of work: it yields the requests to send, and is resumed with each reply to one of its own, in the order in
which the server answers. It must not yield while none of its requests is on its way."""

WIDTH = 16
"""Tasks that are worked on at the same time."""


class Pipe(Protocol):
    """A channel of SSH; both raise `ConnectionLost` once it is closed."""

    def send(self, data: bytes) -> None: ...
    def receive(self) -> bytes: ...


class Sftp:
    """One SFTP session.

    Args:
        pipe: a channel on which the server has started SFTP.

    Raises:
        ConnectionFailed: there is no SFTP at the other end.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._buffer = MessageBuffer()
        self._last_number = 0
        self._waiting: dict[int, tuple[Task, Request]] = {}
        self._outbox = bytearray()
        pipe.send(b"\0\0\0\x05\x01\0\0\0\x03")
        # The version stands where replies have their number.
        hello = self._receive()[0]
        if hello.kind != Kind.VERSION:
            raise transport.broken(f"a message of type {hello.kind} in place of a greeting")

    def run(self, tasks: Iterable[Task], width: int = WIDTH, check: Callable[[], None] = lambda: None) -> None:
        """Work on tasks until all are done; each is asked for when there is room for one more.

        Args:
            tasks: what to do.
            width: how many at the same time.
            check: called at every chunk that comes; may raise.

        Raises:
            ConnectionFailed: the server does not speak SFTP.
            ConnectionLost: the connection broke; what had come before has been passed on.
        """
        waiting: Iterator[Task] = iter(tasks)
        at_work: set[Task] = set()

        def resume(task: Task, reply: Reply | None) -> None:
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
                        raise transport.broken(f"an answer to a request {number} that nobody made")
                    task, request = self._waiting.pop(number)
                    if task in at_work:
                        resume(task, Reply(kind, body, request))
                check()
        finally:
            for task in at_work:
                task.close()

    def ask(self, request: Request) -> Reply:
        """One request by itself."""
        replies: list[Reply] = []

        def task() -> Task:
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
