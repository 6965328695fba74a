"""How long whoever gives wrong passwords has to wait; nobody is ever locked out."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

FREE_FAILURES = 5
"""Wrong passwords in a row that cost nothing: somebody is typing."""
LONGEST_S = 3.0
FORGET_AFTER_S = 600.0
MAX_WAITING = 8
"""Attempts of one address that wait at once; more are refused unheard."""
MAX_KNOWN = 10_000
"""Addresses and users that are remembered."""


@dataclass(slots=True)
class _Record:
    failures: int
    last_at: float


class Throttle:
    """Counts failures by address and by user.

    The right password is slowed too while others guess, by `LONGEST_S` at most; whoever has logged in before is known
    by what he sends and not asked here at all.
    """

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._waiting: dict[str, int] = {}

    def delay_s(self, address: str, user: str, now: float) -> float:
        """Seconds that the next attempt has to wait.

        Args:
            address: of the client.
            user: that it wants to be.
            now: monotonic seconds.
        """
        failures = max(self._failures(key, now) for key in _keys(address, user))
        return min(LONGEST_S, 0.1 * 2.0 ** min(failures - FREE_FAILURES, 10)) if failures >= FREE_FAILURES else 0.0

    def fail(self, address: str, user: str, now: float) -> None:
        """A password was wrong."""
        for key in _keys(address, user):
            self._records[key] = _Record(self._failures(key, now) + 1, now)
            self._records.move_to_end(key)
        while len(self._records) > MAX_KNOWN:
            self._records.popitem(last=False)

    def succeed(self, address: str, user: str) -> None:
        """A password was right: whoever knows it need not wait at this address."""
        self._records.pop(_keys(address, user)[0], None)

    def enter(self, address: str) -> bool:
        """Whether one more attempt of an address may wait; if so, `leave` has to follow."""
        key = _network(address)
        if self._waiting.get(key, 0) >= MAX_WAITING:
            return False
        self._waiting[key] = self._waiting.get(key, 0) + 1
        return True

    def leave(self, address: str) -> None:
        """An attempt has been heard."""
        key = _network(address)
        self._waiting[key] -= 1
        if not self._waiting[key]:
            del self._waiting[key]

    def _failures(self, key: str, now: float) -> int:
        record = self._records.get(key)
        return record.failures if record is not None and now - record.last_at < FORGET_AFTER_S else 0


def _keys(address: str, user: str) -> tuple[str, str]:
    return f"from {_network(address)}", f"user {user[:100]}"


def _network(address: str) -> str:
    """IPv6 clients have a whole network of addresses each."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
