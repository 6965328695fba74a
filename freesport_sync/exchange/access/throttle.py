"""Limits how often passwords may be guessed; nobody is locked out for more than seconds (SECURITY-3)."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from freesport_sync.os_support import write_private_file

MAX_KNOWN = 10_000
"""Addresses and users whose attempts are remembered."""
MAX_LOGGED_IN = 100
"""Networks with a successful login that are remembered."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A token bucket.

    Args:
        attempts: possible at once.
        refill_s: seconds after which one more is possible.
    """

    attempts: int
    refill_s: float


PER_ADDRESS = Allowance(20, 2.0)
PER_USER = Allowance(100, 0.5)
"""From all addresses together."""


class KnownNetworks:
    """Networks with a successful login; they survive a restart.

    Args:
        file: one network a line, the newest last; created with the first.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, None] = {}
        with suppress(OSError, UnicodeError):
            self._known = dict.fromkeys(file.read_text("ascii").splitlines()[-MAX_LOGGED_IN:])

    def __contains__(self, address: str) -> bool:
        return _network(address) in self._known

    def add(self, address: str) -> None:
        """Remember the network of an address; only until the server ends if the file cannot be written."""
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
    """Limits attempts by address and by user; right passwords cost nothing (SECURITY-3).

    No request is delayed: an attempt that comes too early is told when to try again. Credentials that were right before
    never get here, see `AccessControl.log_in`.

    Args:
        known: networks that are not limited by the attempts of others.
    """

    def __init__(self, known: KnownNetworks) -> None:
        self._known = known
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str, user: str, now: float) -> int:
        """Count an attempt if it is possible; returns 0, or the seconds until it is.

        Args:
            address: of the client.
            user: that the client claims to be.
            now: monotonic seconds.
        """
        wait_s = self.wait_s(address, user, now)
        if not wait_s:
            self._add(-1, address, user, now)
        return wait_s

    def wait_s(self, address: str, user: str, now: float) -> int:
        """Seconds until an attempt is possible; 0: at once.

        The attempts of others under the same user, from any address, limit everybody except clients in known networks;
        otherwise anybody could keep 1C out of a server that has just been restarted.
        """
        (by_address, rule), (by_user, user_rule) = _keys(address, user)
        level = self._level(by_address, rule, now)
        wait_s = (1 - level) * rule.refill_s
        if address not in self._known:
            wait_s = max(wait_s, (1 - self._level(by_user, user_rule, now)) * user_rule.refill_s)
        return max(0, math.ceil(wait_s))

    def give_back(self, address: str, user: str, now: float) -> None:
        """Return an attempt whose password was right."""
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
    """The network that one client controls: a single IPv4 address, a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
