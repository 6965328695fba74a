"""A TCP proxy in front of the test's PostgreSQL: a pooler, a network that hangs, a cable that is pulled out."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import sqlalchemy as sa

Filter = Callable[[bytes, "Link"], bytes]
_POLL_S = 0.02


class Link:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.sent = b""
        """The end of what the client has sent so far."""

    def cut(self) -> None:
        """End the connection on both sides."""
        for side in (self.client, self.server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Listens on a port of its own; `url` leads through it.

    Args:
        url: of the database behind it; without TLS.
        to_server: receives what the client sends and returns what is forwarded.
        to_client: the same for the answers.
    """

    def __init__(self, url: sa.URL, to_server: Filter | None = None, to_client: Filter | None = None) -> None:
        self._target = (str(url.host), int(url.port or 5432))
        self._filters = (to_server or _unchanged, to_client or _unchanged)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._listen)]
        self._links: list[Link] = []
        self.hangs = threading.Event()
        """While it is set nothing goes through, and nothing is refused either."""
        self.is_gone = threading.Event()
        """While it is set new connections are cut at once."""
        self.url = url.set(port=self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while not self._is_over.is_set():
            if not select.select([self._listener], [], [], _POLL_S)[0]:
                continue
            client, _ = self._listener.accept()
            if self.is_gone.is_set():
                client.close()
                continue
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._target) as server:
            link = Link(client, server)
            routes = {client: (server, self._filters[0]), server: (client, self._filters[1])}
            while not self._is_over.is_set():
                ready = select.select(list(routes), [], [], _POLL_S)[0]
                while self.hangs.is_set() and not self._is_over.wait(_POLL_S):
                    pass
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client:
                        link.sent = (link.sent + data)[-1000:]
                    target, changed = routes[source]
                    target.sendall(changed(data, link))


def _unchanged(data: bytes, link: Link) -> bytes:
    return data


def other_process_number(data: bytes, link: Link) -> bytes:
    """Act as a pooler: the process that it names at the start is not the one that answers."""
    head, key_data, rest = data.partition(b"K\0\0\0\x0c")
    if not key_data:
        return data
    (process,) = struct.unpack("!I", rest[:4])
    return head + key_data + struct.pack("!I", process + 1) + rest[4:]


PHASES = {
    "plan": b"INSERT INTO freesport_sync.run_files",
    "stage": b"COPY stg_price",
    "resolve": b"CREATE TEMP TABLE chg_variant",
    "apply": b"UPDATE product_variants",
    "commit": b"COMMIT",
}
"""What the lock's connection sends in each phase of a run that changes a price."""


def at_phase(phase: str, act: Callable[[bytes], bytes]) -> Filter:
    """A `to_server` that acts once, when the lock's connection sends what stands in `PHASES`.

    Args:
        phase: a key of `PHASES`.
        act: receives what is sent and returns what is forwarded.
    """
    sent: dict[Link, bytes] = {}
    acted: list[Link] = []

    def to_server(data: bytes, link: Link) -> bytes:
        sent[link] = sent.get(link, b"") + data
        is_merged = phase != "commit" or b"SET CONSTRAINTS ALL IMMEDIATE" in sent[link]
        if acted or not is_merged or b"freesport_sync\0" not in sent[link] or PHASES[phase] not in data:
            return data
        acted.append(link)
        return act(data)

    return to_server
