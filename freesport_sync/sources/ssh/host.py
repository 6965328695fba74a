"""One SSH server: reach it, see that it is the right one, log in; and ask it things."""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from types import TracebackType
from typing import Self

import paramiko

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.fingerprints import is_fingerprint
from freesport_sync.errors import (
    ConfigError,
    ConnectionFailed,
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    SyncError,
    reason_of,
)
from freesport_sync.sources.ssh.commands import digest_commands, digests_in
from freesport_sync.sources.ssh.host_key_check import HostKeyCheck
from freesport_sync.sources.ssh.host_keys import HostKey
from freesport_sync.sources.ssh.login import TOO_MANY_KEYS, Transport, log_in
from freesport_sync.sources.ssh.profile import SshProfile
from freesport_sync.sources.ssh.sftp import Sftp

# The first is three times as fast here as what paramiko would take; CBC, 3DES, MD5 and SHA-1 are left out.
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")

_WINDOW_BYTES = 16 * 1024 * 1024
_PACKET_BYTES = 128 * 1024
_RECEIVE_BYTES = 1024 * 1024
_POLL_S = 0.1
_DIGEST_BYTES_S = 10_000_000
"""What any server reads and sums up in a second."""
_CLOCK_PATIENCE_S = 5.0
_MAX_OUTPUT_BYTES = 1_000_000
"""Of what a command prints; the digests of one command are less."""
_BROKEN = (paramiko.SSHException, EOFError, OSError)
"""What paramiko raises for a connection that breaks, depending on where it was."""

_LOG = "freesport_sync.ssh"


def _demoted(record: logging.LogRecord) -> bool:
    """paramiko reports each break with a traceback; the operator gets a sentence, and who wants to know --verbose."""
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return True


logging.getLogger(_LOG).addFilter(_demoted)
logging.getLogger(_LOG).addHandler(logging.NullHandler())


class Step(StrEnum):
    """What happens on the way to a login, in order."""

    RESOLVE = "resolve"
    PORT = "port"
    HOST_KEY = "host_key"
    LOGIN = "login"


