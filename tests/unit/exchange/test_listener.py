"""Connections: who is late goes, who is silent makes room, and nobody has to wait 40 ms for an answer."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from freesport_sync.errors import ConfigError
from freesport_sync.exchange import listener as listener_module
from freesport_sync.exchange.listener import Listener
from tests.exchange_client import Wire

MAX_CONNECTIONS = 5
HEAD_S = 0.2
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
Open = Callable[[], Wire]


async def _answer(request: Request) -> PlainTextResponse:
    if request.url.path == "/body":
        await request.body()
    return PlainTextResponse(request.client.host if request.client else "")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Makes connections to a listener that has little patience and little room."""
    monkeypatch.setattr(listener_module, "MAX_CONNECTIONS", MAX_CONNECTIONS)
    listener = Listener("127.0.0.1", 0, None, None, (), head_s=HEAD_S)
    started, stop = threading.Event(), threading.Event()
    app = Starlette(routes=[Route(path, _answer, methods=["GET", "POST"]) for path in ("/", "/body")])
    thread = threading.Thread(target=listener.run, args=(app, started.set, stop, lambda: None))
    thread.start()
    assert started.wait(10)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Wire(listener.port, timeout_s=5))
    stop.set()
    thread.join(10)


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
