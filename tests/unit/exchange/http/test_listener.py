"""Connections: late ones are closed, idle ones make room, and no answer takes an extra 40 ms."""

from __future__ import annotations

import asyncio
import socket
import ssl
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from freesport_sync.errors import ConfigError
from freesport_sync.exchange.http import listener as listener_module
from freesport_sync.exchange.http.connections import LoggedOnce
from freesport_sync.exchange.http.listener import Listener
from freesport_sync.exchange.http.replies import ExchangeReply
from tests.exchange_client import Wire
from tests.tls import certificate

MAX_CONNECTIONS = 5
HEAD_S = 0.2
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
Open = Callable[[], Wire]


async def _answer(request: Request) -> PlainTextResponse:
    if request.url.path == "/body":
        await request.body()
    return PlainTextResponse(request.client.host if request.client else "")


def refused(address: str, code: str) -> ExchangeReply:
    return ExchangeReply(f"failure\n{code} {address}", status=400)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Makes connections to a listener that has little patience and little room."""
    with listening(monkeypatch) as connect:
        yield connect


@contextmanager
def listening(
    monkeypatch: pytest.MonkeyPatch, certificate: Path | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Open]:
    monkeypatch.setattr(listener_module, "MAX_CONNECTIONS", MAX_CONNECTIONS)
    listener = Listener("127.0.0.1", 0, certificate, None, (), head_s=HEAD_S)
    started, stop = threading.Event(), threading.Event()
    app = Starlette(routes=[Route(path, _answer, methods=["GET", "POST"]) for path in ("/", "/body")])
    thread = threading.Thread(target=listener.run, args=(app, started.set, stop, lambda: None, refused))
    thread.start()
    assert started.wait(10)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Wire(listener.port, tls, timeout_s=5))
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def ask(wire: Wire, rest: bytes = b"\r\n") -> int:
    wire.send(HEAD + rest)
    return wire.answer().status


@pytest.mark.parametrize("begun", [b"", HEAD[:5], HEAD], ids=["nothing", "line", "headers"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_head_has_its_time(connect: Open, begun: bytes, is_first: bool) -> None:
    wire = connect()
    if not is_first:
        assert ask(wire) == 200
    wire.send(begun)
    if begun or is_first:
        asked_at = time.monotonic()
        assert wire.is_closed()
        assert time.monotonic() - asked_at < 3
    else:  # between two requests there is more time
        time.sleep(2 * HEAD_S)
        assert ask(wire) == 200


def test_the_body_of_a_request_is_none_of_its_business(connect: Open) -> None:
    wire = connect()
    wire.send(HEAD.replace(b"GET /", b"POST /body") + b"Content-Length: 2\r\n\r\na")
    time.sleep(2 * HEAD_S)
    wire.send(b"b")
    assert wire.answer().status == 200
    assert ask(wire) == 200


@pytest.mark.parametrize(
    "rest", [b"\r\n", b"Content-Length: 9\r\n\r\nhalf"], ids=["nothing to say", "body that nobody reads"]
)
def test_silent_connections_make_room(connect: Open, rest: bytes) -> None:
    silent = [connect() for _ in range(MAX_CONNECTIONS)]
    assert [ask(wire, rest) for wire in silent] == [200] * MAX_CONNECTIONS
    assert [ask(connect()) for _ in range(3)] == [200] * 3
    assert [wire.is_closed() for wire in silent[:3]] == [True] * 3


def test_who_is_late_makes_room_before_who_only_waits(connect: Open) -> None:
    waiting, late = connect(), connect()
    assert ask(waiting) == 200
    late.send(b"GET")
    others = [connect() for _ in range(MAX_CONNECTIONS - 2)]
    assert [ask(wire) for wire in (*others, connect())] == [200] * (MAX_CONNECTIONS - 1)
    assert late.is_closed()
    assert ask(waiting) == 200


def test_who_is_being_served_stays(connect: Open) -> None:
    busy = connect()
    busy.send(HEAD.replace(b"GET /", b"POST /body") + b"Content-Length: 2\r\n\r\na")
    assert [ask(connect()) for _ in range(2 * MAX_CONNECTIONS)] == [200] * 2 * MAX_CONNECTIONS
    busy.send(b"b")
    assert busy.answer().status == 200


# --- what is no request, or could be two ---

MANY = b"".join(b"A%d: %s\r\n" % (number, b"b" * 200) for number in range(90))
"""Of headers: 18 KB."""


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("GET /я HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "exchange_address_unescaped"),
        ("GET /я HTTP/1.1\r\nHost: a\r\n\r\n".encode("cp1251"), "exchange_address_unescaped"),
        ("\r\nGET /?a=я HTTP/1.1\r\nHost: a\r\n\r\n".encode(), "exchange_address_unescaped"),
        (HEAD + MANY + b"\r\n", "exchange_head_too_large"),
        (HEAD + MANY, "exchange_head_too_large"),
        (b"GET /?" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", "exchange_head_too_large"),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "exchange_two_lengths"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "exchange_two_lengths"),
        (b"SSH-2.0\r\n\r\n", "exchange_request_invalid"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("step", [1_000_000, 5000], ids=["at once", "in pieces"])
def test_what_is_refused_before_anybody_looks_at_it(
    connect: Open, request_: bytes, code: str, is_first: bool, step: int
) -> None:
    wire = connect()
    if not is_first:
        assert ask(wire) == 200
    for start in range(0, len(request_), step):
        wire.send(request_[start : start + step])
    answer = wire.answer()
    assert (answer.status, answer.text) == (400, f"failure\n{code} 127.0.0.1")
    assert wire.is_closed()
    assert ask(connect()) == 200


def test_a_long_head_that_is_not_too_long_is_taken(connect: Open) -> None:
    assert ask(connect(), MANY[:16_000].rpartition(b"\r\n")[0] + b"\r\n\r\n") == 200


# --- TLS ---


def test_who_never_begins_the_handshake_is_counted_and_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = certificate(tmp_path / "certificate.pem")
    tls = ssl.create_default_context(cafile=str(file))
    with listening(monkeypatch, file, tls) as connect, ExitStack() as stack:
        port = connect().socket.getpeername()[1]
        served = connect()
        assert ask(served) == 200
        silent = [stack.enter_context(Wire(port, timeout_s=5)) for _ in range(3 * MAX_CONNECTIONS)]
        for number, wire in enumerate(silent):
            with suppress(ConnectionError):  # it has had to go
                wire.send(b"\x16\x03\x01"[: number % 4])
        began_at = time.monotonic()
        assert all(wire.is_closed() for wire in silent)
        assert time.monotonic() - began_at < 10
        assert ask(connect()) == 200
        garbage = stack.enter_context(Wire(port, timeout_s=5))
        garbage.send(b"GET / HTTP/1.1\r\n\r\n")
        while not garbage.is_closed():  # TLS says that it is none
            pass
    assert capfd.readouterr().err == ""


def test_a_request_may_come_with_the_end_of_the_handshake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = certificate(tmp_path / "certificate.pem")
    tls = ssl.create_default_context(cafile=str(file))
    with listening(monkeypatch, file, tls) as connect:
        port = connect().socket.getpeername()[1]
        for _ in range(20):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            secured = tls.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with socket.create_connection(("127.0.0.1", port), 5) as plain:
                while True:
                    try:
                        secured.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        plain.sendall(outgoing.read())
                        incoming.write(plain.recv(65_536))
                secured.write(HEAD + b"\r\n")
                plain.sendall(outgoing.read())  # the end of the handshake and the request in one packet
                while True:
                    try:
                        assert secured.read(12) == b"HTTP/1.1 200"
                        break
                    except ssl.SSLWantReadError:
                        incoming.write(plain.recv(65_536))


def test_what_the_system_refuses_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    logged_once = LoggedOnce()
    with asyncio.Runner() as runner:
        for _ in range(100):
            logged_once(
                runner.get_loop(), {"message": "socket.accept() out of system resource", "exception": OSError()}
            )
    assert len(caplog.records) == 1


def test_answers_come_at_once(connect: Open) -> None:
    wire, times = connect(), []
    for _ in range(20):
        asked_at = time.monotonic()
        ask(wire)
        times.append(time.monotonic() - asked_at)
    assert statistics.median(times) < 0.03


def test_an_address_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="exchange_address_unusable"):
        Listener("127.0.0.1", taken.getsockname()[1], None, None, ())
