"""Events of the exchange, the HTTP server that 1C sends its exports to."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

PATHS = ("/api/integration/1c/exchange", "/1c_exchange.php", "/bitrix/admin/1c_exchange.php")
"""URL paths of the exchange; people are shown the first one."""
SELF_TEST_AGENT = "1C+Enterprise/8.3 (freesport-sync probe)"
"""User-Agent of the self-test: close to that of 1C, so that proxies on the way treat it alike."""


@dataclass(frozen=True, slots=True)
class ExchangeStarted:
    """The exchange accepts requests.

    Args:
        address: URL to enter in 1C.
        user: name that 1C logs in with.
        is_dry_run: nothing is written to the shop.
        is_unprotected: the password crosses the network unencrypted: no loopback address and no certificate.
    """

    address: str
    user: str
    is_dry_run: bool
    is_unprotected: bool


@dataclass(frozen=True, slots=True)
class RequestHandled:
    """A request has been answered.

    Args:
        address: IP address of the client.
        client: `standard`, `bitrix` or `probe` where the client is known, else its User-Agent.
        type: query parameter `type` as sent: `catalog` or `sale`.
        mode: query parameter `mode` as sent.
        file: name of the file that the request is about; empty: none.
        size_bytes: size of the request's body.
        answer: first line of the answer.
        text: the other lines of the answer.
        status: HTTP status.
        duration_s: time until the answer was ready.
    """

    address: str
    client: str
    type: str
    mode: str
    file: str
    size_bytes: int
    answer: str
    text: str
    status: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class ImportNotRequested:
    """1C has uploaded files but never sent `mode=import` for them.

    Args:
        folder: where the files are.
        files: names of the XML files and archives.
        idle_s: time since the last upload.
        is_imported_now: the exchange imports them now, because a setting tells it to.
        is_overtaken: it would import them, but the shop already has a later upload.
    """

    folder: str
    files: tuple[str, ...]
    idle_s: float
    is_imported_now: bool
    is_overtaken: bool = False


ExchangeEvent = ExchangeStarted | RequestHandled | ImportNotRequested


def address_for_1c(host: str, port: int, is_tls: bool, own_name: str) -> str:
    """The URL to enter in 1C.

    Args:
        host: address that the exchange listens on.
        port: its port.
        is_tls: the exchange has a certificate.
        own_name: this computer's name, used where the exchange listens on all addresses.
    """
    try:
        is_any = ip_address(host).is_unspecified
    except ValueError:
        is_any = False
    host = own_name if is_any else f"[{host}]" if ":" in host else host
    return f"{'https' if is_tls else 'http'}://{host}:{port}{PATHS[0]}"
