"""The addresses of SSH hosts that people type: `shop`, `onec@shop`, `shop:2222`, `[::1]:2222`."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_PORT = 22
_SCHEMES = ("ssh://", "sftp://")


@dataclass(frozen=True, slots=True)
class SshAddress:
    """An SSH host as it was typed.

    Args:
        host: name, alias or address, without brackets.
        port: None: not given.
        user: None: not given.
    """

    host: str
    port: int | None = None
    user: str | None = None

    @property
    def login(self) -> str:
        """`user@host:port`, for people and for the key store."""
        user = f"{self.user}@" if self.user else ""
        return f"{user}{self.host}:{self.port or USUAL_PORT}"


def parse_ssh_address(text: str) -> SshAddress:
    """Parse an address that somebody typed.

    Raises:
        ValueError: the text names no host, contains a folder or a password, or its port is invalid.
    """
    bare = text.strip()
    for scheme in _SCHEMES:
        bare = bare.removeprefix(scheme)
    user, at, place = bare.removesuffix("/").rpartition("@")
    host, separator, port = place.partition(":")
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        separator, port = port[:1] if bracket else "[", port[1:]
    elif place.count(":") > 1:  # an IPv6 address
        host, separator, port = place, "", ""
    is_port = port.isdecimal() and 0 < int(port) < 65_536 if separator else not port
    is_user = bool(user) == bool(at) and not set(user) & set(": /\t")
    if not host or set(host) & set(" /@[]\t") or separator not in ("", ":") or not is_port or not is_user:
        raise ValueError(f"not an SSH host: {text}")
    return SshAddress(host, int(port) if port else None, user or None)
