"""What people type to name an SSH server: `shop`, `onec@shop`, `shop:2222`, `[::1]:2222`."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_PORT = 22
_SCHEMES = ("ssh://", "sftp://")


@dataclass(frozen=True, slots=True)
class SshAddress:
    """A server as it was typed.

    Args:
        host: name, alias or address, without brackets.
        port: None: nobody has said.
        user: None: likewise.
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
    """Take apart what somebody has typed.

    Raises:
        ValueError: this names no server: a folder or a password stands in it, or the port is none.
    """
    bare = text.strip()
    for scheme in _SCHEMES:
        bare = bare.removeprefix(scheme)
    user, at, place = bare.removesuffix("/").rpartition("@")
    host, separator, port = place.partition(":")
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        separator, port = port[:1] if bracket else "[", port[1:]
    elif place.count(":") > 1:  # an address of IPv6
        host, separator, port = place, "", ""
    is_port = port.isdecimal() and 0 < int(port) < 65_536 if separator else not port
    is_user = bool(user) == bool(at) and not set(user) & set(": /\t")
    if not host or set(host) & set(" /@[]\t") or separator not in ("", ":") or not is_port or not is_user:
        raise ValueError(f"no SSH server: {text}")
    return SshAddress(host, int(port) if port else None, user or None)
