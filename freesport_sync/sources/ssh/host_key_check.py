"""Verifies host keys by the keys on record and the fingerprints that the operator accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from freesport_sync.core.fingerprints import same_fingerprint
from freesport_sync.errors import HostKeyChanged, HostKeyUnknown
from freesport_sync.sources.ssh.host_keys import (
    HostKey,
    KnownKey,
    Standing,
    forget,
    judge,
    known_types,
    name_of,
    pin,
    read_known_hosts,
)
from freesport_sync.sources.ssh.profile import SshProfile


class HostKeyCheck:
    """Verifies the keys of one host.

    Args:
        profile: names the host and the files of keys on record.
        accepted_once: fingerprints accepted by the operator without being recorded.
    """

    def __init__(self, profile: SshProfile, accepted_once: Collection[str]) -> None:
        self._profile = profile
        self._accepted_once = accepted_once

    def preferred_types(self, offered: Sequence[str]) -> list[str]:
        """Order key types, those on record first: the host presents a key of the first type that it has."""
        known = known_types(self._known(), self._profile.host, self._profile.port)
        # RSA keys are recorded under one name and presented under others.
        first = [name for name in offered if name in known or ("ssh-rsa" in known and name.startswith("rsa-sha2"))]
        return [*first, *(name for name in offered if name not in first)]

    def require(self, key: HostKey) -> None:
        """Raise unless a key is on record or accepted.

        Raises:
            HostKeyUnknown: no key of the host is on record.
            HostKeyChanged: another one is on record, or this one is revoked.
        """
        if self._standing(key) is Standing.KNOWN:
            return
        if not any(same_fingerprint(key.fingerprint, one) for one in self._accepted_once):
            raise HostKeyUnknown("host_key_unknown", **self._described(key))

    def pin(self, key: HostKey, fingerprint: str) -> None:
        """Record a key, if it is the expected one.

        Raises:
            HostKeyChanged: the key is another one, or another one is on record.
        """
        if not same_fingerprint(key.fingerprint, fingerprint):
            raise HostKeyChanged("host_key_not_expected", **self._described(key), expected=fingerprint)
        if self._standing(key) is not Standing.KNOWN:
            pin(self._profile.pinned, self._profile.host, self._profile.port, key)

    def replace(self, key: HostKey, fingerprint: str) -> None:
        """Replace the key on record, if the new one is the expected one.

        Raises:
            HostKeyChanged: the key is another one or revoked, or the one on record is in a file that is not ours.
        """
        if not same_fingerprint(key.fingerprint, fingerprint):
            raise HostKeyChanged("host_key_not_expected", **self._described(key), expected=fingerprint)
        verdict = judge(self._known(), self._profile.host, self._profile.port, key)
        if verdict.standing is Standing.CHANGED and self._is_ours(verdict.place):
            forget(self._profile.pinned, self._profile.host, self._profile.port)
        self.pin(key, fingerprint)

    def _is_ours(self, place: str) -> bool:
        return place.rpartition(":")[0] == str(self._profile.pinned)

    def _standing(self, key: HostKey) -> Standing:
        """Return the standing of a key; raises if it must never be accepted."""
        verdict = judge(self._known(), self._profile.host, self._profile.port, key)
        if verdict.standing is Standing.CHANGED:
            old = verdict.on_record
            raise HostKeyChanged(
                "host_key_changed",
                **self._described(key),
                place=verdict.place,
                file=verdict.place.rpartition(":")[0],
                known_as=name_of(self._profile.host, self._profile.port),
                is_ours=self._is_ours(verdict.place),
                old_fingerprint="" if old is None else old.fingerprint,
            )
        if verdict.standing is Standing.REVOKED:
            raise HostKeyChanged("host_key_revoked", **self._described(key), place=verdict.place)
        return verdict.standing

    def _known(self) -> tuple[KnownKey, ...]:
        return read_known_hosts((self._profile.pinned, *self._profile.known_hosts))

    def _described(self, key: HostKey) -> dict[str, object]:
        server = {"host": self._profile.host, "port": self._profile.port}
        return {**server, "key_type": key.key_type, "fingerprint": key.fingerprint}
