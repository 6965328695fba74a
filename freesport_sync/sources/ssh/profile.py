"""How to reach an SSH host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.core.ssh_address import SshAddress


@dataclass(frozen=True, slots=True)
class SshProfile:
    """How to reach and log in to an SSH host.

    Args:
        host: name or address.
        port: of the SSH server.
        user: who logs in.
        key_file: private key, if any.
        use_agent: offer the keys of a running SSH agent.
        only_key_file: offer no other key of the agent than this one.
        password: called when no key is accepted; returns None if there is none.
        passphrase: called when the key file needs one.
        pinned: our own file of host keys.
        known_hosts: further files of host keys.
        timeout_s: seconds without a reply after which the connection counts as lost.
        keepalive_s: interval of keepalive messages in seconds.
        jump: the host to connect through; None connects directly.
    """

    host: str
    port: int
    user: str
    key_file: Path | None
    use_agent: bool
    password: Callable[[], str | None]
    passphrase: Callable[[], str | None]
    pinned: Path
    known_hosts: tuple[Path, ...] = ()
    timeout_s: float = 20.0
    keepalive_s: int = 15
    only_key_file: bool = False
    jump: SshProfile | None = None

    @property
    def label(self) -> str:
        """Return `user@host:port`, for display."""
        return SshAddress(self.host, self.port, self.user).login
