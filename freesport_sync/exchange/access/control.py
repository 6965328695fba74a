"""Who may use the exchange: allowed networks, the password, login sessions (EXCHANGE-3)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import ipaddress
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from freesport_sync.exchange.access.login_sessions import LoginSession, LoginSessions
from freesport_sync.exchange.access.passwords import Credentials, Digests, PasswordFile
from freesport_sync.exchange.access.throttle import KnownNetworks, Throttle

MAX_AUTHORIZATION = 1000


class WrongPassword(Exception):
    """The credentials are missing or wrong.

    Args:
        retry_after_s: seconds after which the next attempt is possible; 0: at once.
        is_throttled: there were too many attempts, so the password was not even checked.
    """

    def __init__(self, retry_after_s: int = 0, is_throttled: bool = False) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
        self.is_throttled = is_throttled


class AccessControl:
    """Admits the one user of the exchange.

    Args:
        user: of the exchange.
        passwords: keeps the hash of the password.
        allowed: networks that clients may come from; empty: any.
        idle_s: seconds without a request after which a session ends.
        known: see `throttle.Throttle`.

    Raises:
        ConfigError: no password is set.
    """

    def __init__(
        self, user: str, passwords: PasswordFile, allowed: Sequence[str], idle_s: float, known: KnownNetworks
    ) -> None:
        self._user = same_letters(user)
        self._passwords = passwords
        self._allowed = [ipaddress.ip_network(network) for network in allowed]
        self._digests = Digests()
        self._throttle = Throttle(known)
        self._hashing = ThreadPoolExecutor(1, "password")
        """One thread only: each thread keeps the memory of its last hash."""
        self._hash = passwords.hash()
        self._known: bytes | None = None
        """Digest of the credentials that were right."""
        self.sessions = LoginSessions(idle_s)

    def allows(self, address: str) -> bool:
        """Whether the address belongs to an allowed network."""
        if not self._allowed:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)
        return any((mapped or found) in network for network in self._allowed)

    async def log_in(self, credentials: Credentials, address: str) -> LoginSession:
        """Check the credentials and begin a session.

        argon2 takes 16 MiB and some hundredths of a second, so it checks one password at a time. Credentials that were
        right before are recognised by their digest and do not wait, however many others guess passwords.

        Raises:
            WrongPassword: the credentials are wrong, or there have been too many attempts.
        """
        self._notice_new_password()
        credentials = replace(credentials, user=same_letters(credentials.user))
        digest = self._digests.of(credentials)
        if self._known is None or not hmac.compare_digest(self._known, digest):
            kept = self._hash
            await self._verify(credentials, address)
            self._notice_new_password()
            if self._hash != kept:  # the password has changed while the old one was checked
                raise WrongPassword
            self._known = digest
        return self.sessions.open(credentials.user, digest, time.time(), time.monotonic())

    async def _verify(self, credentials: Credentials, address: str) -> None:
        is_user = hmac.compare_digest(_bytes_of(credentials.user), _bytes_of(self._user))
        throttle, user = self._throttle, self._user if is_user else ""  # all other names share one allowance
        if wait_s := throttle.take(address, user, time.monotonic()):
            raise WrongPassword(wait_s, is_throttled=True)
        is_right = await asyncio.get_running_loop().run_in_executor(
            self._hashing, self._passwords.is_right, self._hash, credentials.password
        )
        if not is_right or not is_user:
            raise WrongPassword(throttle.wait_s(address, user, time.monotonic()))
        throttle.give_back(address, user, time.monotonic())

    def find(self, credentials: Credentials, cookie: str) -> LoginSession | None:
        """The session of a request; None: its client must log in."""
        self._notice_new_password()
        credentials = replace(credentials, user=same_letters(credentials.user))
        return self.sessions.find(cookie, self._digests.of(credentials), time.monotonic())

    def _notice_new_password(self) -> None:
        kept = self._passwords.hash()
        if kept != self._hash:
            self._hash, self._known = kept, None
            self.sessions.clear()


_LOOK_ALIKE = str.maketrans("авекмнорстухё", "abekmhopctyxe")


def same_letters(user: str) -> str:
    """A user name in lower case, with the Russian letters that look like Latin ones replaced: `1С` becomes `1c`.

    People cannot see which of the two they typed; on a Russian keyboard they share a key.
    """
    return user.strip().lower().translate(_LOOK_ALIKE)


def _bytes_of(user: str) -> bytes:
    return user.encode("utf-8", "surrogatepass")


def credentials_of(authorization: str) -> Credentials:
    """The user and the password in a header `Authorization: Basic`.

    Raises:
        WrongPassword: the header has no credentials.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_AUTHORIZATION:
        raise WrongPassword
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WrongPassword from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", "replace")
    user, colon, password = text.partition(":")
    if not colon:
        raise WrongPassword
    return Credentials(user, password)
