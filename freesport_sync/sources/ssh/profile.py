"""How a server is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.core.ssh_address import SshAddress


@dataclass(frozen=True, slots=True)
class SshProfile:
    """How a server is reached.

    Args:
        host: name or address.
        port: of the SSH server.
        user: who logs in.
        key_file: private key; None: none.
        use_agent: offer the keys of a running SSH agent.
        only_key_file: of the agent no other key than this one.
        password: asked for when no key is accepted; None from it: there is none.
        passphrase: asked for when the key file needs one.
        pinned: our own file of host keys.
        known_hosts: further files of host keys.
        timeout_s: how long the server may be silent.
        keepalive_s: how often it is asked whether it is still there.
        jump: the server through which it is reached; None: directly.
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
        """For people."""
        return SshAddress(self.host, self.port, self.user).login
