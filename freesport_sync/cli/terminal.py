"""What a program of the terminal must bear: Ctrl-C at any moment, consoles of old code pages, readers that leave."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, Self, TextIO, cast

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import ExitCode

if TYPE_CHECKING:
    from datetime import datetime
    from io import TextIOWrapper
    from types import FrameType

POLL_S = 0.1
PATIENCE_S = 0.8
"""How long after Ctrl-C the program may live: it may hang in a network that is gone, or wait for its server to stop."""
WINDING_UP_S = 3.0
"""How long it may live while it closes the rows of the run; a moment, unless the computer is busy."""
_SHOW_CURSOR = b"\x1b[?25h"


def run_interruptibly(work: Callable[[], int], cancel: CancelToken, tell_cancelled: Callable[[], None]) -> int:
    """Work on a thread, so that this one hears Ctrl-C while the database works; returns the exit code.

    Args:
        work: returns the exit code; ends soon after `cancel` was set, if it can.
        cancel: set by Ctrl-C, SIGTERM and SIGHUP.
        tell_cancelled: called before the program leaves work that does not end.
    """
    codes: list[int] = [ExitCode.INTERNAL]
    thread = threading.Thread(target=lambda: codes.append(work()), name="run", daemon=True)
    with _Signals(cancel) as signals:
        thread.start()
        while thread.is_alive():
            thread.join(POLL_S)
            if signals.is_overdue() and thread.is_alive():
                tell_cancelled()
                _leave_at_once()
    return codes[-1]


def protect_streams() -> None:
    """Make stdout and stderr bear any text and the loss of their reader; a windowed program has neither."""
    if sys.stdout is not None:
        sys.stdout = cast("TextIO", _Stream(sys.stdout))
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", _Stream(sys.stderr))


def lost_output() -> bool:
    """Whether stdout was closed, or could not take everything; a program of Windows without a console has none."""
    if sys.stdout is None:
        return sys.platform != "win32"
    sys.stdout.flush()
    return getattr(sys.stdout, "is_lost", False)


def encoded_stdout(encoding: str) -> TextIO:
    """stdout for a file that goes into a pipe: with its own encoding and line ends, whatever the terminal's are."""
    cast("TextIOWrapper", sys.stdout).reconfigure(encoding=encoding, newline="")
    return sys.stdout


def is_unicode(stream: Any) -> bool:
    """Whether a stream takes every character."""
    return (getattr(stream, "encoding", None) or "").lower().startswith("utf")


class _Signals:
    """Ctrl-C, SIGTERM and SIGHUP cancel the run; the second one ends the program at once."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
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
        """Whether the cancelled work had its time; never once COMMIT was sent, when nothing is cancelled any more."""
        if self._received_at is None or not self._cancel.is_set:
            return False
        patience_s = WINDING_UP_S if self._cancel.is_winding_up else PATIENCE_S
        return time.monotonic() - self._received_at > patience_s

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._received_at is not None:
            _leave_at_once()
        self._received_at = time.monotonic()
        self._cancel.cancel()


def _leave_at_once() -> NoReturn:
    """Nothing is half written: an uncommitted transaction goes with its connection, the workers with their parent."""
    if sys.stdout is not None and sys.stdout.isatty():
        os.write(sys.stdout.fileno(), _SHOW_CURSOR)  # the bars have hidden it
    os._exit(ExitCode.CANCELLED)


class _Stream:
    """A stream of the terminal that outlives its reader: a closed pipe or a full disk must not stop an import.

    Args:
        stream: sys.stdout or sys.stderr.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # A console of Windows may be cp866 or cp1251; what it cannot show becomes a question mark, not a crash.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")

        self.is_lost = False
        """Whether something could not be written; a reader that has left, as `head` does, wanted no more."""

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._fall_silent(error)
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._fall_silent(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _fall_silent(self, error: OSError) -> None:
        self.is_lost = self.is_lost or error.errno not in (errno.EPIPE, errno.EINVAL)  # the latter on Windows
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


def local_time(moment: datetime) -> str:
    """A moment by the clock of this computer."""
    return f"{moment.astimezone():%d.%m.%Y %H:%M:%S}"
