"""Sends requests as 1C does, and distinguishes what can go wrong."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.exchange import SELF_TEST_AGENT
from freesport_sync.core.printable import printable
from freesport_sync.errors import reason_of

MAX_ANSWER_BYTES = 1_000_000
USUAL_PATH = "/bitrix/admin/1c_exchange.php"
"""The path that 1C uses if none is entered."""
_HTML = re.compile(r"<[^>]*>")


class StepFailed(Exception):
    """A step does not work.

    Args:
        code: of the `CheckItem`; its text is in the section `check`.
        params: of that text.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class SelfTestAnswer:
    """The answer of a server, as far as 1C reads it."""

    status: int
    media_type: str
    body: bytes
    realm: str = ""
    """Of a 401: who asks for a password."""
    location: str = ""
    """Of a redirect: where it leads."""


@dataclass(frozen=True, slots=True)
class SelfTestClient:
    """Sends requests, each over a connection of its own.

    Args:
        address: URL as entered in 1C.
        user: of the exchange.
        password: of that user.
        cancel: aborts a request.
        certificate: of our own server, trusted under any host name; None: what the system trusts.
    """

    address: str
    user: str
    password: str = field(repr=False)
    cancel: CancelToken
    certificate: Path | None = None

    def reach(self, timeout_s: float) -> Iterator[CheckItem]:
        """Check the host name, the port and TLS, step by step.

        Raises:
            StepFailed: one of them does not work.
        """
        site = _site(self.address)
        try:
            socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise StepFailed("probe_host_unknown", host=site.host) from error
        try:
            connected = socket.create_connection((site.host, site.port), timeout_s)
        except OSError as error:
            raise StepFailed("probe_unreachable", server=site.server, reason=reason_of(error)) from error
        with connected:
            yield CheckItem("probe_reachable", True, {"server": site.server})
            if site.is_tls:
                with self._secured(connected, site) as secured:
                    yield CheckItem("probe_tls", True, {"version": secured.version() or "TLS"})

    def ask(self, step: str, query: str, cookie: str, body: bytes | None, timeout_s: float) -> SelfTestAnswer:
        """Send a request; with a body it is a POST.

        Raises:
            StepFailed: no answer came.
        """
        site = _site(self.address)
        headers = {"User-Agent": SELF_TEST_AGENT, "Authorization": f"Basic {self._credentials}", "Connection": "close"}
        if cookie:
            headers["Cookie"] = cookie
        method = "GET" if body is None else "POST"
        connection = http.client.HTTPConnection(site.host, site.port, timeout=timeout_s)
        try:
            with self.cancel.interrupting(lambda: _break(connection)):
                connection.sock = socket.create_connection((site.host, site.port), timeout_s)
                if site.is_tls:
                    connection.sock = self._secured(connection.sock, site)
                with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before the body ends
                    connection.request(method, site.target(query), body, headers)
                return _answer(connection.getresponse())
        except TimeoutError as error:
            raise StepFailed("probe_silent", step=step, seconds=round(timeout_s)) from error
        except (http.client.HTTPException, OSError) as error:
            if not site.is_tls and self._speaks_tls(site, timeout_s):
                raise StepFailed("probe_tls_expected") from error
            reason = reason_of(error) if isinstance(error, OSError) else type(error).__name__
            raise StepFailed("probe_broken", step=step, reason=reason) from error
        finally:
            connection.close()

    @property
    def _credentials(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def _secured(self, connected: socket.socket, site: _Site) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        try:
            if self.certificate is not None:
                context.check_hostname = False
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
                context.load_verify_locations(self.certificate)
            return context.wrap_socket(connected, server_hostname=site.host)
        except ssl.SSLCertVerificationError as error:
            raise StepFailed("probe_tls_untrusted", reason=error.verify_message) from error
        except ssl.SSLError as error:
            if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
                raise StepFailed("probe_tls_absent") from error
            raise StepFailed("probe_tls_failed", reason=error.reason or str(error)) from error
        except OSError as error:
            raise StepFailed("probe_tls_failed", reason=reason_of(error)) from error

    def _speaks_tls(self, site: _Site, timeout_s: float) -> bool:
        """Whether a server that does not answer plain HTTP wants TLS; sends nothing but the handshake."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with (
                socket.create_connection((site.host, site.port), timeout_s) as connected,
                context.wrap_socket(connected),
            ):
                return True
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class _Site:
    is_tls: bool
    host: str
    port: int
    path: str
    query: str

    @property
    def server(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def target(self, query: str) -> str:
        """Path and query of a request; the address may have parameters of its own."""
        return f"{self.path}?{'&'.join(filter(None, (self.query, query)))}"


def _site(address: str) -> _Site:
    """Split an address as 1C does: without blanks, backslashes as slashes, HTTP by default."""
    text = address.replace(" ", "").replace("\\", "/")
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise StepFailed("probe_address_invalid", address=shown(address)) from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise StepFailed("probe_address_invalid", address=shown(address))
    is_tls = parts.scheme == "https"
    path = quote(parts.path if parts.path.strip("/") else USUAL_PATH, safe="/%~")
    return _Site(is_tls, host, port or (443 if is_tls else 80), path, quote(parts.query, safe="=&%~/"))


def _answer(response: http.client.HTTPResponse) -> SelfTestAnswer:
    realm = re.search(r'realm="?([^",]*)', response.headers.get("WWW-Authenticate", ""))
    return SelfTestAnswer(
        status=response.status,
        media_type=response.headers.get("Content-Type", ""),
        body=response.read(MAX_ANSWER_BYTES),
        realm=realm[1] if realm else "",
        location=response.headers.get("Location", ""),
    )


def _break(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def shown(text: str) -> str:
    """A part of an answer, printable and short, to show to people."""
    return printable(_HTML.sub(" ", text), 300)
