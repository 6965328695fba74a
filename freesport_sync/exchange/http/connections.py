"""Connections, from the TLS handshake on; requests that are malformed or ambiguous are refused (SECURITY-5)."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from freesport_sync.core.log_entries import log_entry
from freesport_sync.exchange.http.connection_limiter import ConnectionLimiter
from freesport_sync.exchange.http.replies import ExchangeReply

MAX_HEAD_BYTES = 16 * 1024
IDLE_S = 75
"""How long a connection may be idle between two requests."""
SHUTDOWN_S = 2
LOG_AGAIN_S = 60.0
"""The same error is logged again after this time."""
_TOO_LONG = 431

log = logging.getLogger(__name__)

Refuse = Callable[[str, str], ExchangeReply]
"""The address of a client, and the code of the error in its request -> the answer."""


class Handshake(asyncio.Protocol):
    """A connection before the end of its TLS handshake.

    asyncio can do the handshake itself, but reports the connection only after it, and takes a quarter of a megabyte
    before the first byte has come.

    Args:
        connections: counts it.
        tls: certificate and key of the server.
        served: takes over after the handshake.
    """

    def __init__(self, connections: ConnectionLimiter, tls: ssl.SSLContext, served: HttpConnection) -> None:
        self._connections = connections
        self._tls = tls
        self._served = served
        self._task: asyncio.Task[None] | None = None
        self._early = b""
        """Bytes of the request that came together with the end of the handshake."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._connections.begin(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self)
        if self._task is not None:  # on Windows it may be lost now; TLS would never hear of it, and wait for ever
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._task is None:
            self._transport.pause_reading()  # TLS reads everything else
            self._task = asyncio.get_running_loop().create_task(self._agree(data))
        else:
            self._early += data

    def abort(self) -> None:
        self._connections.leave(self)
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()

    async def _agree(self, first: bytes) -> None:
        loop = asyncio.get_running_loop()
        agreeing = loop.create_task(
            loop.start_tls(
                self._transport,
                self,
                self._tls,
                server_side=True,
                ssl_handshake_timeout=self._connections.head_s,
                ssl_shutdown_timeout=SHUTDOWN_S,
            )
        )
        try:
            await asyncio.sleep(0)  # start_tls sets its protocol on the transport
            await asyncio.sleep(0)  # and connects it
            _feed(self._transport.get_protocol(), first)
            secured = await agreeing
        except OSError:  # not TLS, or an incompatible version; not logged: anybody could fill the disk with it
            secured = None
        finally:
            agreeing.cancel()
        self._connections.leave(self)
        if secured is None or self._transport.is_closing():
            self._transport.abort()
            return
        self._served.connection_made(secured)
        secured.set_protocol(self._served)
        if self._early:
            self._served.data_received(self._early)


def _feed(protocol: asyncio.BaseProtocol, data: bytes) -> None:
    """Pass data to a protocol that was received before it was set."""
    assert isinstance(protocol, asyncio.BufferedProtocol)
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        protocol.buffer_updated(size)
        data = data[size:]


class HttpConnection(H11Protocol):
    """Closes connections on which no complete head arrives, and refuses ambiguous requests."""

    def __init__(self, connections: ConnectionLimiter, refuse: Refuse, **others: Any) -> None:
        super().__init__(**others)
        self._counted = connections
        self._refuse = refuse
        self._is_refused = False
        self.conn = _StrictConnection(h11.SERVER, MAX_HEAD_BYTES)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio sets it only on sockets whose protocol number is set; without it the body of every answer would wait
        # 40 ms for the acknowledgement of the head (EXCHANGE-23).
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._update_limiter()
        self._counted.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:  # read all the same: a client that is reset does not read its answer
            return
        super().data_received(data)
        self._update_limiter()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._update_limiter()

    def abort(self) -> None:
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer something that is not a request, or a request that is refused."""
        assert isinstance(self.conn, _StrictConnection)
        reply = self._refuse(self.client[0] if self.client else "", self.conn.refusal)
        body = reply.body.encode("utf-8", "replace")
        headers = [("content-type", reply.media_type), ("content-length", str(len(body))), ("connection", "close")]
        head = h11.Response(status_code=reply.status, headers=headers, reason=b"Refused")
        sent = [self.conn.send(event) for event in (head, h11.Data(data=body), h11.EndOfMessage())]
        self.transport.write(b"".join(part or b"" for part in sent))
        self._is_refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._counted.forget(self)
            self._counted.due(self, SHUTDOWN_S)
        else:
            self.transport.close()

    def _update_limiter(self) -> None:
        """Tell the limiter whether the connection is idle, and how long an incomplete request may take."""
        if self.transport.is_closing() or self._is_refused:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._counted.forget(self)
            return
        has_begun = self.cycle is None or self.conn.their_state is not h11.IDLE or bool(self.conn.trailing_data[0])
        if not has_begun:
            self._counted.forget(self)
        # The rest of a refused body may take longer: 1C reads the answer only when it has sent everything.
        due_s = IDLE_S if self.conn.their_state is h11.SEND_BODY else self._counted.head_s
        self._counted.due(self, due_s if has_begun else None)


class _StrictConnection(h11.Connection):
    """Refuses what h11 accepts: heads that are too long but come at once, bodies with two lengths."""

    refusal = "exchange_request_invalid"
    """Why a request was refused: a code of `ExchangeRefused`."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        waiting = self.trailing_data[0][: MAX_HEAD_BYTES + 1] if self.their_state is h11.IDLE else b""
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == _TOO_LONG:
                self.refusal = "exchange_head_too_large"
            elif not waiting.lstrip().partition(b"\n")[0].isascii():
                self.refusal = "exchange_address_unescaped"
            raise
        if isinstance(event, h11.Request) and (problem := _problem_of(event)):
            self.refusal = problem
            raise h11.RemoteProtocolError(problem)
        return event


def _problem_of(request: h11.Request) -> str:
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers)
    if len(request.method) + len(request.target) + headers > MAX_HEAD_BYTES:
        return "exchange_head_too_large"
    names = [name for name, _ in request.headers]
    # Two servers that follow different lengths would see different requests in the same bytes.
    if b"transfer-encoding" in names and (b"content-length" in names or request.http_version != b"1.1"):
        return "exchange_two_lengths"
    return ""


class LoggedOnce:
    """Logs the errors that asyncio reports, each at most once a minute: anybody could fill the disk with them."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        what = f"{context['message']}: {type(context.get('exception')).__name__}"
        if loop.time() - self._logged_at.get(what, -LOG_AGAIN_S) >= LOG_AGAIN_S:
            self._logged_at[what] = loop.time()
            log_entry(log, logging.ERROR, "listening_trouble", cause=context.get("exception"), words=what)
