"""Limits how many connections there are, and how long each may be idle (SECURITY-4).

A connection is counted before it costs memory: before its TLS handshake, before its first request is parsed.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

MAX_HANDSHAKES = 100
"""TLS handshakes at once; each takes a quarter of a megabyte."""


class CountedConnection(Protocol):
    """A connection, as the limiter sees it."""

    def abort(self) -> None:
        """Close it at once."""


class ConnectionLimiter:
    """Counts all connections; if there are too many, closes the one that has been idle for longest.

    Args:
        limit: connections at once.
        head_s: seconds that the head of a request, or a TLS handshake, may take.
    """

    def __init__(self, limit: int, head_s: float) -> None:
        self.limit = limit
        self.head_s = head_s
        self.timers: dict[CountedConnection, asyncio.TimerHandle | None] = {}
        """Idle ones, in the order in which they became idle; a timer closes one whose request is incomplete."""
        self._all: set[CountedConnection] = set()
        self._handshakes: dict[CountedConnection, None] = {}

    def add(self, one: CountedConnection) -> None:
        """Count a connection; close one if there are too many."""
        self._all.add(one)
        if len(self._all) > self.limit:
            self._victim(one).abort()

    def begin(self, handshake: CountedConnection) -> None:
        """Count a connection that begins with a TLS handshake."""
        self._handshakes[handshake] = None
        if len(self._handshakes) > MAX_HANDSHAKES:
            next(iter(self._handshakes)).abort()
        self.due(handshake, self.head_s)
        self.add(handshake)

    def leave(self, one: CountedConnection) -> None:
        """Stop counting a connection that has ended."""
        self.forget(one)
        self._all.discard(one)
        self._handshakes.pop(one, None)

    def due(self, one: CountedConnection, seconds: float | None) -> None:
        """Record that a connection is idle.

        Args:
            one: the connection.
            seconds: within which the request that has begun must be complete; None: none has begun.
        """
        timer = self.timers.setdefault(one, None)
        if timer is None and seconds is not None:
            self.timers[one] = asyncio.get_running_loop().call_later(seconds, one.abort)

    def forget(self, one: CountedConnection) -> None:
        """Record that a connection is no longer idle."""
        timer = self.timers.pop(one, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Abort handshakes; uvicorn closes all other connections."""
        for handshake in tuple(self._handshakes):
            handshake.abort()

    def _victim(self, newest: CountedConnection) -> CountedConnection:
        """The connection to close: one that is late, else the one that has been idle for longest."""
        others = [one for one in self.timers if one is not newest]
        return next((one for one in others if self.timers[one] is not None), next(iter(others), newest))
