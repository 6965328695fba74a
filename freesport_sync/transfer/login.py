"""Who we are: key file, SSH agent, password, in this order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.common import cMSG_SERVICE_REQUEST
from paramiko.pkey import UnknownKeyType
from paramiko.transport import ServiceRequestingTransport

from freesport_sync.core.logged import note
from freesport_sync.errors import ConfigError, LoginRefused, reason_of
from freesport_sync.transfer.profile import Profile

_POLL_S = 0.01

log = logging.getLogger(__name__)


class _AuthHandler(AuthOnlyHandler):
    """paramiko's own makes the event that an answer sets after it has asked: a quick answer would never be seen."""

    _answered: threading.Event | None = None

    def send_auth_request(self, *args: Any, **options: Any) -> Any:
        """Ask, with the event already there."""
        self._answered = threading.Event()
        return super().send_auth_request(*args, **options)

    @property
    def auth_event(self) -> threading.Event | None:
        return self._answered

    @auth_event.setter
    def auth_event(self, event: threading.Event | None) -> None:
        """Ours stays."""


class Transport(ServiceRequestingTransport):
    """paramiko's newer kind, which several attempts need: other than OpenSSH, servers hang up on its older one."""

    def ensure_session(self) -> None:
        """Ask for the service that logs in; paramiko's own waits for ever when the server goes away meanwhile."""
        if self._service_userauth_accepted:  # type: ignore[attr-defined]
            return
        deadline = time.monotonic() + self.auth_timeout
        request = paramiko.Message()
        request.add_byte(cMSG_SERVICE_REQUEST)
        request.add_string("ssh-userauth")
        self._send_message(request)  # type: ignore[attr-defined]
        while not self._service_userauth_accepted:  # type: ignore[attr-defined]
            if not self.is_active():
                raise EOFError("the server closed the connection before the login")
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
            time.sleep(_POLL_S)
        self.auth_handler = self.get_auth_handler()

    def get_auth_handler(self) -> AuthOnlyHandler:
        return _AuthHandler(self)


def log_in(transport: Transport, profile: Profile) -> None:
    """Try what the profile offers, once each.

    Raises:
        LoginRefused: the server accepts none of it.
        EOFError, TimeoutError, paramiko.SSHException: the connection broke.
        ConfigError: there is nothing to offer, or the key cannot be used.
    """
    tried: list[str] = []
    allowed: Collection[str] = ()
    with closing(_ways_in(transport, profile)) as ways:
        for name, attempt in ways:
            started = time.monotonic()
            try:
                if not attempt():
                    return
            except paramiko.BadAuthenticationType as error:
                allowed = error.allowed_types
            except paramiko.AuthenticationException as error:
                # paramiko takes a break, and a server that is silent, for a refusal.
                if not tried and not transport.is_active():
                    raise EOFError("the server closed the connection during the login") from error
                if time.monotonic() - started >= profile.timeout_s:
                    raise TimeoutError("timed out") from error
                note(log, logging.INFO, "login_not_accepted", server=profile.label, tried=name, said=str(error))
            tried.append(name)
    if not tried:
        raise ConfigError("ssh_no_credentials", server=profile.label)
    raise LoginRefused("ssh_login_refused", server=profile.label, tried=", ".join(tried), allowed=", ".join(allowed))


def _ways_in(transport: Transport, profile: Profile) -> Generator[tuple[str, Callable[[], list[str]]], None, None]:
    """Names and attempts; an attempt that leaves nothing more to do returns an empty list."""
    if profile.key_file is not None:
        key = read_key(profile.key_file, profile.passphrase)
        yield "key_file", lambda: transport.auth_publickey(profile.user, key)
    if profile.use_agent:
        try:
            agent = paramiko.Agent()
        except (paramiko.SSHException, OSError) as error:
            note(log, logging.INFO, "no_agent", said=str(error))
        else:
            with closing(agent):
                for of_agent in agent.get_keys():
                    yield "agent", _publickey(transport, profile.user, of_agent)
    password = profile.password()
    if password is not None:
        yield "password", lambda: transport.auth_password(profile.user, password)


def _publickey(transport: Transport, user: str, key: paramiko.PKey) -> Callable[[], list[str]]:
    return lambda: transport.auth_publickey(user, key)


def read_key(file: Path, passphrase: Callable[[], str | None]) -> paramiko.PKey:
    """A private key.

    Raises:
        ConfigError: it cannot be read, or the passphrase is missing or wrong.
    """
    try:
        try:
            return paramiko.PKey.from_path(file)
        except (paramiko.PasswordRequiredException, TypeError) as error:
            secret = passphrase()
            if secret is None:
                raise ConfigError("ssh_passphrase_needed", file=str(file)) from error
            return paramiko.PKey.from_path(file, secret.encode())  # type: ignore[arg-type]  # it wants bytes indeed
    except OSError as error:
        raise ConfigError("ssh_key_unreadable", file=str(file), reason=reason_of(error)) from error
    except (paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm, ValueError) as error:
        raise ConfigError("ssh_key_unusable", file=str(file), reason=str(error)) from error
