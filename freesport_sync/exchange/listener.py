"""Listens for 1C: uvicorn with limits that it does not have itself."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from freesport_sync.errors import ConfigError, SyncError, reason_of

HEAD_S = 15.0
"""How long the line and the headers of a request may take."""
MAX_HEAD_BYTES = 16 * 1024
MAX_CONNECTIONS = 512
IDLE_S = 75
"""How long a connection may be silent between two requests."""
SHUTDOWN_S = 2


class _Silent:
    """The connections on which no request is at work, the one that has been so for longest first.

    Those have a timer on which the rest of something is due.
    """

    def __init__(self, head_s: float) -> None:
        self.head_s = head_s
        self.timers: dict[_Protocol, asyncio.TimerHandle | None] = {}

    def pop(self, connection: _Protocol) -> None:
        timer = self.timers.pop(connection, None)
        if timer is not None:
            timer.cancel()

    def victim(self, newest: _Protocol) -> _Protocol:
        """Who has to go where there are too many: who is late, else who has had nothing to say for longest."""
        others = [one for one in self.timers if one is not newest]
        return next((one for one in others if self.timers[one] is not None), next(iter(others), newest))


class _Protocol(H11Protocol):
    """Closes connections on which no whole head of a request comes; silent ones make room for new ones."""

    def __init__(self, silent: _Silent, **others: Any) -> None:
        super().__init__(**others)
        self._silent = silent

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does it only for sockets whose protocol is named; else every answer, which has a head and a body,
        # would wait 40 ms for the client's acknowledgement of the head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._take_note()
        if len(self.connections) > MAX_CONNECTIONS:
            self._silent.victim(self).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._silent.pop(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._take_note()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._take_note()

    def _take_note(self) -> None:
        """Note whether a request is at work; if not, what is left of the last one or has come of the next is due."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._silent.pop(self)
            return
        has_begun = self.cycle is None or self.conn.their_state is not h11.IDLE or bool(self.conn.trailing_data[0])
        if not has_begun:
            self._silent.pop(self)
        timer = self._silent.timers.setdefault(self, None)
        if has_begun and timer is None:
            # The rest of a body that nobody wants may take longer: 1C reads the answer when it has sent all of it.
            due_s = IDLE_S if self.conn.their_state is h11.SEND_BODY else self._silent.head_s
            self._silent.timers[self] = self.loop.call_later(due_s, self.transport.abort)


class Listener:
    """One address.

    Args:
        host: name or address of an interface.
        port: 0: any that is free.
        certificate: PEM file with the chain; None: no TLS.
        key: PEM file of its key; None: in the same file.
        proxies: addresses whose `X-Forwarded-For` is believed.
        head_s: how long the head of a request may take.

    Raises:
        ConfigError: the address cannot be used, or the certificate cannot be read.
    """

    def __init__(
        self,
        host: str,
        port: int,
        certificate: Path | None,
        key: Path | None,
        proxies: tuple[str, ...],
        head_s: float = HEAD_S,
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._proxies = proxies
        self._head_s = head_s
        if certificate is not None:
            _check_certificate(certificate, key)
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.create_server((host, port), family=family, backlog=256)
        except OSError as error:
            raise ConfigError("exchange_address_unusable", host=host, port=port, reason=reason_of(error)) from error
        self.port: int = self._socket.getsockname()[1]

    def run(
        self, app: Starlette, started: Callable[[], None], stop: threading.Event, stopping: Callable[[], None]
    ) -> None:
        """Serve until `stop` is set.

        Args:
            app: what answers.
            started: called when the first request can come.
            stop: ends it; may be set from any thread.
            stopping: called then, so that requests that are held get their answer.
        """
        config = uvicorn.Config(
            app,
            http=cast("Any", partial(_Protocol, _Silent(self._head_s))),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",  # what is no HTTP is no news, and anybody could fill a disk with it
            access_log=False,
            server_header=False,
            proxy_headers=bool(self._proxies),
            forwarded_allow_ips=list(self._proxies),
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            ssl_certfile=None if self._certificate is None else str(self._certificate),
            ssl_keyfile=None if self._key is None else str(self._key),
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            serving = asyncio.create_task(server.serve(sockets=[self._socket]))
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            if not serving.done():
                started()
            while not stop.is_set() and not serving.done():
                await asyncio.sleep(0.1)
            await asyncio.to_thread(stopping)
            server.should_exit = True
            await serving
            if not server.started:
                raise SyncError("internal_error", reason="the server did not start")

        asyncio.run(serve())


def _check_certificate(certificate: Path, key: Path | None) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigError("exchange_certificate_unusable", file=str(certificate), reason=str(error)) from error
