"""1C's side of the exchange, byte for byte over a socket: its two clients, which contradict each other (EXCHANGE-1).

A client fails with `Stopped` where 1C itself would stop; otherwise it returns the last answer.
"""

from __future__ import annotations

import base64
import io
import socket
import ssl
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import quote

TIMEOUT_S = 30.0
PATH = "/api/integration/1c/exchange"
USER = "1c"
PASSWORD = "секрет-2026"


class Stopped(Exception):
    """1C gives up, because it does not understand the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a server.

    Args:
        status: HTTP status.
        headers: with names in lower case.
        body: as received.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def lines(self) -> list[str]:
        """As 1C splits them: at LF, nothing trimmed."""
        return self.text.split("\n")

    @property
    def word(self) -> str:
        """The first line, as 1C reads it."""
        return self.lines[0].strip().lower()

    @property
    def code(self) -> str:
        """Of a failure: the word before the colon."""
        return self.lines[1].partition(":")[0] if len(self.lines) > 1 else ""


class Wire:
    """One connection.

    Args:
        port: of this computer.
        tls: verifies the server's certificate; None: no TLS.
        timeout_s: how long an answer may take.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain if tls is None else tls.wrap_socket(plain, server_hostname="localhost")
        self._read = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._read.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer.

        Raises:
            EOFError: the connection was closed instead.
        """
        status, headers = self.head()
        if "content-length" in headers:
            return Answer(status, headers, self._read.read(int(headers["content-length"])))
        return Answer(status, headers, b"" if status == 100 else self._read.read())

    def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        line = self._read.readline()
        if not line:
            raise EOFError
        headers: dict[str, str] = {}
        while (header := self._read.readline().rstrip(b"\r\n")) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers

    def is_closed(self) -> bool:
        """Wait for the end of the connection; False when more comes."""
        try:
            return self._read.read(1) == b""
        except ConnectionError:
            return True


def basic(user: str = USER, password: str = PASSWORD) -> str:
    """The value of `Authorization`."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@dataclass
