"""Who is logged in."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch

MAX_SESSIONS = 256
"""One more, and the session that was idle for longest ends: 1C logs in for every batch and never logs out."""


@dataclass(slots=True, eq=False)
class LoginSession:
    """One login, and how far its client is in the exchange.

    Args:
        user: of the exchange.
        cookie: proves the login, together with the credentials.
        sessid: for clients that want a token in their URLs; proves nothing.
        timestamp: of the login, in seconds since 1970; unique while the server runs.
        digest: of the credentials.
        seen_at: monotonic seconds of the last request.
        batch: that it uploads; None: nothing yet.
        imports: asked for, and their outcome not yet reported, by the name of the file.
        turn: held by the one request that changes the session.
    """

    user: str
    cookie: str
    sessid: str
    timestamp: int
    digest: bytes
    seen_at: float
    batch: UploadBatch | None = None
    imports: dict[str, ExchangeImport] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def open_batch(self) -> UploadBatch | None:
        """The batch, unless the server has closed it."""
        return None if self.batch is None or self.batch.is_closed else self.batch

    def sender(self, address: str) -> Sender:
        """Who sends the requests of this session.

        Args:
            address: of the client.
        """
        return Sender(self.user, address, self.timestamp)


class LoginSessions:
    """The login sessions of a server.

    Args:
        idle_s: seconds without a request after which a session ends; longer than the longest import.
    """

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._sessions: OrderedDict[str, LoginSession] = OrderedDict()
        self._last_timestamp = 0

    def open(self, user: str, digest: bytes, time_s: float, now: float) -> LoginSession:
        """Begin a session, always with a new cookie.

        Args:
            user: who has logged in.
            digest: of the credentials.
            time_s: seconds since 1970.
            now: monotonic seconds.
        """
        self._end_idle(now)
        self._last_timestamp = max(int(time_s), self._last_timestamp + 1)
        session = LoginSession(user, secrets.token_hex(16), secrets.token_hex(16), self._last_timestamp, digest, now)
        self._sessions[session.cookie] = session
        return session

    def find(self, cookie: str, digest: bytes, now: float) -> LoginSession | None:
        """The session of a cookie; None if it has ended or belongs to other credentials."""
        self._end_idle(now)
        session = self._sessions.get(cookie)
        if session is None or not hmac.compare_digest(session.digest, digest):
            return None
        session.seen_at = now
        self._sessions.move_to_end(cookie)
        return session

    def clear(self) -> None:
        """End all sessions, because the password has changed."""
        self._sessions.clear()

    def __len__(self) -> int:
        return len(self._sessions)

    def _end_idle(self, now: float) -> None:
        while self._sessions:
            oldest = next(iter(self._sessions.values()))
            if len(self._sessions) <= MAX_SESSIONS and now - oldest.seen_at <= self._idle_s:
                return
            del self._sessions[oldest.cookie]
