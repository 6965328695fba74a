"""When to reconnect after a broken connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import tenacity

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ConnectionLost

WAITS_S = (0.0, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before the first retry after a break, the second, and so on."""


def retrying(
    was_connected: Callable[[], bool], waits_s: Sequence[float], progress: Callable[[], int], cancel: CancelToken
) -> tenacity.Retrying:
    """Retry after a lost connection, and after no other error.

    Args:
        was_connected: whether a connection was ever made; otherwise there is no retry.
        waits_s: seconds before each retry; any progress starts them over, so that a bad line only slows a transfer.
        progress: returns a number that grows with the transfer.
        cancel: ends the waiting with its reason.
    """
    patience = _Patience(waits_s, progress, cancel)
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, ConnectionLost) and was_connected()),
        before=patience.begin,
        after=patience.count,
        stop=lambda state: patience.failures > len(waits_s),
        wait=lambda state: (*waits_s, 0.0)[min(patience.failures - 1, len(waits_s))],
        sleep=lambda seconds: _sleep(seconds, cancel),
        reraise=True,
    )


class _Patience:
    """Counts consecutive attempts without progress."""

    def __init__(self, waits_s: Sequence[float], progress: Callable[[], int], cancel: CancelToken) -> None:
        self._progress = progress
        self._cancel = cancel
        self._before = 0
        self.failures = 0

    def begin(self, state: tenacity.RetryCallState) -> None:
        self._before = self._progress()

    def count(self, state: tenacity.RetryCallState) -> None:
        self._cancel.check()  # the cancel has cut the connection
        self.failures = 1 if self._progress() > self._before else self.failures + 1


def _sleep(seconds: float, cancel: CancelToken) -> None:
    woken = threading.Event()
    with cancel.interrupting(woken.set):
        woken.wait(seconds)
    cancel.check()
