"""Runs uvicorn, with limits on connections that it does not have itself (EXCHANGE-4, EXCHANGE-22)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from freesport_sync.errors import ConfigError, SyncError, reason_of
from freesport_sync.exchange.http.connection_limiter import ConnectionLimiter
from freesport_sync.exchange.http.connections import (
    IDLE_S,
    SHUTDOWN_S,
    Handshake,
    HttpConnection,
    LoggedOnce,
    Refuse,
)
from freesport_sync.os_support import open_files_limit

HEAD_S = 15.0
"""How long the request line and the headers may take."""
MAX_CONNECTIONS = 512
BACKLOG = 100
"""Connections that are accepted at once, before any of them is counted."""


class Listener:
    """Listens on one address.

    Args:
        host: name or address of the interface.
        port: of TCP; 0: any free one.
        certificate: PEM file with the chain; None: no TLS.
        key: PEM file of its key; None: in the same file.
        proxies: addresses whose `X-Forwarded-For` is trusted.
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
        self,
        app: Starlette,
        started: Callable[[], None],
        stop: threading.Event,
        stopping: Callable[[], None],
        refuse: Refuse,
    ) -> None:
        """Serve until `stop` is set.

        Args:
            app: answers the requests.
            started: called as soon as requests can come.
            stop: ends it; may be set from any thread.
            stopping: called on a thread after `stop`, so that held requests get their answers.
            refuse: see `connections.Refuse`.
        """
        connections = ConnectionLimiter(min(MAX_CONNECTIONS, open_files_limit() // 2), self._head_s)

        def greet(**others: Any) -> asyncio.Protocol:
            served = HttpConnection(connections, refuse, **others)
            return served if tls is None else Handshake(connections, tls, served)

        config = self._config(app, greet)
        config.load()
        tls, config.ssl = config.ssl, None
        server = uvicorn.Server(config)

        async def serve() -> None:
            asyncio.get_running_loop().set_exception_handler(LoggedOnce())
            serving = asyncio.create_task(server.serve(sockets=[self._socket]))
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            if not serving.done():
                started()
            while not stop.is_set() and not serving.done():
                await asyncio.sleep(0.1)
            await asyncio.to_thread(stopping)
            server.should_exit = True
            connections.close()
            await serving
            if not server.started:
                raise SyncError("internal_error", reason="the server did not start")

        asyncio.run(serve())

    def _config(self, app: Starlette, protocol: Callable[..., asyncio.Protocol]) -> uvicorn.Config:
        return uvicorn.Config(
            app,
            http=cast("Any", protocol),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",  # what is not HTTP is not logged: anybody could fill the disk with it
            access_log=False,
            server_header=False,
            proxy_headers=bool(self._proxies),
            forwarded_allow_ips=list(self._proxies),
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
            backlog=BACKLOG,
            ssl_certfile=None if self._certificate is None else str(self._certificate),
            ssl_keyfile=None if self._key is None else str(self._key),
        )


def _check_certificate(certificate: Path, key: Path | None) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigError("exchange_certificate_unusable", file=str(certificate), reason=str(error)) from error
