"""Resolves aliases and jump hosts by OpenSSH's `~/.ssh/config` (SSH-1)."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path

import paramiko

from freesport_sync.core.ssh_address import USUAL_PORT, SshAddress, parse_ssh_address
from freesport_sync.errors import ConfigError, reason_of

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Hop:
    """A host to log in to.

    Args:
        host: name or address.
        port: of the SSH server.
        user: None if not configured.
        key_file: the first configured private key that exists, if any.
        only_key_file: offer no other key.
    """

    host: str
    port: int
    user: str | None
    key_file: Path | None
    only_key_file: bool


def route_to(address: SshAddress, file: Path) -> tuple[Hop, ...]:
    """Return the hosts to pass in order, as `ssh` would; the last one is the destination.

    The address takes precedence over the file.

    Args:
        address: as typed.
        file: OpenSSH's configuration; may be missing.

    Raises:
        ConfigError: the file cannot be read, or uses `ProxyCommand`.
    """
    return _route(address, _read(file), file, frozenset())


def _route(address: SshAddress, config: paramiko.SSHConfig, file: Path, passed: frozenset[str]) -> tuple[Hop, ...]:
    try:
        found = config.lookup(address.host)
        port = address.port or int(found.get("port", USUAL_PORT))
        jumps = [one.strip() for one in found.get("proxyjump", _NONE).split(",") if one.strip().lower() != _NONE]
        ways = [] if address.host in passed else [parse_ssh_address(jump) for jump in jumps]
    except (paramiko.SSHException, ValueError, KeyError, OSError) as error:
        raise ConfigError("ssh_config_unusable", file=str(file), reason=str(error)) from error
    if found.get("proxycommand") and not jumps:
        raise ConfigError("ssh_proxy_command", file=str(file), host=address.host)
    before: tuple[Hop, ...] = ()
    for number, way in enumerate(ways):
        if way.host == address.host:  # `Host *` matches jump hosts as well
            continue
        route = _route(way, config, file, passed | {address.host} if number == 0 else frozenset((way.host,)))
        before += route if number == 0 else route[-1:]
    keys = [Path(key).expanduser() for key in found.get("identityfile", ())]
    only = found.get("identitiesonly", "no").lower() == "yes"
    user = address.user or found.get("user")
    before = tuple(hop if hop.user else _with_own_name(hop) for hop in before)
    return (*before, Hop(found["hostname"], port, user, next((key for key in keys if key.exists()), None), only))


def _with_own_name(hop: Hop) -> Hop:
    return Hop(hop.host, hop.port, getpass.getuser(), hop.key_file, hop.only_key_file)


def _read(file: Path) -> paramiko.SSHConfig:
    try:
        return paramiko.SSHConfig.from_text(file.read_text(encoding="utf-8-sig", errors="replace"))
    except FileNotFoundError:
        return paramiko.SSHConfig()
    except OSError as error:
        raise ConfigError("ssh_config_unusable", file=str(file), reason=reason_of(error)) from error
    except (paramiko.SSHException, ValueError) as error:
        raise ConfigError("ssh_config_unusable", file=str(file), reason=str(error)) from error
