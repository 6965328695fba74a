"""One SSH host: connect, verify its key, log in, and run SFTP or commands."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
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
)
from freesport_sync.sources.ssh.commands import digest_commands, digests_in
from freesport_sync.sources.ssh.dialing import BROKEN, Step, dial, dial_through, lost
from freesport_sync.sources.ssh.host_key_check import HostKeyCheck
from freesport_sync.sources.ssh.host_keys import HostKey
from freesport_sync.sources.ssh.login import TOO_MANY_KEYS, Transport, log_in
from freesport_sync.sources.ssh.profile import SshProfile
from freesport_sync.sources.ssh.sftp import Sftp

# The first is three times as fast as paramiko's default; CBC, 3DES, MD5 and SHA-1 are excluded.
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")

_WINDOW_BYTES = 16 * 1024 * 1024
_PACKET_BYTES = 128 * 1024
_RECEIVE_BYTES = 1024 * 1024
_DIGEST_BYTES_S = 10_000_000
"""Bytes that any host hashes in a second."""
_CLOCK_PATIENCE_S = 5.0
_MAX_OUTPUT_BYTES = 1_000_000
"""Maximum output of a command; the digests of one command are less."""
_LOG = "freesport_sync.ssh"


def _demoted(record: logging.LogRecord) -> bool:
    """Log paramiko's tracebacks of broken connections as DEBUG; the operator gets a sentence."""
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return True


logging.getLogger(_LOG).addFilter(_demoted)
logging.getLogger(_LOG).addHandler(logging.NullHandler())


class SshHost:
    """A connection opened on demand, and reopened after a break.

    Args:
        profile: of the host.
        cancel: cuts the connection at once.
        accepted_once: fingerprints accepted by the operator without being recorded.
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
        """Whether a login has ever succeeded: only then is a retry worthwhile."""

    def __enter__(self) -> Self:
        self._on_exit.enter_context(self.cancel.interrupting(self._cut))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._on_exit.close()
        self.close()

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        self._sftp = None
        self._cut()
        for end in (self._transport, self._socket):
            if end is not None:
                with suppress(*BROKEN):  # a channel sends a message to the jump host, which may be gone
                    end.close()
        self._transport = self._socket = None
        if self._jump is not None:
            self._jump.close()

    def sftp(self) -> Sftp:
        """Return the SFTP session of the connection, opening it if needed.

        Raises:
            ConnectionFailed: see `connect`, or the host has no SFTP.
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
        """Log in, unless logged in already.

        Args:
            passed: called after each successful step.

        Raises:
            HostKeyUnknown: no key of the host is on record.
            HostKeyChanged: the host presents another key than the one on record.
            LoginRefused: the host refuses the login.
            ConnectionLost: the host cannot be reached, or the connection broke.
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
        """Record the key of the host, if it is the one that the operator expects.

        Jump hosts come first: the next host cannot be reached before their keys are known.

        Args:
            fingerprint: the expected one.
            replaces: whether to replace the key on record.

        Returns:
            The profile of the host whose key was recorded, and the key.

        Raises:
            ConfigError: the fingerprint is invalid.
            HostKeyChanged: the host presents another key.
        """
        if not is_fingerprint(fingerprint):
            raise ConfigError("fingerprint_invalid", fingerprint=fingerprint)
        try:
            key = _host_key(self._handshake())
        except (HostKeyUnknown, HostKeyChanged):  # that of a jump host; ours has not been presented yet
            assert self._jump is not None
            return self._jump.pin_host_key(fingerprint, replaces)
        (self._key_check.replace if replaces else self._key_check.pin)(key, fingerprint)
        return self.profile, key

    def digests(self, paths: Sequence[str], size: int) -> dict[str, str]:
        """Return path -> SHA-256 of files, as far as the host lets us run `sha256sum`.

        Args:
            paths: on the host.
            size: total bytes of the files.
        """
        found: dict[str, str] = {}
        patience_s = self.profile.timeout_s + size / _DIGEST_BYTES_S
        for command in digest_commands(paths):
            found |= digests_in(self._execute(command, patience_s))
        return {path: found[path] for path in paths if path in found}

    def clock(self) -> float:
        """Return the host's clock in seconds since 1970, or ours if unknown."""
        output = self._read_clock()
        return time.time() if output is None else output

    def runs_commands(self) -> bool:
        """Return whether the host runs commands, as digests need."""
        return self._read_clock() is not None

    def _read_clock(self) -> float | None:
        output = self._execute("date +%s", min(self.profile.timeout_s, _CLOCK_PATIENCE_S)).strip()
        return float(output) if output.isdigit() and len(output) < 12 else None

    def _execute(self, command: str, patience_s: float) -> bytes:
        """Return the output of a command; empty if the host runs none, or the command does not end in time."""
        transport = self.connect()
        with self._lost_if_broken():
            channel, deadline = None, time.monotonic() + patience_s
            try:
                channel = transport.open_session(timeout=self.profile.timeout_s)
                channel.settimeout(patience_s)
                with self._reply_deadline():
                    channel.exec_command(command)
                channel.shutdown_write()  # an SFTP-only account runs its SFTP server instead, which then ends
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
        self._socket = self._dial(passed)
        self.cancel.check()  # there was nothing to cut before
        if isinstance(self._socket, socket.socket):
            self._socket.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )  # otherwise each small request waits 40 ms
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
            if not transport.initial_kex_done:  # `start_client` only stops waiting
                raise TimeoutError("timed out")
        except BROKEN as error:
            self.cancel.check()
            self.close()
            raise lost(self.profile, "ssh_handshake_failed", error) from error
        return transport

    def _dial(self, passed: Callable[[Step], None]) -> socket.socket | paramiko.Channel:
        if self._jump is None:
            return dial(self.profile, self.cancel, passed)
        return dial_through(self._jump.connect(), self.profile, self.cancel, passed)

    @contextmanager
    def _reply_deadline(self) -> Iterator[None]:
        """Cut the connection where paramiko would wait forever for a reply."""
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
        except BROKEN as error:
            self.cancel.check()
            self.close()
            raise lost(self.profile, "ssh_lost", error) from error

    def _cut(self) -> None:
        """Shut the socket down, which ends every wait for the host."""
        if self._jump is not None:
            self._jump._cut()
        elif isinstance(self._socket, socket.socket):
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _Pipe:
    """A channel that raises `ConnectionLost` when it ends."""

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
