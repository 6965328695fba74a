"""Ctrl-C and the other signals that end a program in a terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Self

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from types import FrameType

POLL_S = 0.1
CANCEL_TIMEOUT_S = 0.8
"""How long after Ctrl-C the program may live: it may hang in a dead network, or wait for its database to stop."""
WINDING_UP_TIMEOUT_S = 3.0
"""How long it may live while it closes the rows of the run, which takes longer only on a busy computer."""
_SHOW_CURSOR = b"\x1b[?25h"


def run_interruptibly(
    work: Callable[[], int], cancel: CancelToken, show_cancelled: Callable[[], None], patience_s: float = 0
) -> int:
    """Work on another thread, so that this one can handle Ctrl-C; returns the exit code.

    Args:
        work: returns the exit code; ends soon after `cancel` is set, if it can.
        cancel: set by Ctrl-C, SIGTERM and SIGHUP.
        show_cancelled: called if the program must exit before the work has ended.
        patience_s: how much longer than usual the work may take to end.
    """
    codes: list[int] = [ExitCode.INTERNAL]
    thread = threading.Thread(target=lambda: codes.append(work()), name="run", daemon=True)
    with _Signals(cancel, patience_s) as signals:
        thread.start()
        while thread.is_alive():
            thread.join(POLL_S)
            if signals.is_overdue() and thread.is_alive():
                show_cancelled()
                _leave_at_once()
    return codes[-1]


class _Signals:
    """Ctrl-C, SIGTERM and SIGHUP cancel the run; the second one ends the program at once."""

    def __init__(self, cancel: CancelToken, patience_s: float) -> None:
        self._cancel = cancel
        self._patience_s = patience_s
        self._received_at: float | None = None
        self._previous: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # the last one is Ctrl-Break of Windows
            number = getattr(signal, name, None)
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):  # nohup
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def is_overdue(self) -> bool:
        """Whether the cancelled work has run out of time; never once COMMIT was sent, which nothing cancels."""
        if self._received_at is None or not self._cancel.is_set:
            return False
        timeout_s = WINDING_UP_TIMEOUT_S if self._cancel.is_winding_up else CANCEL_TIMEOUT_S
        return time.monotonic() - self._received_at > timeout_s + self._patience_s

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._received_at is not None:
            _leave_at_once()
        self._received_at = time.monotonic()
        self._cancel.cancel()


def _leave_at_once() -> NoReturn:
    """Exit; safe, because an uncommitted transaction ends with its connection and a worker with its parent."""
    if sys.stdout is not None and sys.stdout.isatty():
        os.write(sys.stdout.fileno(), _SHOW_CURSOR)  # the progress bars have hidden it
    os._exit(ExitCode.CANCELLED)
