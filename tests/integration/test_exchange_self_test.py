"""The self-test names what is wrong with a server that does not answer as 1C needs it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.errors import Cancelled
from freesport_sync.exchange.self_test.client import SelfTestClient
from freesport_sync.exchange.self_test.steps import SelfTestTimeouts, take_steps

TEXT = "text/plain; charset=utf-8"


class Says(NamedTuple):
    """What a server answers."""

    body: str
    status: int = 200
    media_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


Answers = Mapping[str, Says]
"""Mode, with a four where it says a version -> answer."""
LOGIN = Says("success\nsession\nabc\nsessid=1\ntimestamp=2")
GOOD = {
    "checkauth": LOGIN,
    "init": Says("zip=yes\nfile_limit=1000000"),
    "init4": Says("zip=yes\nfile_limit=1000000\nsessid=1\nversion=3.1"),
    "file": Says("success"),
    "import": Says("success"),
    "query": Says("<?xml version='1.0'?><Orders/>", media_type="application/xml; charset=utf-8"),
}


class _Handler(BaseHTTPRequestHandler):
    answers: Answers
    hanging: threading.Event

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        mode = query["mode"][0]
        says = self.answers.get("init4" if "version" in query else mode)
        if says is None:
            self.hanging.wait()
            return
        body = says.body.encode()
        self.send_response(says.status)
        for name, value in (("Content-Type", says.media_type), ("Content-Length", str(len(body))), *says.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Not into the output of the tests."""


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """A server that answers like this; its address."""
    hanging = threading.Event()
    handler = type("Handler", (_Handler,), {"answers": answers, "hanging": hanging})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/1c_exchange.php"
        finally:
            hanging.set()
            server.shutdown()
            thread.join()


def steps_of(
    address: str, knows: bool | None = None, cancel: CancelToken | None = None, request_s: float = 5.0
) -> tuple[CheckItem, ...]:
    token = cancel or CancelToken()
    return take_steps(
        SelfTestClient(address, "1c", "secret", token), knows, token, timeouts=SelfTestTimeouts(request_s, import_s=0)
    )


def test_a_correct_server_passes_every_step() -> None:
    with serving(GOOD) as address:
        items = steps_of(address)
    assert all(item.is_ok for item in items)
    assert [item.code.removeprefix("probe_") for item in items] == [
        *("reachable", "path", "login", "cookie", "init_two", "init_four", "file", "zip", "import", "query")
    ]


@pytest.mark.parametrize(
    ("mode", "says", "code", "shown"),
    [
        ("checkauth", Says("no", 404), "path_missing", "404"),
        ("checkauth", Says("", 301, headers=(("Location", "https://shop.example.ru/"),)), "redirected", "shop.example"),
        ("checkauth", Says("", 502), "gateway", "502"),
        ("checkauth", Says("failure\nnot from here", 403), "status", "not from here"),
        ("checkauth", Says("failure\nwrong", 401), "login_refused", "1c"),
        ("checkauth", Says("", 401, headers=(("WWW-Authenticate", 'Basic realm="Staging"'),)), "login_elsewhere", "St"),
        ("checkauth", Says("failure\nbanned"), "refused", "banned"),
        (
            "checkauth",
            Says("<!DOCTYPE html><p>Shop", media_type="text/html; charset=utf-8"),
            "answer_html",
            "checkauth",
        ),
        ("checkauth", Says("\ufeffsuccess\na\nb"), "answer_bom", "checkauth"),
        ("checkauth", Says(LOGIN.body.replace("\n", "\r\n")), "answer_crlf", "checkauth"),
        ("checkauth", Says(LOGIN.body, media_type="text/plain"), "answer_charset", "text/plain"),
        ("checkauth", Says(LOGIN.body, media_type=f"{TEXT}; x=1"), "answer_charset", "x=1"),
        ("checkauth", Says(""), "answer_empty", "checkauth"),
        ("checkauth", Says("success"), "cookie_missing", "success"),
        ("checkauth", Says("success\nname\nvalue "), "cookie_missing", "value"),
        ("init", Says("failure\nno session"), "cookie_lost", "no session"),
        ("init", GOOD["init4"], "init_lines", "4"),
        ("init", Says("zip=yes\nfile_limit=100\n"), "init_lines", "3"),
        ("init", Says("zip=perhaps\nfile_limit=100"), "init_unreadable", "perhaps"),
        ("init", Says("", 401), "login_forgotten", "init"),
        ("init4", GOOD["init"], "init_lines", "2"),
        ("init4", Says("zip=yes\nfile_limit=1\nversion=2\nsessid=1"), "init_unreadable", "version"),
        ("file", Says("<h1>Too Large</h1>", 413), "too_large", "1.5"),
        ("file", Says("progress\nwait"), "answer_unknown", "progress"),
        ("import", Says("failure\nno disk"), "import_failed", "no disk"),
        ("import", Says("queued"), "answer_unknown", "queued"),
        ("import", Says("progress\nstill there"), "import_slow", "still there"),
        ("query", Says('{"orders": []}'), "query_not_xml", "orders"),
        ("query", Says("<?xml version='1.0'?><Orders>"), "query_invalid", "no element"),
        ("query", Says("<?xml version='1.0'?><!DOCTYPE x><x/>"), "query_invalid", "DOCTYPE"),
    ],
)
def test_what_is_wrong_is_named_and_is_the_last_step(mode: str, says: Says, code: str, shown: str) -> None:
    with serving({**GOOD, mode: says}) as address:
        *before, last = steps_of(address)
    assert all(item.is_ok for item in before)
    assert (last.code, last.is_ok) == (f"probe_{code}", False)
    assert shown in " ".join(map(str, last.params.values()))


def test_a_right_password_that_is_refused_got_lost_on_its_way() -> None:
    with serving({**GOOD, "checkauth": Says("failure\nwrong", 401)}) as address:
        assert [steps_of(address, knows)[-1].code for knows in (True, False)] == [
            "probe_login_lost",
            "probe_login_wrong",
        ]


def test_without_zip_no_archive_is_sent() -> None:
    plain = {"init": Says("zip=no\nfile_limit=10"), "init4": Says("zip=no\nfile_limit=10\nsessid=1\nversion=3")}
    with serving(GOOD | plain) as address:
        codes = [item.code for item in steps_of(address)]
    assert "probe_zip" not in codes
    assert codes[-1] == "probe_query"


def test_a_hanging_server_is_left_in_time_and_a_cancelled_self_test_at_once() -> None:
    with serving({"checkauth": LOGIN}) as address:
        assert steps_of(address, request_s=0.1)[-1].code == "probe_silent"
        token = CancelToken()
        threading.Timer(0.2, token.cancel).start()
        with pytest.raises(Cancelled):
            steps_of(address, cancel=token, request_s=60)


def test_nothing_listens_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert steps_of(f"127.0.0.1:{port}")[-1].code == "probe_unreachable"
    assert steps_of(f"http://{'x' * 300}/")[-1].code == "probe_host_unknown"
    for address in ("ftp://shop.example.ru/", "http://", "http://shop:port/", "http://1c:secret@shop.example.ru/"):
        assert steps_of(address)[-1].code == "probe_address_invalid"
