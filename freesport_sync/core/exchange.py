"""What the exchange server tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

PATHS = ("/api/integration/1c/exchange", "/1c_exchange.php", "/bitrix/admin/1c_exchange.php")
"""Of the exchange; the first is told to people."""
SELF_TEST_AGENT = "1C+Enterprise/8.3 (freesport-sync probe)"
"""The user agent of the self-test: nearly that of 1C, so that proxies treat both alike."""


@dataclass(frozen=True, slots=True)
class ServerStarted:
    """The server listens.

    Args:
        address: to be entered in 1C.
        user: whose password is asked for.
        is_dry_run: nothing is written to the shop.
        is_unprotected: others can read the password on its way: no loopback and no certificate.
    """

    address: str
    user: str
    is_dry_run: bool
    is_unprotected: bool


@dataclass(frozen=True, slots=True)
class RequestServed:
    """A request has been answered.

    Args:
        address: of the client.
        client: what it is, as far as it shows: `standard`, `bitrix`, `probe`, or as it calls itself.
        type: `catalog` or `sale`, as the client says it.
        mode: of the protocol, as the client says it.
        file: that the request is about.
        size_bytes: received with it.
        answer: first line of the answer.
        text: what follows it.
        status: of HTTP.
        duration_s: until the answer was ready.
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
class NotAskedFor:
    """Files were received, but 1C has not asked to import them.

    Args:
        folder: where they are.
        files: XML files and archives.
        idle_s: since the last one came.
        is_imported_now: the settings say so.
        is_overtaken: and they would be, if what came later were not in the shop already.
    """

    folder: str
    files: tuple[str, ...]
    idle_s: float
    is_imported_now: bool
    is_overtaken: bool = False


ExchangeEvent = ServerStarted | RequestServed | NotAskedFor


def address_for_1c(host: str, port: int, is_tls: bool, own_name: str) -> str:
    """What has to be entered in 1C for a server.

    Args:
        host: where it listens.
        port: of it.
        is_tls: it has a certificate.
        own_name: of this computer, for a server that listens on all its addresses.
    """
    try:
        is_any = ip_address(host).is_unspecified
    except ValueError:
        is_any = False
    host = own_name if is_any else f"[{host}]" if ":" in host else host
    return f"{'https' if is_tls else 'http'}://{host}:{port}{PATHS[0]}"
