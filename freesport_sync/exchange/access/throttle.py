"""How often wrong passwords may be tried; nobody is locked out for longer than a moment (SECURITY-3)."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.os_support import write_private_file

MAX_KNOWN = 10_000
"""Addresses and users that are remembered."""
MAX_LOGGED_IN = 100
"""Networks from which somebody has logged in that are remembered."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many attempts at once, and one more every so many seconds."""

    attempts: int
    refill_s: float


PER_ADDRESS = Allowance(20, 2.0)
PER_USER = Allowance(100, 0.5)
"""From all addresses together."""


class KnownNetworks:
    """Networks from which somebody has logged in, kept over a restart.

    Args:
        file: a line for each, the newest last; created with the first.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, None] = {}
        with suppress(OSError, UnicodeError):
            self._known = dict.fromkeys(file.read_text("ascii").splitlines()[-MAX_LOGGED_IN:])

    def __contains__(self, address: str) -> bool:
        return _network(address) in self._known

    def add(self, address: str) -> None:
        """Remember where an address belongs; one that cannot be kept is known until the server ends."""
        network = _network(address)
        if network not in self._known and network.isascii():
            self._known[network] = None
            while len(self._known) > MAX_LOGGED_IN:
                del self._known[next(iter(self._known))]
            with suppress(OSError):
                write_private_file(self._file, "".join(f"{one}\n" for one in self._known))


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Throttle:
    """Lets attempts be heard, by address and by user; right passwords cost nothing (SECURITY-3).

    Nobody is kept waiting: whoever comes too soon is told when to come again. Whoever has logged in before is known by
    what he sends and not asked here at all.

    Args:
        known: where those are who do not wait because of what others try.
    """

    def __init__(self, known: KnownNetworks) -> None:
        self._known = known
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str, user: str, now: float) -> int:
        """Let an attempt be heard; returns 0, or after how many seconds one can be.

        Args:
            address: of the client.
            user: that it wants to be.
            now: monotonic seconds.
        """
        wait_s = self.wait_s(address, user, now)
        if not wait_s:
            self._add(-1, address, user, now)
        return wait_s

    def wait_s(self, address: str, user: str, now: float) -> int:
        """After how many seconds an attempt can be heard; 0: at once.

        What others try under the name of a user, from however many addresses, holds up everybody but those who come
        from where somebody has logged in before: else the whole world could keep 1C out of a server that has just been
        started.
        """
        (by_address, rule), (by_user, user_rule) = _keys(address, user)
        level = self._level(by_address, rule, now)
        wait_s = (1 - level) * rule.refill_s
        if address not in self._known:
            wait_s = max(wait_s, (1 - self._level(by_user, user_rule, now)) * user_rule.refill_s)
        return max(0, math.ceil(wait_s))

    def give_back(self, address: str, user: str, now: float) -> None:
        """The attempt was right."""
        self._known.add(address)
        self._add(1, address, user, now)

    def _add(self, count: int, address: str, user: str, now: float) -> None:
        for key, allowance in _keys(address, user):
            level = min(allowance.attempts, max(0.0, self._level(key, allowance, now) + count))
            self._buckets[key] = _Bucket(level, now)
            self._buckets.move_to_end(key)
        while len(self._buckets) > MAX_KNOWN:
            self._buckets.popitem(last=False)

    def _level(self, key: str, allowance: Allowance, now: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return allowance.attempts
        return min(allowance.attempts, bucket.level + (now - bucket.at) / allowance.refill_s)


def _keys(address: str, user: str) -> tuple[tuple[str, Allowance], tuple[str, Allowance]]:
    return (f"from {_network(address)}", PER_ADDRESS), (f"user {user[:100]}", PER_USER)


def _network(address: str) -> str:
    """IPv6 clients have a whole network of addresses each."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
