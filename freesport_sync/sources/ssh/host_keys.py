"""Reads OpenSSH's `known_hosts` files and compares host keys with them, without any network (SSH-5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from pathlib import Path

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import make_private, write_private_file

USUAL_PORT = 22
_HASHED = "|1|"
_REVOKED, _AUTHORITY = "@revoked", "@cert-authority"


@dataclass(frozen=True, slots=True)
class HostKey:
    """Public key of a host.

    Args:
        key_type: `ssh-ed25519` and so on.
        blob: the key in SSH's wire format.
    """

    key_type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The fingerprint as OpenSSH prints it: `SHA256:...`."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A line of a `known_hosts` file.

    Args:
        hosts: patterns separated by commas, or one hashed name.
        key: the key on record.
        is_revoked: the key must never be accepted.
        place: `file:line`, for display.
    """

    hosts: str
    key: HostKey
    is_revoked: bool
    place: str


class Standing(Enum):
    """How a key compares with those on record."""

    KNOWN = auto()
    UNKNOWN = auto()
    CHANGED = auto()
    REVOKED = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The standing of a key, and the line that decides.

    Args:
        standing: of the key.
        place: `file:line`.
        on_record: the key of that line.
    """

    standing: Standing
    place: str = ""
    on_record: HostKey | None = None


def parse_known_hosts(content: str, file: str) -> tuple[KnownKey, ...]:
    """Parse the keys of a file; skip unknown lines and certificate authorities."""
    known: list[KnownKey] = []
    for number, line in enumerate(content.splitlines(), start=1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or marker == _AUTHORITY:
            continue
        hosts, key_type, encoded = words[:3]
        try:
            blob = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        known.append(KnownKey(hosts, HostKey(key_type, blob), marker == _REVOKED, f"{file}:{number}"))
    return tuple(known)


def judge(known: Sequence[KnownKey], host: str, port: int, key: HostKey) -> Verdict:
    """Compare the key that a host presents with those on record.

    A key of another type than those on record counts as changed: a host has no reason to hide its known key.
    """
    own = [one for one in known if _is_about(one.hosts, host, port)]
    for one in own:
        if one.is_revoked and one.key == key:
            return Verdict(Standing.REVOKED, one.place)
    accepted = [one for one in own if not one.is_revoked]
    for one in accepted:
        if one.key == key:
            return Verdict(Standing.KNOWN, one.place)
    if not accepted:
        return Verdict(Standing.UNKNOWN)
    return Verdict(Standing.CHANGED, accepted[0].place, accepted[0].key)


def known_types(known: Sequence[KnownKey], host: str, port: int) -> tuple[str, ...]:
    """Return the types of the keys on record, to request them first."""
    own = (one.key.key_type for one in known if not one.is_revoked and _is_about(one.hosts, host, port))
    return tuple(dict.fromkeys(own))


def read_known_hosts(files: Sequence[Path]) -> tuple[KnownKey, ...]:
    """Read the keys of several files; missing files are skipped.

    Raises:
        ConfigError: a file exists and cannot be read.
    """
    known: list[KnownKey] = []
    for file in files:
        try:
            known += parse_known_hosts(file.read_text(encoding="utf-8-sig", errors="replace"), str(file))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ConfigError("known_hosts_unreadable", file=str(file), reason=reason_of(error)) from error
    return tuple(known)


def pin(file: Path, host: str, port: int, key: HostKey) -> None:
    """Add a key to our own `known_hosts` file.

    Raises:
        ConfigError: the file cannot be written.
    """
    line = f"{name_of(host, port)} {key.key_type} {base64.b64encode(key.blob).decode()}\n"
    try:
        make_private(file.parent)
        before = file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else ""
        lines = before if before.endswith("\n") or not before else f"{before}\n"
        write_private_file(file, (lines + line).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError("known_hosts_not_writable", file=str(file), reason=reason_of(error)) from error


def forget(file: Path, host: str, port: int) -> None:
    """Remove the keys of a host from our own `known_hosts` file; revoked keys stay.

    Raises:
        ConfigError: the file cannot be read or written.
    """
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        kept = [line for line in lines if not _is_key_of(line, host, port)]
        if kept != lines:
            write_private_file(file, "".join(f"{line}\n" for line in kept))
    except OSError as error:
        raise ConfigError("known_hosts_not_writable", file=str(file), reason=reason_of(error)) from error


def _is_key_of(line: str, host: str, port: int) -> bool:
    return any(not one.is_revoked and _is_about(one.hosts, host, port) for one in parse_known_hosts(line, ""))


def name_of(host: str, port: int) -> str:
    """Return the name of a host in these files."""
    return host.lower() if port == USUAL_PORT else f"[{host.lower()}]:{port}"


def _is_about(hosts: str, host: str, port: int) -> bool:
    name = name_of(host, port)
    if hosts.startswith(_HASHED):
        return _is_hash_of(hosts, name)
    patterns = hosts.lower().split(",")
    if any(pattern.startswith("!") and _matches(name, pattern[1:]) for pattern in patterns):
        return False
    return any(_matches(name, pattern) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    # Only * and ? are wildcards here; brackets belong to `[host]:port`.
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _is_hash_of(hashed: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in hashed.removeprefix(_HASHED).split("|"))
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), "sha1").digest(), digest)
