"""Logs in with key file, a few keys of the SSH agent, and password, in this order (SSH-2)."""

from __future__ import annotations

import base64
import binascii
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

from freesport_sync.core.log_entries import log_entry
from freesport_sync.errors import ConfigError, LoginRefused, reason_of
from freesport_sync.os_support import is_private
from freesport_sync.sources.ssh.profile import SshProfile

_POLL_S = 0.01
MAX_KEYS = 5
"""Maximum of keys offered: OpenSSH disconnects at the sixth refusal, and the password needs one attempt."""

TOO_MANY_KEYS = "ssh_too_many_keys"
"""Error code: the host disconnected before everything was tried."""

log = logging.getLogger(__name__)


class _AuthHandler(AuthOnlyHandler):
    """Creates the event for the reply before the request: with paramiko's own order a quick reply is missed."""

    _answered: threading.Event | None = None

    def send_auth_request(self, *args: Any, **options: Any) -> Any:
        """Send the request, with the event already created."""
        self._answered = threading.Event()
        return super().send_auth_request(*args, **options)

    @property
    def auth_event(self) -> threading.Event | None:
        return self._answered

    @auth_event.setter
    def auth_event(self, event: threading.Event | None) -> None:
        """Ignore paramiko's new event."""


class Transport(ServiceRequestingTransport):
    """paramiko's newer transport, which allows several attempts: servers other than OpenSSH reject the older one's."""

    def ensure_session(self) -> None:
        """Request the authentication service; paramiko's own version waits forever if the host goes away."""
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


def log_in(transport: Transport, profile: SshProfile) -> None:
    """Try each credential of the profile once.

    Raises:
        LoginRefused: the host accepts none, or disconnects after too many attempts.
        EOFError, TimeoutError, paramiko.SSHException: the connection broke.
        ConfigError: there are no credentials, or the key cannot be used.
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
                # paramiko reports a broken connection, or no reply, as a refusal.
                if not tried and not transport.is_active():
                    raise EOFError("the server closed the connection during the login") from error
                if time.monotonic() - started >= profile.timeout_s:
                    raise TimeoutError("timed out") from error
                log_entry(log, logging.INFO, "login_not_accepted", server=profile.label, tried=name, said=str(error))
            except (paramiko.SSHException, EOFError, OSError):
                if not tried:
                    raise
            tried.append(name)
            if not transport.is_active():
                raise LoginRefused(TOO_MANY_KEYS, server=profile.label, count=len(tried))
    if not tried:
        raise ConfigError("ssh_no_credentials", server=profile.label)
    raise LoginRefused("ssh_login_refused", server=profile.label, tried=", ".join(tried), allowed=", ".join(allowed))


def _ways_in(transport: Transport, profile: SshProfile) -> Generator[tuple[str, Callable[[], list[str]]], None, None]:
    """Yield names and attempts; a successful attempt returns an empty list."""
    with closing(_Agent(profile.use_agent)) as agent:
        key: paramiko.PKey | None = None
        if profile.key_file is not None:
            key = _configured_key(profile.key_file, profile, agent)
            yield "key_file", _publickey(transport, profile.user, key)
        others = [] if profile.only_key_file and key is not None else agent.keys
        others = [one for one in others if key is None or one.asbytes() != key.asbytes()]
        for of_agent in others[: MAX_KEYS - (key is not None)]:
            yield "agent", _publickey(transport, profile.user, of_agent)
    password = profile.password()
    if password is not None:
        yield "password", lambda: transport.auth_password(profile.user, password)


class _Agent:
    """Keys of a running SSH agent; empty if there is none or it is not used."""

    def __init__(self, is_used: bool) -> None:
        self._agent: paramiko.Agent | None = None
        self.keys: tuple[paramiko.PKey, ...] = ()
        try:
            self._agent = paramiko.Agent() if is_used else None
            self.keys = self._agent.get_keys() if self._agent else ()
        except (paramiko.SSHException, OSError) as error:
            log_entry(log, logging.INFO, "no_agent", said=str(error))

    def close(self) -> None:
        if self._agent is not None:
            self._agent.close()


def _configured_key(file: Path, profile: SshProfile, agent: _Agent) -> paramiko.PKey:
    """Return the key of the file, or from the agent if we lack the passphrase."""
    try:
        return read_key(file, profile.passphrase)
    except ConfigError as error:
        if error.code != "ssh_passphrase_needed":
            raise
        public = _public_key(file)
        for key in agent.keys:
            if key.asbytes() == public:
                return key
        raise


def _public_key(file: Path) -> bytes | None:
    """Read the public key beside a private key, in SSH's wire format."""
    try:
        return base64.b64decode(Path(f"{file}.pub").read_text("utf-8", "replace").split()[1], validate=True)
    except (OSError, IndexError, binascii.Error, ValueError):
        return None


def _publickey(transport: Transport, user: str, key: paramiko.PKey) -> Callable[[], list[str]]:
    return lambda: transport.auth_publickey(user, key)


def read_key(file: Path, passphrase: Callable[[], str | None]) -> paramiko.PKey:
    """Read a private key.

    Raises:
        ConfigError: the file is unreadable or readable by others, or the passphrase is missing or wrong.
    """
    try:
        try:
            key = paramiko.PKey.from_path(file)
        except (paramiko.PasswordRequiredException, TypeError) as error:
            _refuse_open(file)
            secret = passphrase()
            if secret is None:
                raise ConfigError("ssh_passphrase_needed", file=str(file)) from error
            key = paramiko.PKey.from_path(file, secret.encode())  # type: ignore[arg-type]  # it wants bytes indeed
        _refuse_open(file)
        return key
    except OSError as error:
        raise ConfigError("ssh_key_unreadable", file=str(file), reason=reason_of(error)) from error
    except (paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm, ValueError) as error:
        raise ConfigError("ssh_key_unusable", file=str(file), reason=str(error)) from error


def _refuse_open(file: Path) -> None:
    if not is_private(file):
        raise ConfigError("ssh_key_open", file=str(file))