class SshHost:
    """A connection that is made when it is needed, and again after a break.

    Args:
        profile: how to reach it.
        cancel: cuts the connection at once.
        accepted_once: fingerprints that the operator accepts without having them pinned.
    """

    def __init__(self, profile: SshProfile, cancel: CancelToken, accepted_once: Collection[str] = ()) -> None:
        self.profile = profile
        self.cancel = cancel
        self._key_check = HostKeyCheck(profile, accepted_once)
        self._jump = None if profile.jump is None else SshHost(profile.jump, cancel, accepted_once)
        self._socket: socket.socket | paramiko.Channel | None = None
        self._transport: Transport | None = None
        self._sftp: Sftp | None = None
        self._on_exit = ExitStack()
        self.was_connected = False
        """Whether a login has ever succeeded: only then is a break worth another try."""

    def __enter__(self) -> Self:
        self._on_exit.enter_context(self.cancel.interrupting(self._cut))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._on_exit.close()
        self.close()

    def close(self) -> None:
        """End the connection; the next question makes a new one."""
        self._sftp = None
        self._cut()
        for end in (self._transport, self._socket):
            if end is not None:
                with suppress(*_BROKEN):  # a channel says goodbye to the server on the way, which may be gone
                    end.close()
        self._transport = self._socket = None
        if self._jump is not None:
            self._jump.close()

    def sftp(self) -> Sftp:
        """SFTP on the connection, the same until it breaks.

        Raises:
            ConnectionFailed: see `connect`; or the server has no SFTP.
        """
        if self._sftp is None:
            transport = self.connect()
            with self._lost_if_broken():
                try:
                    channel = transport.open_session(_WINDOW_BYTES, _PACKET_BYTES, timeout=self.profile.timeout_s)
                    channel.settimeout(self.profile.timeout_s)
                    with self._reply_deadline():
                        channel.invoke_subsystem("sftp")
                except paramiko.SSHException as error:
                    if transport.is_active():
                        raise ConnectionFailed("sftp_missing", server=self.profile.label) from error
                    raise
            self._sftp = Sftp(_Pipe(channel, self._lost_if_broken))
        return self._sftp

    def connect(self, passed: Callable[[Step], None] = lambda step: None) -> Transport:
        """Log in, unless we are.

        Args:
            passed: told of each step that succeeded.

        Raises:
            HostKeyUnknown: nobody has confirmed that the server's key is right.
            HostKeyChanged: the server shows another key than the one on record.
            LoginRefused: it does not let us in.
            ConnectionLost: the network or the server is in the way.
            ConfigError: key, passphrase or `known_hosts` cannot be used.
        """
        if self._transport is not None and self._transport.is_active():
            return self._transport
        try:
            transport = self._logged_in(self.profile, passed)
        except LoginRefused as error:
            if error.code != TOO_MANY_KEYS or self.profile.password() is None:
                raise
            transport = self._logged_in(replace(self.profile, key_file=None, use_agent=False), lambda step: None)
        passed(Step.LOGIN)
        transport.set_keepalive(self.profile.keepalive_s)
        self.was_connected = True
        return transport

    def _logged_in(self, profile: SshProfile, passed: Callable[[Step], None]) -> Transport:
        self.close()
        transport = self._handshake(passed)
        self._key_check.require(_host_key(transport))
        passed(Step.HOST_KEY)
        with self._lost_if_broken():
            log_in(transport, profile)
        return transport

    def pin_host_key(self, fingerprint: str, replaces: bool = False) -> tuple[SshProfile, HostKey]:
        """Record the key that the server shows, if it is the one that the operator expects.

        The servers on the way come first: until their keys are known, the next one cannot be asked for its own.

        Args:
            fingerprint: that is expected.
            replaces: the key on record is forgotten.

        Returns:
            The server, and its key.

        Raises:
            ConfigError: it is another one, or the fingerprint is none.
        """
        if not is_fingerprint(fingerprint):
            raise ConfigError("fingerprint_invalid", fingerprint=fingerprint)
        try:
            key = _host_key(self._handshake())
        except (HostKeyUnknown, HostKeyChanged):  # that of a server on the way: nobody has judged ours yet
            assert self._jump is not None
            return self._jump.pin_host_key(fingerprint, replaces)
        (self._key_check.replace if replaces else self._key_check.pin)(key, fingerprint)
        return self.profile, key

    def digests(self, paths: Sequence[str], size: int) -> dict[str, str]:
        """SHA-256 of files by their path, as far as the server lets us run `sha256sum`.

        Args:
            paths: of the server.
            size: of the files together.
        """
        found: dict[str, str] = {}
        patience_s = self.profile.timeout_s + size / _DIGEST_BYTES_S
        for command in digest_commands(paths):
            found |= digests_in(self._execute(command, patience_s))
        return {path: found[path] for path in paths if path in found}

    def clock(self) -> float:
        """The server's clock in seconds since 1970, ours where it does not tell."""
        output = self._read_clock()
        return time.time() if output is None else output

    def runs_commands(self) -> bool:
        """Whether the server lets us run something, as the digests need it."""
        return self._read_clock() is not None

    def _read_clock(self) -> float | None:
        output = self._execute("date +%s", min(self.profile.timeout_s, _CLOCK_PATIENCE_S)).strip()
        return float(output) if output.isdigit() and len(output) < 12 else None

    def _execute(self, command: str, patience_s: float) -> bytes:
        """What a command prints; empty where the server runs none, or does not come to an end."""
        transport = self.connect()
        with self._lost_if_broken():
            channel, deadline = None, time.monotonic() + patience_s
            try:
                channel = transport.open_session(timeout=self.profile.timeout_s)
                channel.settimeout(patience_s)
                with self._reply_deadline():
                    channel.exec_command(command)
                channel.shutdown_write()  # an account that is allowed SFTP only runs its SFTP server, which ends
                output = bytearray()
                while data := channel.recv(_RECEIVE_BYTES):
                    output += data
                    if len(output) > _MAX_OUTPUT_BYTES or time.monotonic() > deadline:
                        return b""
                return bytes(output)
            except TimeoutError:
                return b""
            except paramiko.SSHException:
                if not transport.is_active():
                    raise
                return b""
            finally:
                if channel is not None:
                    channel.close()

    def _handshake(self, passed: Callable[[Step], None] = lambda step: None) -> Transport:
        self._socket = self._reach(passed)
        self.cancel.check()  # there was nothing to cut so far
        if isinstance(self._socket, socket.socket):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each small request waits 40 ms
        try:
            transport = Transport(self._socket, _WINDOW_BYTES, _PACKET_BYTES)
            self._transport = transport
            transport.daemon = True
            transport.set_log_channel(_LOG)
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = self.profile.timeout_s
            options = transport.get_security_options()
            options.ciphers, options.digests = _CIPHERS, _MACS
            options.kex = [name for name in options.kex if not name.endswith("sha1")]
            options.key_types = self._key_check.preferred_types(options.key_types)
            transport.start_client(timeout=self.profile.timeout_s)
            if not transport.initial_kex_done:  # it only stops waiting
                raise TimeoutError("timed out")
        except _BROKEN as error:
            self.cancel.check()
            self.close()
            raise self._failed("ssh_handshake_failed", error) from error
        return transport

    def _reach(self, passed: Callable[[Step], None]) -> socket.socket | paramiko.Channel:
        """Connect to the first address that answers."""
        profile = self.profile
        if self._jump is not None:
            return self._reach_through(self._jump, passed)
        try:
            addresses = socket.getaddrinfo(profile.host, profile.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            raise self._error("ssh_host_unknown", reason) from error
        passed(Step.RESOLVE)
        failure: OSError = TimeoutError("timed out")
        for family, kind, protocol, _, address in addresses:
            try:
                reached = self._connected(socket.socket(family, kind, protocol), address)
            except OSError as error:
                failure = error
            else:
                passed(Step.PORT)
                return reached
        raise self._failed("ssh_unreachable", failure) from failure

    def _reach_through(self, jump: SshHost, passed: Callable[[Step], None]) -> paramiko.Channel:
        """Let the server on the way connect to ours."""
        profile, transport = self.profile, jump.connect()
        passed(Step.RESOLVE)
        try:
            place, here = (profile.host, profile.port), ("127.0.0.1", 0)
            channel = transport.open_channel("direct-tcpip", place, here, timeout=profile.timeout_s)
        except _BROKEN as error:
            self.cancel.check()
            raise self._failed("ssh_unreachable", error) from error
        passed(Step.PORT)
        return channel

    def _connected(self, connection: socket.socket, address: object) -> socket.socket:
        """Connect while looking for a cancel, which a blocking connect would not see."""
        try:
            connection.setblocking(False)
            deadline = time.monotonic() + self.profile.timeout_s
            with suppress(BlockingIOError):
                connection.connect(address)  # type: ignore[arg-type]
            # Windows tells of a refusal in the third list.
            while not any(select.select([], [connection], [connection], _POLL_S)[1:]):
                self.cancel.check()
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out")
            if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code))
            connection.setblocking(True)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _reply_deadline(self) -> Iterator[None]:
        """Cut the connection where paramiko would wait for an answer for ever."""
        timer = threading.Timer(self.profile.timeout_s, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _lost_if_broken(self) -> Iterator[None]:
        try:
            yield
        except SyncError:
            raise
        except paramiko.AuthenticationException:
            raise
        except TimeoutError as error:
            self.cancel.check()
            self.close()
            raise ConnectionLost("ssh_silent", server=self.profile.label, seconds=self.profile.timeout_s) from error
        except _BROKEN as error:
            self.cancel.check()
            self.close()
            raise self._failed("ssh_lost", error) from error

    def _failed(self, code: str, error: BaseException) -> ConnectionLost:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        return self._error(code, reason or type(error).__name__)

    def _error(self, code: str, reason: str) -> ConnectionLost:
        return ConnectionLost(code, host=self.profile.host, port=self.profile.port, reason=reason)

    def _cut(self) -> None:
        """Whoever waits for the server wakes up at once."""
        if self._jump is not None:
            self._jump._cut()
        elif isinstance(self._socket, socket.socket):
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Pipe:
    """A channel whose end is an error of ours."""

    def __init__(self, channel: paramiko.Channel, lost_if_broken: Callable[[], AbstractContextManager[None]]) -> None:
        self._channel = channel
        self._lost_if_broken = lost_if_broken

    def send(self, data: bytes) -> None:
        with self._lost_if_broken():
            self._channel.sendall(data)

    def receive(self) -> bytes:
        with self._lost_if_broken():
            data = self._channel.recv(_RECEIVE_BYTES)
            if not data:
                raise EOFError("the server closed the channel")
            return data


def _host_key(transport: Transport) -> HostKey:
    key = transport.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())