class StandardClient:
    """The standard configurations of 1C: UT 11, ERP, Retail and others.

    Args:
        port: of the server.
        path: of its address.
        user: in 1C's settings.
        password: in 1C's settings.
        http: `1.0` for old platforms.
        expects: asks for `100 Continue` before a file, as platforms with libcurl do.
        posts: everything is a POST.
        headers: further ones, for example those of a proxy.
        tls: see `Wire`.
    """

    port: int
    path: str = PATH
    user: str = USER
    password: str = PASSWORD
    http: str = "1.1"
    expects: bool = False
    posts: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    cookie: str = ""
    login: Answer | None = None
    limit: int = 0
    is_zip: bool = False
    progress_texts: list[str] = field(default_factory=list)
    """The texts of `progress` that its user has seen."""
    _wire: Wire | None = None

    # --- HTTP ---

    def ask(self, mode: str, *, type: str = "catalog", body: bytes | None = None, **parameters: str) -> Answer:
        """One request; `body` makes it a POST."""
        query = f"type={type}&mode={mode}" + "".join(f"&{name}={escaped(value)}" for name, value in parameters.items())
        return self.send(query + self.suffix(mode, type), body)

    def suffix(self, mode: str, type: str) -> str:
        """What the module of 1C-Bitrix adds."""
        return ""

    def send(self, query: str, body: bytes | None = None) -> Answer:
        method = "GET" if body is None and not self.posts else "POST"
        expects = self.expects and body is not None
        head = [f"{method} {self.path}{'&' if '?' in self.path else '?'}{query} HTTP/{self.http}"]
        head += [f"Host: 127.0.0.1:{self.port}"] if self.http == "1.1" else []
        head += [f"Authorization: {basic(self.user, self.password)}", "User-Agent: 1C+Enterprise/8.3"]
        head += [f"Cookie: {self.cookie}"] if self.cookie else []
        head += [f"Content-Length: {len(body or b'')}"] if method == "POST" else []
        head += ["Expect: 100-continue"] if expects else []
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        raw = ("\r\n".join(head) + "\r\n\r\n").encode()
        with self._connected() as wire:
            wire.send(raw if expects else raw + (body or b""))
            if expects:
                answer = wire.answer()
                if answer.status != 100:
                    return answer
                wire.send(body or b"")
            return wire.answer()

    @contextmanager
    def _connected(self) -> Iterator[Wire]:
        """The connection of the batch; one for each request where the other side or the version ends it."""
        if self.http == "1.0":
            with Wire(self.port, self.tls) as wire:
                yield wire
            return
        if self._wire is None:
            self._wire = Wire(self.port, self.tls)
        yield self._wire

    def close(self) -> None:
        """The end of a batch: 1C makes a new connection for the next."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # --- the steps ---

    def log_in(self, type: str = "catalog") -> Answer:
        """`checkauth`; lines 2 and 3 become the cookie as they are."""
        self.close()
        self.cookie = ""
        answer = self.ask("checkauth", type=type)
        if answer.word != "success" or len(answer.lines) < 3:
            raise Stopped(answer)
        self.cookie = f"{answer.lines[1]}={answer.lines[2]}"
        self.login = answer
        return answer

    def init(self, type: str = "catalog") -> Answer:
        answer = self.ask("init", type=type)
        if len(answer.lines) != 2:
            raise Stopped(answer)
        self._read_limits(answer)
        return answer

    def _read_limits(self, answer: Answer) -> None:
        values = dict(line.split("=", 1) for line in answer.lines)
        self.is_zip, self.limit = values["zip"] == "yes", int(values["file_limit"])

    def upload(self, name: str, data: bytes, type: str = "catalog") -> Answer:
        """`file`, as often as the limit wants."""
        step = self.limit or len(data) or 1
        for start in range(0, len(data) or 1, step):
            answer = self.ask("file", type=type, body=data[start : start + step], filename=name)
            if answer.status != 200 or answer.text != "success":
                raise Stopped(answer)
        return answer

    def ask_import(self, name: str, type: str = "catalog") -> Answer:
        """`import`, again and again for as long as the answer is `progress`."""
        while True:
            answer = self.ask("import", type=type, filename=name)
            if answer.word != "progress":
                break
            self.progress_texts.append(answer.lines[1])
        if answer.word not in ("success", "failure"):
            raise Stopped(answer)  # «Получен неизвестный статус импорта»
        return answer

    # --- whole batches ---

    def send_batch(self, files: Mapping[str, bytes], type: str = "catalog") -> dict[str, Answer]:
        """One batch from its login on: the answer to the import of each XML file.

        The files at the top go first and all are sent before the first import; a failed one does not stop the others.
        """
        self.log_in(type)
        self.init(type)
        ordered = sorted(files, key=lambda name: "/" in name)
        if self.is_zip:
            self.upload("v8_1A76_155ae.zip", zipped({name: files[name] for name in ordered}), type)
        else:
            for name in ordered:
                self.upload(name, files[name], type)
        return {
            name: self.ask_import(name.rpartition("/")[2], type)
            for name in ordered
            if name.endswith(".xml") and "import_files/" not in name
        }


@dataclass
class BitrixClient(StandardClient):
    """The module of 1C-Bitrix for 1C.

    Args:
        version: of the schema.
    """

    version: str = "3.1"
    timestamp: str = ""
    """Line 5 of the first login of an export."""

    def suffix(self, mode: str, type: str) -> str:
        if mode == "checkauth" or self.login is None:
            return f"&version={self.version}"
        return f"&{self.login.lines[3]}&version={self.version}"

    def init(self, type: str = "catalog") -> Answer:
        answer = self.ask("init", type=type)
        if len(answer.lines) < (4 if type == "sale" else 2) or "charset=" not in answer.headers["content-type"]:
            raise Stopped(answer)
        self._read_limits(answer)
        return answer

    def full_export(self, batches: Iterable[Mapping[str, bytes]]) -> Answer:
        """Batch by batch, then `deactivate`: its answer."""
        self.timestamp = ""
        for files in batches:
            answers = self.send_batch(files)
            assert self.login is not None
            self.timestamp = self.timestamp or self.login.lines[4]
            if failed := [answer for answer in answers.values() if answer.word != "success"]:
                return failed[0]
        return self.deactivate()

    def deactivate(self) -> Answer:
        """In a session of its own, with the timestamp of the login that began the export."""
        self.log_in()
        while (answer := self.send(f"type=catalog&mode=deactivate{self.suffix('', '')}&{self.timestamp}")).word == (
            "progress"
        ):
            pass
        return answer

    def complete(self) -> Answer:
        self.log_in()
        return self.ask("complete")

    def send_log(self, name: str = "\\Reports\\Exchange_(Узел обмена)2026-11-21.zip") -> Answer:
        """Its own log, without `init`."""
        self.log_in()
        return self.ask("file", body=zipped({"log.txt": b"log"}), filename=name)


def escaped(value: str) -> str:
    """As the platform writes parameters: what must be escaped is, in UTF-8."""
    return quote(value, safe="/\\:()[]#,;@!$*'~")


def zipped(files: Mapping[str, bytes], encoding: str = "cp866") -> bytes:
    """An archive as 1C makes it: names in cp866 without the flag that says UTF-8."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            # zipfile encodes as ASCII or UTF-8 itself, so it gets a name whose bytes are those of the code page.
            entry = _Entry(name, encoding)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class _Entry(zipfile.ZipInfo):
    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(name, (2026, 11, 21, 12, 0, 0))
        self._encoding = encoding

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        if self._encoding == "utf-8":
            return self.filename.encode(), self.flag_bits | 0x800
        return self.filename.encode(self._encoding), self.flag_bits
