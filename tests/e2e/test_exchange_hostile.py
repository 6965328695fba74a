"""Some hundred requests of people who mean no good: a reason for each, nothing written, and 1C is served as before."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders import product
from tests.e2e.serving import Server, catalogue_2x, document, import_xml, price, serving
from tests.exchange_client import PATH, Answer, Wire, basic, escaped, zipped
from tests.program import Installation
from tests.shop import Shop
from tests.watching import wait_until

IMPATIENT = """
import sys
from functools import partial
from freesport_sync.__main__ import main
from freesport_sync.exchange import server
from freesport_sync.exchange.http import bodies
bodies.STALL_S = 1
server.Listener = partial(server.Listener, head_s=1)
sys.exit(main())
"""
MODES = ("checkauth", "init", "file", "import", "deactivate", "complete", "query", "success", "info", "", "x" * 300)
NAMES = (
    *("../../../etc/cron.d/a.xml", "..\\..\\..\\windows\\a.xml", "....//....//a.jpg", "/etc/passwd"),
    *("//host/share/a.jpg", "%2e%2e/%2e%2e/a.jpg", "..%2f..%2fa.jpg", "..%c0%af..%c0%afa.jpg", "．．／a.jpg"),
    *("import_files/../../../../a.jpg", "import_files\\..\\..\\a.jpg", "C:\\..\\..\\a.xml", "C:/../a.jpg"),
    *("a.jpg\x00.xml", "\x00", "a\r\nSet-Cookie: b=c.xml", "\u202egpj.xml", "CON", "nul.xml", "import_files/aux.jpg"),
    *("x" * 4000, "/".join(["a"] * 200) + "/a.jpg", "я" * 300, ".", "..", "/", "\\", "~/.ssh/authorized_keys"),
    *("|id", "a;id.xml", "a.xml/../b.jpg", "\\\\?\\C:\\a.jpg", "$(id).xml", "index.php", ".htaccess", "a.phtml"),
    *("runs/x/a.jpg", "../runs/a.jpg", "../../exchange.password", "portions/../../a.jpg"),
)  # fmt: skip
CALLS = (
    *("", "&", "=", "?", "type", "mode=init", "type=catalog", "type=catalog&mode=checkauth&mode=file&filename=a.xml"),
    *("type=sale&type=catalog&mode=init", "type[]=catalog&mode[]=init", "type=catalog;mode=init"),
    *("type=catalog%00&mode=init", "type=%ff%fe&mode=%00", "type=catalog&mode=init%0d%0aX: y", "type=" + "a" * 9000),
    *("&".join(f"a{n}={n}" for n in range(1500)), "type=catalog&mode=file&filename=%"),
    *("TYPE=catalog&MODE=init", "type=catalog&mode=import&filename", "type=catalog&mode=deactivate"),
    "type=catalog&mode=deactivate&timestamp=" + "0" * 19 + "1" + "9" * 5000,
    *(f"type=catalog&mode=deactivate&timestamp={text}" for text in ("-1", "0", "1e9", "NaN", "1", "' or 1=1")),
    *("type=catalog&mode=init&version=" + "9" * 5000, "type=reference&mode=checkauth", "type=listen&version=2.1"),
    *("type=catalog&mode=file&filename=a.xml&sessid=../../..", "type=catalog&mode=exec&cmd=id", "type=sale&mode=file"),
)  # fmt: skip
PATHS = (
    *("/", "/../../etc/passwd", f"{PATH}/..", f"/..{PATH}", "/%2e%2e/%2e%2e/etc/passwd", f"{PATH}/x", "*"),
    *("/1c_exchange.php/../a", "/1C_EXCHANGE.PHP/x", "//healthz", "/docs", "/openapi.json", "/healthz/"),
    "\\etc\\passwd",
)  # fmt: skip
LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, 40))
    + "]><a>&a39;</a>"
)
EXTERNAL = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><КоммерческаяИнформация>&x;</КоммерческаяИнформация>"
DOCUMENTS = {
    "dtd.xml": EXTERNAL.encode(),
    "laughs.xml": LAUGHS.encode(),
    "parameter.xml": b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>",
    "deep.xml": document("<Каталог>" + "<a>" * 200_000),
    "token.xml": document(f"<Каталог a='{'x' * 12_000_000}'/>"),
    "name.xml": document(f"<{'x' * 12_000_000}/>"),
    "attributes.xml": document("<Каталог " + " ".join(f"a{n}=''" for n in range(30_000)) + "/"),
    "cp1251.xml": import_xml(product("hostile"), encoding="windows-1251")[:-60],
    "lying.xml": "<?xml version='1.0' encoding='utf-8'?><Каталог>".encode("cp1251"),
    "utf7.xml": b"<?xml version='1.0' encoding='utf-7'?><a/>",
    "utf16.xml": "<?xml version='1.0' encoding='utf-16'?><a>".encode("utf-16"),
    "nul.xml ".strip(): b"",
    "zero.xml": b"\x00" * 100_000,
    "empty.xml": b"",
    "html.xml": b"<html><script>alert(1)</script>",
    "picture.xml": b"\xff\xd8\xff\xe0" * 1000,
    "xinclude.xml": b"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='/etc/passwd' parse='text'/></a>",
}
ARCHIVES = {
    "slip.zip": zipped({"../../../a.xml": b"<a/>"}),
    "rubbish.zip": b"PK\x03\x04" + b"\xff" * 1000,
    "bomb.zip": zipped({"a.xml": b" " * 150_000_000}),
}


@dataclass
class Enemy:
    """Sends hostile requests, and checks every answer.

    Args:
        server: to bother.
        secrets: what no answer may contain.
    """

    server: Server
    secrets: Sequence[str]
    cookie: str = ""
    answers: int = 0
    bad: list[str] = field(default_factory=list)

    def raw(self, data: bytes, *, ends: bool = True) -> list[Answer]:
        """Bytes on a connection of its own, and all that comes back; `ends`: nothing more is sent."""
        found: list[Answer] = []
        with Wire(self.server.port, timeout_s=20) as wire:
            try:
                wire.send(data)
                if ends:
                    wire.socket.shutdown(socket.SHUT_WR)
                while True:
                    found.append(wire.answer())
            except (EOFError, ConnectionError):
                pass  # it need not answer what is no HTTP
        for answer in found:
            self.look_at(answer, data)
        return found

    def ask(self, query: str, body: bytes | None = None, **headers: str) -> Answer:
        """A proper request for something improper, with the password."""
        return self.request("GET" if body is None else "POST", f"{PATH}?{query}", body or b"", **headers)

    def request(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        usual = {"Host": "a", "Authorization": basic(), "Cookie": self.cookie, "Content-Length": str(len(body))}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in (usual | headers).items() if value]
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "Connection: close", "", ""])
        answers = self.raw(head.encode("utf-8", "surrogateescape") + body, ends=False)
        return answers[0] if answers else Answer(0, {}, b"")

    def look_at(self, answer: Answer, asked: bytes) -> None:
        self.answers += 1
        text = answer.body.decode("utf-8", "replace") + str(answer.headers)
        leaks = [secret for secret in self.secrets if secret in text]
        is_odd = answer.status != 200 and b"\nsuccess" in b"\n" + answer.body
        if answer.status >= 500 or leaks or is_odd or "set-cookie" in answer.headers:
            self.bad.append(f"{asked[:200]!r} -> {answer.status} {text[:300]} {leaks}")


@pytest.fixture
def enemy(stocked_shop: Shop, tmp_path: Path) -> Iterator[Enemy]:
    home = tmp_path / "home"
    with serving(stocked_shop.url, home, file_limit_mb=20, program=("-c", IMPATIENT)) as server:
        secrets = (
            str(tmp_path),
            str(Path(__file__).parents[2]),
            "Traceback",
            ".py",
            "root:",
            "argon2",
            "site-packages",
        )
        yield Enemy(server, secrets)


def test_hundreds_of_hostile_requests(enemy: Enemy, stocked_shop: Shop, tmp_path: Path) -> None:
    server = enemy.server
    outside = _files(tmp_path)
    onec = server.standard()
    onec.log_in()
    onec.init()
    stolen, enemy.cookie = onec.cookie, onec.cookie

    _bother_http(enemy)
    _bother_bodies(enemy)
    for path in PATHS:
        assert enemy.request("GET", path).status in (0, 400, 404), path
    for call in CALLS:
        assert enemy.ask(call).word in ("failure", "zip=yes", "success", "invalid http request received."), call
    for name in NAMES:
        for mode, body in (("file", b"<a/>"), ("import", None)):
            enemy.ask(f"type=catalog&mode={mode}&filename={escaped(name)}", body)
            enemy.request(
                "POST" if body else "GET", f"{PATH}?type=catalog&mode={mode}&filename=" + _raw(name), body or b""
            )

    enemy.cookie = ""
    for mode in MODES:
        for type_ in ("catalog", "sale"):
            query = f"type={type_}&mode={mode}&filename=a.xml&timestamp=1&sessid={stolen.partition('=')[2]}"
            for headers in (
                {"Authorization": ""},
                {"Authorization": "Basic !!!", "Cookie": stolen},
                {"Authorization": "Bearer " + "x" * 5000, "Cookie": stolen},
            ):
                assert enemy.ask(query, None, **headers).status == 401, (query, headers)
            for cookie in (
                "",
                "freesport_exchange=",
                "freesport_exchange=x",
                f"other={stolen}",
                stolen[:-1],
                "=;=;;,\x01",
            ):
                if mode != "checkauth":
                    assert enemy.ask(query, b"<a/>", Cookie=cookie).word == "failure", (query, cookie)
            if mode != "checkauth":  # the cookie of somebody else
                assert enemy.ask(query, Authorization=basic("other"), Cookie=stolen).word == "failure"

    enemy.cookie = stolen
    for number, (name, data) in enumerate({**DOCUMENTS, **ARCHIVES}.items()):
        if name in ARCHIVES or number % 6 == 0:
            assert enemy.ask("type=catalog&mode=init").word == "zip=yes"
        enemy.ask(f"type=catalog&mode=file&filename={name}", data)
        answer = enemy.ask(f"type=catalog&mode=import&filename={name}")
        while answer.word == "progress":
            answer = enemy.ask(f"type=catalog&mode=import&filename={name}")
        assert answer.word == "failure", (name, answer)
        assert answer.code, (name, answer)

    assert enemy.bad == []
    assert enemy.answers > 500
    # A good exchange is served as before, in the session from before.
    assert onec.ask("init").word == "zip=yes"
    assert {answer.text for answer in onec.send_batch(catalogue_2x("good")).values()} == {"success"}
    onec.close()
    assert price(stocked_shop, "good") == 100
    assert stocked_shop.value("SELECT count(*) FROM products WHERE onec_id = 'hostile'") == 0
    assert _files(tmp_path) == outside
    assert not [path for path in server.spool.rglob("*") if path.is_symlink()]
    logs = Installation(server.home).logs
    assert "Traceback" not in logs
    assert "unexpected" not in logs
    server.program.interrupt()
    assert server.program.ended().stderr == ""


def _raw(name: str) -> str:
    """The value with only the characters escaped that would end the line."""
    return "".join(char if char > " " and char != "\x7f" else f"%{ord(char):02x}" for char in name)


def _files(folder: Path) -> set[Path]:
    """Everything that is not received, logged or worked on."""
    mine = (folder / "home/exchange", folder / "home/logs", folder / "home/work", folder / "home/backups")
    return {path for path in folder.rglob("*") if not any(path.is_relative_to(one) for one in mine)}


def _bother_http(enemy: Enemy) -> None:
    auth = f"Authorization: {basic()}\r\nCookie: {enemy.cookie}\r\n"
    good = f"{PATH}?type=catalog&mode=init"
    for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "PROPFIND", "X" * 5000):
        answer = enemy.request(method, good)
        assert answer.status in (0, 400, 405), method
        assert b"file_limit" not in answer.body
    for line in (
        *("", " ", "\x00", "GET", f"GET {good}", f"GET {good} HTTP/9.9", f"GET {good} FTP/1.1"),
        *(f"GET  {good} HTTP/1.1", f"GET {good}  HTTP/1.1", f"GET {PATH}?{'a' * 100_000} HTTP/1.1", "PRI * HTTP/2.0"),
        *("GET http://elsewhere/ HTTP/1.1", "GET \x00 HTTP/1.1", "GET я HTTP/1.1", "\x16\x03\x01\x02", "SSH-2"),
    ):  # fmt: skip
        enemy.raw(f"{line}\r\nHost: a\r\n{auth}\r\n".encode())
    for header in (
        *("A: " + "b" * 100_000, "\r\n".join(f"A{n}: b" for n in range(3000)), "no colon", ": no name", "A : b"),
        *("A: b\r\n folded", "A: b\rc", "A: b\x00c", "Host: b", "Cookie: " + "a=b; " * 2500, "Cookie: \xff\xfe"),
        *("Expect: 200-maybe", "Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: h2c\r\nHTTP2-Settings: AAAA"),
        *("Authorization: Basic", f"Authorization: {basic()}", "X-Forwarded-For: 1.2.3.4, ::1", "Forwarded: for=x"),
        *("Range: bytes=0-1", "Content-Type: multipart/form-data; boundary=x", "Content-Type: application/json"),
    ):  # fmt: skip
        enemy.raw(f"GET {good} HTTP/1.1\r\nHost: a\r\n{header}\r\n{auth}\r\n".encode("latin-1"))
    enemy.raw(f"GET {good} HTTP/1.1\r\n{auth}\r\n".encode())  # no host
    # Three requests at once are answered one after the other.
    one = f"GET {good} HTTP/1.1\r\nHost: a\r\n{auth}\r\n".encode()
    last = one.replace(b"Host: a", b"Host: a\r\nConnection: close")
    assert [answer.word for answer in enemy.raw(one * 5 + last, ends=False)] == ["zip=yes"] * 6
    smuggled = (
        f"POST {good} HTTP/1.1\r\nHost: a\r\n{auth}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert len(enemy.raw(smuggled.encode() + one)) <= 2
    with ExitStack() as stack:  # heads that never end, and connections on which nothing comes
        wires = [stack.enter_context(Wire(enemy.server.port)) for _ in range(40)]
        for number, wire in enumerate(wires):
            wire.send(f"GET {good} HTTP/1.1\r\nHost: a\r\nA: b"[: number * 3].encode())
        assert enemy.ask("type=catalog&mode=init").word == "zip=yes"
        assert all(wire.is_closed() for wire in wires)


def _bother_bodies(enemy: Enemy) -> None:
    auth = f"Authorization: {basic()}\r\nCookie: {enemy.cookie}\r\n"
    head = f"POST {PATH}?type=catalog&mode=file&filename=broken.jpg HTTP/1.1\r\nHost: a\r\n{auth}"
    for length in ("-1", "x", "1e3", "0x10", "٣", "9" * 19, "9" * 5000, "1, 2", "1\r\nContent-Length: 2", "", "+5"):
        enemy.raw(f"{head}Content-Length: {length}\r\n\r\n12345".encode())
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n"
    for body in (
        *("x\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "5\r\n12345", "5\r\n12345xx0\r\n\r\n", "5;" + "a" * 70_000),
        *("5\r\n12345\r\n", "5\r\n12345\r\n0\r\n" + "A: b\r\n" * 5000, "0\r\n", "\r\n", "5\n12345\n0\n\n", "0" * 30),
    ):  # fmt: skip
        enemy.raw((chunked + body).encode())
    for coding in ("gzip", "chunked, chunked", "identity", "x"):
        enemy.raw(f"{head}Transfer-Encoding: {coding}\r\n\r\n5\r\n12345\r\n0\r\n\r\n".encode())
    # A body that stands still gets its answer, or its end, in time; nothing of it is kept.
    head += "Connection: close\r\n"
    enemy.raw(f"{head}Content-Length: 100\r\n\r\n12345".encode(), ends=False)
    enemy.raw(f"{head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n".encode(), ends=False)
    too_long = enemy.raw(f"{head}Content-Length: {10**15}\r\n\r\n12345".encode(), ends=False)
    assert [answer.code for answer in too_long] in ([], ["exchange_fragment_too_large"])
    wait_until(lambda: "broken.jpg" not in enemy.server.spooled() or _size(enemy.server, "broken.jpg") == 0)


def _size(server: Server, name: str) -> int:
    return sum(path.stat().st_size for path in server.spool.rglob(name))
