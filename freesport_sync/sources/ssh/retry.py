"""When a broken connection is made again, and after how long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import tenacity

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ConnectionLost

WAITS_S = (0.0, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Before the first try after a break, before the second, and so on; then it is given up."""


def retrying(
    was_connected: Callable[[], bool], waits_s: Sequence[float], progress: Callable[[], int], cancel: CancelToken
) -> tenacity.Retrying:
    """Tries again after a lost connection, and after nothing else: a login that is refused stays refused.

    Args:
        was_connected: whether there ever was a connection; a server that has never answered is told of at once.
        waits_s: seconds before each of the tries that bring nothing; whatever comes in between starts them anew, so
            that a bad line only makes a transfer slow.
        progress: how much has come so far.
        cancel: ends the waiting, and says why.
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
    """Counts the tries in a row that brought nothing."""

    def __init__(self, waits_s: Sequence[float], progress: Callable[[], int], cancel: CancelToken) -> None:
        self._progress = progress
        self._cancel = cancel
        self._before = 0
        self.failures = 0

    def begin(self, state: tenacity.RetryCallState) -> None:
        self._before = self._progress()

    def count(self, state: tenacity.RetryCallState) -> None:
        self._cancel.check()  # a cancel cuts the connection
        self.failures = 1 if self._progress() > self._before else self.failures + 1


def _sleep(seconds: float, cancel: CancelToken) -> None:
    woken = threading.Event()
    with cancel.interrupting(woken.set):
        woken.wait(seconds)
    cancel.check()
