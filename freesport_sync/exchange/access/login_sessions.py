"""Who is logged in."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freesport_sync.exchange.imports.queue import ExchangeImport
    from freesport_sync.exchange.uploads.batch import UploadBatch

MAX_SESSIONS = 256
"""The one that has been silent for longest makes room: 1C begins a session for every portion and never ends one."""


@dataclass(slots=True, eq=False)
class LoginSession:
    """One login.

    Args:
        user: who.
        cookie: what proves it, besides the credentials.
        sessid: for clients that want a token in their addresses; proves nothing.
        timestamp: of the login, in seconds since 1970; no two of a server's life are equal.
        digest: of the credentials.
        seen_at: monotonic seconds of its last request.
        portion: what it is uploading; None: nothing yet.
        imports: what it has asked for and not yet been told the end of, by the name of the file.
        turn: one request at a time writes.
    """

    user: str
    cookie: str
    sessid: str
    timestamp: int
    digest: bytes
    seen_at: float
    portion: UploadBatch | None = None
    imports: dict[str, ExchangeImport] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class LoginSessions:
    """Those logged in.

    Args:
        idle_s: how long a session may be silent; longer than the longest import.
    """

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._sessions: OrderedDict[str, LoginSession] = OrderedDict()
        self._last_timestamp = 0

    def open(self, user: str, digest: bytes, time_s: float, now: float) -> LoginSession:
        """Begin a session, always with a new cookie.

        Args:
            user: whose password was right.
            digest: of its credentials.
            time_s: seconds since 1970.
            now: monotonic seconds.
        """
        self._forget(now)
        self._last_timestamp = max(int(time_s), self._last_timestamp + 1)
        session = LoginSession(user, secrets.token_hex(16), secrets.token_hex(16), self._last_timestamp, digest, now)
        self._sessions[session.cookie] = session
        return session

    def find(self, cookie: str, digest: bytes, now: float) -> LoginSession | None:
        """The session of a cookie, if it belongs to these credentials."""
        self._forget(now)
        session = self._sessions.get(cookie)
        if session is None or not hmac.compare_digest(session.digest, digest):
            return None
        session.seen_at = now
        self._sessions.move_to_end(cookie)
        return session

    def clear(self) -> None:
        """End all sessions: the password is another one now."""
        self._sessions.clear()

    def __iter__(self) -> Iterator[LoginSession]:
        return iter(tuple(self._sessions.values()))

    def _forget(self, now: float) -> None:
        while self._sessions:
            oldest = next(iter(self._sessions.values()))
            if len(self._sessions) <= MAX_SESSIONS and now - oldest.seen_at <= self._idle_s:
                return
            del self._sessions[oldest.cookie]
