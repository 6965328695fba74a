"""Reaches an SSH host: the first address that answers, or a channel through the jump host."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

import paramiko

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ConnectionLost, reason_of
from freesport_sync.sources.ssh.login import Transport
from freesport_sync.sources.ssh.profile import SshProfile

BROKEN = (paramiko.SSHException, EOFError, OSError)
"""What paramiko raises for a broken connection, depending on what it was doing."""

_POLL_S = 0.1


class Step(StrEnum):
    """Steps of a login, in order."""

    RESOLVE = "resolve"
    PORT = "port"
    HOST_KEY = "host_key"
    LOGIN = "login"


def dial(profile: SshProfile, cancel: CancelToken, passed: Callable[[Step], None]) -> socket.socket:
    """Connect to the first address of the host that answers.

    Args:
        profile: of the host.
        cancel: ends the wait for the host.
        passed: called after each successful step.

    Raises:
        ConnectionLost: the host is unknown or does not answer.
    """
    try:
        addresses = socket.getaddrinfo(profile.host, profile.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise lost(profile, "ssh_host_unknown", error) from error
    passed(Step.RESOLVE)
    failure: OSError = TimeoutError("timed out")
    for family, kind, protocol, _, address in addresses:
        try:
            connected = _connected(socket.socket(family, kind, protocol), address, profile.timeout_s, cancel)
        except OSError as error:
            failure = error
        else:
            passed(Step.PORT)
            return connected
    raise lost(profile, "ssh_unreachable", failure) from failure


def dial_through(
    jump: Transport, profile: SshProfile, cancel: CancelToken, passed: Callable[[Step], None]
) -> paramiko.Channel:
    """Connect through a jump host, as `dial` does.

    Args:
        jump: logged in to the jump host.
        profile: of the host behind it.
        cancel: its reason takes precedence over the failure that it causes.
        passed: called after each successful step.

    Raises:
        ConnectionLost: the host does not answer.
    """
    passed(Step.RESOLVE)
    try:
        place, here = (profile.host, profile.port), ("127.0.0.1", 0)
        channel = jump.open_channel("direct-tcpip", place, here, timeout=profile.timeout_s)
    except BROKEN as error:
        cancel.check()
        raise lost(profile, "ssh_unreachable", error) from error
    passed(Step.PORT)
    return channel


def lost(profile: SshProfile, code: str, error: BaseException) -> ConnectionLost:
    """Return the error for a connection that broke or could not be made."""
    reason = reason_of(error) if isinstance(error, OSError) else str(error)
    return ConnectionLost(code, host=profile.host, port=profile.port, reason=reason or type(error).__name__)


def _connected(connection: socket.socket, address: object, timeout_s: float, cancel: CancelToken) -> socket.socket:
    """Connect without blocking, so that a cancel is seen."""
    try:
        connection.setblocking(False)
        deadline = time.monotonic() + timeout_s
        with suppress(BlockingIOError):
            connection.connect(address)  # type: ignore[arg-type]
        # Windows reports a refusal in the third list.
        while not any(select.select([], [connection], [connection], _POLL_S)[1:]):
            cancel.check()
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
        if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))
        connection.setblocking(True)
    except BaseException:
        connection.close()
        raise
    return connection
